"""The site of a release: which pages it has, and what each is about."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from customs_monitor.collection.closing import Closing
from customs_monitor.collection.closing_text import sentence
from customs_monitor.collection.explanations import Explanation
from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.site.attention import attention, feed_coverages
from customs_monitor.release.site.countries import comparisons, countries, members
from customs_monitor.release.site.criteria import criteria
from customs_monitor.release.site.framework import LEVELS, OBJECTIVES, TABLES, table_of
from customs_monitor.release.site.grids import indicator_grids
from customs_monitor.release.site.indicator_charts import indicator_charts
from customs_monitor.release.site.mart_pages import write_mart_page
from customs_monitor.release.site.news import News, news
from customs_monitor.release.site.observations import Cell, Observations
from customs_monitor.release.site.origin import Origins
from customs_monitor.release.site.progress import Reporting, cycles
from customs_monitor.release.site.progress_pdf import progress_pdf
from customs_monitor.release.site.quality import feed_qualities, judged
from customs_monitor.release.site.questionnaire import questions
from customs_monitor.release.site.rendering import SITE, Pages
from customs_monitor.release.site.search import index
from customs_monitor.release.site.stylesheets import write_styles
from customs_monitor.release.site.wording import Labels, about
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
#: Periods of which an indicator's page tells who delivered, the latest.
COVERAGE_SHOWN = 12


@dataclass(frozen=True)
class Highlight:
    """The figure of an indicator that other pages show."""

    period: str
    label: str
    cell: Cell


def write_site(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    manifest: Manifest,
    contents: Contents,
    folder: Path,
    closings: Sequence[Closing] = (),
    explanations: Sequence[Explanation] = (),
) -> None:
    """Write the site of a release beside its data files.

    Args:
        store: where the deliveries' verdicts and the release before are.
        layout: the keys of the store.
        registry: the contracts and codelists.
        manifest: of the release, its files not yet listed.
        contents: of the release.
        folder: its public files; the site goes to `site/` in it.
        closings: the last of each collection and period.
        explanations: what senders say of their figures.
    """
    labels = Labels(registry)
    with duckdb.connect() as database:
        seen = {
            entry.id: Observations(entry, entry.dataset, folder / f"{entry.dataset.stem}.parquet", labels, database)
            for entry in contents.published
            if entry.dataset is not None
        }
    verdicts = judged(store, layout, registry)
    origins = Origins(manifest, contents, verdicts)
    coverages = feed_coverages(registry, manifest)
    told = news(store, layout, manifest, contents, folder)
    found_criteria = criteria(folder, labels)
    reported = cycles(seen.values())
    pages = Pages(manifest, contents, folder, criteria=found_criteria is not None, reports=bool(reported))
    highlights = {
        name: Highlight(item.periods[0], *figure)
        for name, item in seen.items()
        if (figure := item.key_figure) is not None
    }
    explained = [
        (item, about(registry.feeds[item.feed], item.rule, registry))
        for item in sorted(explanations, key=lambda item: (item.period, item.sender), reverse=True)
    ]
    for entry in contents.indicators:
        _indicator(pages, entry, seen.get(entry.id), origins, told, closings, explained)
    for mart in contents.marts:
        write_mart_page(pages, mart, folder, labels, origins)
    for objective in OBJECTIVES:
        table = table_of(objective.table)
        entries = {
            level: [entry for entry in contents.indicators if entry.table == table.number and entry.level == level]
            for level in LEVELS
        }
        pages.write(
            f"objectives/{objective.number}.html",
            "objective",
            objective=objective,
            table=table,
            entries=entries,
            highlights=highlights,
        )
    listed = members(registry, manifest.created_at.date())
    for country in countries(listed, seen.values(), coverages):
        pages.write(f"countries/{country.code}.html", "country", country=country)
    pages.write("countries.html", "countries", comparisons=comparisons(listed, seen.values()), listed=listed)
    reporting = Reporting(
        contents, list(seen.values()), coverages, questions(folder, labels), labels, origins.is_synthetic
    )
    for cycle in reported:
        report = reporting.report(cycle)
        links = [(section.id, section.title) for section in report.sections]
        pages.write(f"reports/{cycle}.html", "report", report=report, links=links)
        (folder / SITE / "reports" / f"{cycle}.pdf").write_bytes(progress_pdf(report, manifest))
    if reported:
        pages.write("reports.html", "reports", cycles=reported)
    if found_criteria is not None:
        if found_criteria.trend is not None:
            pages.save([found_criteria.trend])
        pages.write("criteria.html", "criteria", criteria=found_criteria)
    pages.write(
        "index.html",
        "index",
        objectives=OBJECTIVES,
        by_table={table.number: [e for e in contents.indicators if e.table == table.number] for table in TABLES},
        news=told,
        attention=attention(contents, seen.values(), coverages),
        highlights=highlights,
        cycles=reported,
    )
    tables = [(table, [entry for entry in contents.indicators if entry.table == table.number]) for table in TABLES]
    pages.write("indicators.html", "indicators", tables=tables, highlights=highlights)
    pages.write("tables.html", "tables")
    pages.write("changes.html", "changes", news=told)
    pages.write(
        "quality.html",
        "quality",
        feeds=feed_qualities(registry, verdicts),
        coverages=coverages,
        labels=labels,
        **_findings(contents),
    )
    pages.write("method.html", "method", feeds=contents.feeds)
    menu = [("changes.html", "What changed"), ("quality.html", "Data quality"), ("method.html", "Method"),
            ("countries.html", "Comparison of Member States"), ("tables.html", "Further tables"),
            *([("criteria.html", "Common risk criteria: evaluation")] if found_criteria else []),
            *((f"reports/{cycle}.html", f"Progress report {cycle}") for cycle in reported)]  # fmt: skip
    pages.write("search.html", "search", letters=index(contents, listed, menu))
    assets = folder / SITE / "assets"
    write_styles(assets)
    shutil.copyfile(_HERE / "assets" / "search.js", assets / "search.js")


def _indicator(
    pages: Pages,
    entry: IndicatorEntry,
    seen: Observations | None,
    origins: Origins,
    told: News,
    closings: Sequence[Closing],
    explained: Sequence[tuple[Explanation, str]],
) -> None:
    """Write the page of an indicator, also of one that has no public figures: then it says why."""
    values: dict[str, Any] = {"entry": entry, "spec": entry.spec, "table": table_of(entry.table), "seen": seen}
    if seen is None or entry.dataset is None:
        pages.write(f"indicators/{entry.id}.html", "without_figures", **values)
        return
    periods = {found.period for found in seen.coverage[:COVERAGE_SHOWN]}
    pages.write(
        f"indicators/{entry.id}.html",
        "indicator",
        **values,
        grids=indicator_grids(seen, lambda period: origins.is_synthetic(entry, period)),
        charts=pages.save(indicator_charts(seen)),
        columns=entry.dataset.columns,
        downloads=pages.downloads(entry.dataset),
        origin=origins.of_indicator(entry, seen.periods),
        change=told.of(entry.dataset.stem),
        method_change=told.method(entry.dataset.stem),
        news=told,
        collected=[
            (item, sentence(item, lambda sender: seen.label("REF_AREA", sender)))
            for item in sorted(closings, key=lambda item: (item.period, item.feed), reverse=True)
            if item.feed in entry.feeds and item.period in periods
        ],
        explained=[(item, column) for item, column in explained if item.feed in entry.feeds and item.period in periods],
        coverage_shown=COVERAGE_SHOWN,
    )


def _findings(contents: Contents) -> dict[str, Any]:
    grouped: dict[tuple[str, str], list[Any]] = {}
    for finding in contents.findings:
        grouped.setdefault((finding.feed, finding.finding), []).append(finding)
    return {
        "findings": [(feed, finding, found) for (feed, finding), found in sorted(grouped.items())],
        "descriptions": {name: node.description for name, node in contents.lineage.items()},
    }
