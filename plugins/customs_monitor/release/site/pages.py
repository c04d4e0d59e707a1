"""The pages of the site, from templates."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents, IndicatorEntry, MartEntry
from customs_monitor.release.datasets import Column, Dataset
from customs_monitor.release.explain import behind, lineage
from customs_monitor.release.site import wording
from customs_monitor.release.site.drawing import Chart
from customs_monitor.release.site.framework import OBJECTIVES, TABLES
from customs_monitor.release.site.indicator_charts import indicator_chart
from customs_monitor.release.site.mart_charts import mart_charts
from customs_monitor.release.site.news import news
from customs_monitor.release.site.observations import ROWS_SHOWN, Cell, Observations
from customs_monitor.release.site.quality import feed_qualities
from customs_monitor.release.site.wording import Labels
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, ManifestDelivery

_HERE = Path(__file__).parent
_SITE = "site"
_PERIODS = ("time_period", "reference_period", "cycle")
#: What the files of a table are, by suffix, in the order of the page.
_DOWNLOADS = {
    "csv": "CSV: for spreadsheets and programs",
    "parquet": "Parquet: for large analyses",
    "csv-metadata.json": "CSVW: what the columns of the CSV mean",
}


@dataclass(frozen=True)
class Download:
    """A file of a table, with its address from a page one folder down."""

    href: str
    name: str
    what: str
    size: str
    sha256: str


@dataclass(frozen=True)
class Highlight:
    """The figure of an indicator that the overview shows."""

    entry: IndicatorEntry
    period: str
    label: str
    cell: Cell


def write_site(
    store: ObjectStore, layout: Layout, registry: Registry, manifest: Manifest, contents: Contents, folder: Path
) -> None:
    """Write the site of a release beside its data files.

    Args:
        store: where the deliveries' verdicts and the release before are.
        layout: the keys of the store.
        registry: the contracts and codelists.
        manifest: of the release, its files not yet listed.
        contents: of the release.
        folder: its public files; the site goes to `site/` in it.
    """
    site = _Site(registry, manifest, contents, folder)
    for entry in contents.published:
        assert entry.dataset is not None
        site.indicator(entry, entry.dataset)
    for mart in contents.marts:
        site.mart(mart)
    site.page(
        "index.html",
        objectives=OBJECTIVES,
        tables=[
            (title, [entry for entry in contents.indicators if entry.table == number])
            for number, title in TABLES.items()
        ],
        news=news(store, layout, manifest, contents, folder),
        highlights=site.highlights,
    )
    site.page("quality.html", feeds=feed_qualities(store, layout, registry), **_findings(contents))
    site.page("about.html")
    assets = folder / _SITE / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_HERE / "assets" / "site.css", assets / "site.css")


class _Site:
    """The pages of one release."""

    def __init__(self, registry: Registry, manifest: Manifest, contents: Contents, folder: Path) -> None:
        self._manifest, self._contents, self._folder = manifest, contents, folder
        self._labels = Labels(registry)
        self.highlights: list[Highlight] = []
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"figure": wording.figure, "cell": wording.cell}
        self._shared: Mapping[str, Any] = {
            "release": manifest,
            "contents": contents,
            "legend": wording.LEGEND,
            "synthetic": any(delivery.synthetic for delivery in manifest.deliveries),
        }

    def indicator(self, entry: IndicatorEntry, dataset: Dataset) -> None:
        """Write the page of an indicator."""
        assert entry.spec is not None
        seen = Observations(entry, dataset, self._folder / f"{dataset.stem}.parquet", self._labels)
        chart = indicator_chart(seen)
        if found := seen.key_figure:
            self.highlights.append(Highlight(entry, seen.periods[0], *found))
        self.page(
            f"indicators/{entry.id}.html",
            template="indicator.html",
            entry=entry,
            spec=entry.spec,
            seen=seen,
            table=seen.table,
            charts=self._save([chart] if chart else []),
            columns=dataset.columns,
            downloads=self._downloads(dataset),
            deliveries=self._behind(entry, seen.periods),
            lineage=list(lineage(self._contents, entry.spec.table)),
        )

    def mart(self, mart: MartEntry) -> None:
        """Write the page of another table."""
        dataset = mart.dataset
        parquet = self._folder / f"{dataset.stem}.parquet"
        rows = _latest_rows(parquet, dataset)
        self.page(
            f"marts/{dataset.id}.html",
            template="mart.html",
            mart=mart,
            rows=[[self._mart_cell(row[column.name], column) for column in dataset.columns] for row in rows],
            numbers=[_is_number(field.type) for field in pq.read_schema(parquet)],
            charts=self._save(mart_charts(dataset.id, parquet, self._labels)),
            downloads=self._downloads(dataset),
            deliveries=[item for item in self._manifest.deliveries if item.feed in mart.feeds],
            lineage=list(lineage(self._contents, dataset.relation.rpartition(".")[2])),
        )

    def page(self, path: str, *, template: str | None = None, **values: Any) -> None:
        """Write a page from the template of its name."""
        target = self._folder / _SITE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * path.count("/")
        text = self._environment.get_template(f"{template or path}.j2").render(
            **self._shared, **values, root=root, here=path
        )
        target.write_text(text, encoding="utf-8")

    def _save(self, charts: Iterable[Chart]) -> list[Chart]:
        saved = list(charts)
        for chart in saved:
            path = self._folder / _SITE / "charts" / f"{chart.name}.svg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(chart.svg)
        return saved

    def _downloads(self, dataset: Dataset) -> list[Download]:
        found = []
        for suffix, what in _DOWNLOADS.items():
            path = self._folder / f"{dataset.stem}.{suffix}"
            if path.is_file():
                found.append(
                    Download(
                        href=f"../../{dataset.stem}.{suffix}",
                        name=path.name,
                        what=what,
                        size=wording.size(path.stat().st_size),
                        sha256=sha256_of(path),
                    )
                )
        return found

    def _behind(self, entry: IndicatorEntry, periods: Iterable[str]) -> list[ManifestDelivery]:
        found: dict[tuple[str, str, str, str], ManifestDelivery] = {}
        for period in periods:
            for item in behind(self._manifest.deliveries, entry, period):
                found[(item.feed, item.period, item.sender, item.delivery_id)] = item
        return list(found.values())

    def _mart_cell(self, value: object, column: Column) -> tuple[str, str]:
        """Return the text of a cell and, for a code, its label where that says more."""
        if not isinstance(value, str):
            return wording.cell(value), ""
        label = self._labels.of_column(column.name, column.codelist, value)
        return wording.cell(value), label if label != value else ""


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _latest_rows(parquet: Path, dataset: Dataset) -> list[Mapping[str, object]]:
    """Return the first rows of a table for its page, the last period first."""
    names = [column.name for column in dataset.columns]
    periods = [f'"{name}" DESC' for name in names if name in _PERIODS]
    order = ", ".join([*periods, *(f'"{name}"' for name in names if name not in _PERIODS)])
    with duckdb.connect() as database:
        rows = database.read_parquet(str(parquet)).order(order).limit(ROWS_SHOWN)
        return list(rows.to_arrow_table().to_pylist())


def _findings(contents: Contents) -> dict[str, Any]:
    grouped: dict[tuple[str, str], list[Any]] = {}
    for finding in contents.findings:
        grouped.setdefault((finding.feed, finding.finding), []).append(finding)
    return {
        "findings": [(feed, finding, found) for (feed, finding), found in sorted(grouped.items())],
        "descriptions": {name: node.description for name, node in contents.lineage.items()},
    }
