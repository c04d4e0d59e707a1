"""From a build to the contents of the release: every table with its title, columns, feeds and state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from customs_monitor.collection.in_force import InForce
from customs_monitor.contracts import Registry
from customs_monitor.contracts.codelists import Code
from customs_monitor.release.build import BuildResult, BuiltTable
from customs_monitor.release.contents import (
    CheckEntry,
    Contents,
    CoverageEntry,
    FeedEntry,
    FindingEntry,
    IndicatorEntry,
    LineageNode,
    MartEntry,
    State,
)
from customs_monitor.release.datasets import OBSERVATION_COLUMNS, Column, Dataset, observation_columns
from customs_monitor.release.dbt_run import NodeResult
from customs_monitor.release.specs import IndicatorSpec, load_specs

_MART_PREFIX = "mart_"
_UNION = "EU27_2020"
_ACCEPTED = "accepted."
#: Tables of the accepted schema that are no feeds.
_CONTROL = {"deliveries", "expected_senders"}


def describe(built: BuildResult, registry: Registry, deliveries: Sequence[InForce]) -> Contents:
    """Return the contents of a release from its build.

    Args:
        built: the build.
        registry: the contracts and codelists.
        deliveries: those in force.
    """
    specs = load_specs(registry.project)
    models = {item.name: item for item in built.models}
    synthetic = {item.receipt.feed for item in deliveries if item.receipt.synthetic}
    delivered = {item.receipt.feed for item in deliveries}
    tables = {table.name: table for table in built.indicators}
    keys = {model: test.key for test in built.tests if test.key for model in test.depends_on}

    def entry(code: Code) -> IndicatorEntry:
        spec = specs.get(code.code)
        table = tables.get(spec.table) if spec else None
        feeds = _feeds(models, spec.table) if spec else ()
        state, reason = _state(code, spec, table, delivered)
        return IndicatorEntry(
            id=code.code,
            title=code.label,
            table=code.attributes.get("objective_table", ""),
            objectives=code.attributes.get("objectives", ""),
            level=code.attributes.get("level", ""),
            unit=code.attributes.get("unit", ""),
            source=code.attributes.get("source", ""),
            frequency=code.attributes.get("freq", ""),
            state=state,
            reason=reason,
            spec=spec,
            dataset=_indicator(spec, table, models, registry) if spec and table and table.rows else None,
            rows=table.rows if table else 0,
            feeds=feeds,
            synthetic=bool(synthetic & set(feeds)),
            coverage=_coverage(built.database, spec, table) if spec and table and table.rows else None,
        )

    return Contents(
        indicators=tuple(entry(code) for code in registry.codelists["indicator"]),
        marts=tuple(
            _mart(table, models, registry, keys.get(table.name, ()), synthetic) for table in built.marts if table.rows
        ),
        feeds={feed: _feed(registry, feed) for feed in sorted(registry.feeds)},
        findings=tuple(
            FindingEntry(
                model=item.model,
                feed=item.feed,
                period=item.period,
                subject=item.subject,
                finding=item.finding,
                expected=item.expected,
                found=item.found,
            )
            for item in built.findings
        ),
        checks=tuple(
            CheckEntry(
                name=item.name,
                status=item.status,
                failures=item.failures,
                message=item.message,
                description=item.description,
                on=item.depends_on,
            )
            for item in built.tests
        ),
        lineage={
            item.name: LineageNode(description=item.description, depends_on=item.depends_on, sql=item.sql)
            for item in sorted(built.models, key=lambda item: item.name)
        },
    )


def awaiting_everything(registry: Registry) -> tuple[IndicatorEntry, ...]:
    """Return the indicators as they stand before anything is published."""
    nothing = BuildResult(Path(), indicators=(), marts=(), findings=(), tests=(), models=(), skipped=(), seconds={})
    return describe(nothing, registry, ()).indicators


def _state(code: Code, spec: IndicatorSpec | None, table: BuiltTable | None, delivered: set[str]) -> tuple[State, str]:
    if spec is None:
        return "awaiting data", f"No feed brings it yet. Source: {code.attributes.get('source', 'not known')}"
    if table is None or not table.rows:
        missing = [feed for feed in spec.source_feeds if feed not in delivered]
        if missing:
            return "awaiting data", f"No accepted delivery of {', '.join(missing)}"
        return "awaiting data", f"The deliveries of {', '.join(spec.source_feeds)} have no figure for it"
    if spec.audience == "restricted":
        return "restricted", f"Its figures are for {spec.restricted_to} only"
    return "published", ""


def _indicator(spec: IndicatorSpec, table: BuiltTable, models: Mapping[str, NodeResult], registry: Registry) -> Dataset:
    return Dataset(
        kind="indicators",
        id=spec.id,
        relation=table.relation,
        title=spec.title,
        description=" ".join(spec.definition.split()),
        columns=_columns(table, models, registry),
        key=tuple(
            name
            for name in observation_columns(spec.dimensions)
            if name not in ("UNIT_MEASURE", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "N_SENDERS", "N_EXPECTED")
        ),
        public=spec.audience == "public",
    )


def _coverage(database: Path, spec: IndicatorSpec, table: BuiltTable) -> CoverageEntry:
    with duckdb.connect(str(database), read_only=True) as connection:
        last = connection.execute(
            f"""SELECT TIME_PERIOD, N_SENDERS, N_EXPECTED FROM {table.relation}
            ORDER BY TIME_PERIOD DESC, REF_AREA = '{_UNION}' DESC LIMIT 1"""
        ).fetchone()
    assert last is not None  # it has rows
    period, senders, expected = last
    return CoverageEntry(
        period=period, senders=senders, expected=expected, low=senders < spec.coverage_threshold * expected
    )


def _mart(
    table: BuiltTable,
    models: Mapping[str, NodeResult],
    registry: Registry,
    key: tuple[str, ...],
    synthetic: set[str],
) -> MartEntry:
    model = models[table.name]
    name = table.name.removeprefix(_MART_PREFIX)
    feeds = _feeds(models, table.name)
    return MartEntry(
        dataset=Dataset(
            kind="marts",
            id=name,
            relation=table.relation,
            title=model.title or _in_words(name),
            description=model.description,
            columns=_columns(table, models, registry),
            key=key,
        ),
        rows=table.rows,
        feeds=feeds,
        synthetic=bool(synthetic & set(feeds)),
    )


def _columns(table: BuiltTable, models: Mapping[str, NodeResult], registry: Registry) -> tuple[Column, ...]:
    """Return the columns of a table: what SDMX, else the model, else the concept of the same name says of each."""
    described = dict(models[table.name].columns) if table.name in models else {}
    columns = []
    for name in table.columns:
        concept = registry.concepts.get(name.lower())
        label, meaning = OBSERVATION_COLUMNS.get(name) or (
            (concept.label, concept.definition) if concept else (_in_words(name), "")
        )
        # A concept may leave its values to the contracts; where a list has the column's name, its codes are meant.
        codelist = (concept.codelist if concept else None) or name.lower()
        columns.append(
            Column(
                name=name,
                label=label,
                description=" ".join((described.get(name) or meaning).split()),
                unit=concept.unit if concept else None,
                codelist=codelist if codelist in registry.codelists else None,
            )
        )
    return tuple(columns)


def _feed(registry: Registry, feed: str) -> FeedEntry:
    contract = registry.feeds[feed]
    return FeedEntry(
        id=feed,
        name=contract.name,
        source_system=contract.sourceSystem,
        owner=contract.owner,
        legal_basis=contract.legalBasis,
        licence=contract.licence,
        cadence=contract.cadence,
        purpose=contract.description.purpose,
        limitations=contract.description.limitations or "",
    )


def _feeds(models: Mapping[str, NodeResult], name: str) -> tuple[str, ...]:
    """Return the feeds that a model rests on, over all models before it."""
    found: set[str] = set()
    waiting, seen = [name], set()
    while waiting:
        model = models.get(waiting.pop())
        if model is None or model.name in seen:
            continue
        seen.add(model.name)
        for source in model.depends_on:
            if source.startswith(_ACCEPTED):
                found.add(source.removeprefix(_ACCEPTED))
            else:
                waiting.append(source)
    return tuple(sorted(found - _CONTROL))


def _in_words(name: str) -> str:
    return name.replace("_", " ").lower().capitalize()
