"""From one published figure down to the deliveries it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from customs_monitor.collection.records import JudgementRecord, Receipt, Record, RuleCount
from customs_monitor.contracts.periods import SEVERAL
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.history import manifest_in_force
from customs_monitor.release.published import Published
from customs_monitor.release.show import Cell, select
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import ManifestDelivery


class Step(Record):
    """A model on the way from the deliveries to the figure."""

    name: str
    description: str
    reads: tuple[str, ...]


class DeliveryBehind(Record):
    """A delivery that a figure rests on, from receipt to verdict.

    Attributes:
        landing: key of the bytes as received.
        issues: the rules broken, those about known source errors that were corrected included.
    """

    feed: str
    period: str
    sender: str
    delivery_id: str
    file: str
    origin: str
    received_at: datetime
    sha256: str
    size: int
    synthetic: bool
    landing: str
    verdict: str
    contract_version: str
    rows_read: int
    rows_accepted: int
    rows_refused: int
    issues: tuple[RuleCount, ...]


class Explanation(Record):
    """Everything behind the figures of an indicator for one period and area."""

    release_id: str
    created_at: datetime
    code_version: str
    indicator: str
    title: str
    period: str
    area: str
    cells: tuple[Mapping[str, Cell], ...]
    definition: str
    formula: str
    unit: str
    definition_version: str
    interpretation: str
    limits: str
    assumptions: tuple[str, ...]
    synthetic: bool
    lineage: tuple[Step, ...]
    deliveries: tuple[DeliveryBehind, ...]


def explain(
    store: ObjectStore,
    layout: Layout,
    indicator: str,
    period: str,
    area: str,
    dimensions: Mapping[str, str] | None = None,
) -> Explanation:
    """Explain the figures of an indicator in the release in force.

    Args:
        store: where the releases and deliveries are.
        layout: the keys of the store.
        indicator: its id, as `o4-3`.
        period: a TIME_PERIOD.
        area: a REF_AREA.
        dimensions: codes of further columns, as `{"MEASURE": "MEAN"}`; all cells by default.

    Raises:
        NothingPublished: if there is no release.
        NotInRelease: if there is no such cell.
    """
    published = Published.of(store, layout, manifest_in_force(store))
    entry, dataset = published.indicator(indicator)
    wanted = {"TIME_PERIOD": period, "REF_AREA": area, **(dimensions or {})}
    cells = select(published.table(dataset), dict(wanted), indicator).to_pylist()
    spec = entry.spec
    assert spec is not None  # an indicator that has a table has a specification
    manifest = published.manifest
    return Explanation(
        release_id=manifest.release_id,
        created_at=manifest.created_at,
        code_version=manifest.code_version,
        indicator=indicator,
        title=entry.title,
        period=period,
        area=area,
        cells=tuple(cells),
        definition=spec.definition,
        formula=spec.formula,
        unit=spec.unit,
        definition_version=spec.version,
        interpretation=spec.interpretation,
        limits=spec.limits,
        assumptions=tuple(f"{item.since}: {item.text}" for item in spec.assumptions),
        synthetic=entry.synthetic,
        lineage=tuple(lineage(published.contents, spec.table)),
        deliveries=tuple(_behind(store, layout, delivery) for delivery in behind(manifest.deliveries, entry, period)),
    )


def behind(deliveries: tuple[ManifestDelivery, ...], entry: IndicatorEntry, period: str) -> list[ManifestDelivery]:
    """Return the deliveries of an indicator's feeds for a period: those of it and those that span several.

    Where a feed has none of these, its figures come from other periods (an average of months, say): all are returned.
    """
    found = []
    for feed in entry.feeds:
        of_feed = [delivery for delivery in deliveries if delivery.feed == feed]
        found += [delivery for delivery in of_feed if delivery.period in (period, SEVERAL)] or of_feed
    return found


def lineage(contents: Contents, table: str) -> Iterator[Step]:
    """Yield the models from a table down to the accepted rows, each once, after those that read it."""
    waiting, seen = [table], set()
    while waiting:
        name = waiting.pop(0)
        node = contents.lineage.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        yield Step(name=name, description=node.description, reads=node.depends_on)
        waiting += node.depends_on


def _behind(store: ObjectStore, layout: Layout, delivery: ManifestDelivery) -> DeliveryBehind:
    place = delivery.model_dump(include={"feed", "period", "sender", "delivery_id"})
    receipt = Receipt.read(store, layout.key("receipt", **place))
    judgement = JudgementRecord.read(store, layout.key("judgement", **place))
    return DeliveryBehind(
        **place,
        file=receipt.file,
        origin=receipt.origin,
        received_at=receipt.received_at,
        sha256=receipt.sha256,
        size=receipt.size,
        synthetic=receipt.synthetic,
        landing=layout.key("landing", **place, name=receipt.file),
        verdict=judgement.verdict,
        contract_version=judgement.contract_version,
        rows_read=judgement.rows_read,
        rows_accepted=judgement.rows_accepted,
        rows_refused=judgement.rows_refused,
        issues=judgement.issues,
    )


def as_text(explanation: Explanation) -> str:
    """Return an explanation for a terminal."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(told: Explanation) -> Iterator[str]:
    yield f"{told.indicator}  {told.title}"
    yield f"{told.period}, {told.area}; release {told.release_id}, code {told.code_version}"
    if told.synthetic:
        yield "RESTS ON SYNTHETIC DATA"
    yield "\nFigures"
    for cell in told.cells:
        named = [f"{name} {cell[name]}" for name in _dimensions(cell)]
        value = cell["OBS_VALUE"]
        yield (
            f"  {', '.join(named)} = {'no value' if value is None else f'{value:.10g}'} {cell['UNIT_MEASURE']}"
            f"  (status {cell['OBS_STATUS']}, {cell['N_SENDERS']} of {cell['N_EXPECTED']} senders)"
        )
    yield "\nDefinition"
    for label, text in (
        ("what", told.definition),
        ("formula", told.formula),
        ("unit", told.unit),
        ("version", told.definition_version),
        ("reading", told.interpretation),
        ("limits", told.limits),
    ):
        yield f"  {label + ':':9}{' '.join(text.split())}"
    for assumption in told.assumptions:
        yield f"  assumed since {' '.join(assumption.split())}"
    yield "\nComputed by"
    for step in told.lineage:
        yield f"  {step.name} reads {', '.join(step.reads) or 'nothing'}"
    yield f"\nDeliveries ({len(told.deliveries)})"
    for delivery in told.deliveries:
        yield (
            f"  {delivery.feed} {delivery.period} {delivery.sender}: {delivery.file}, received "
            f"{delivery.received_at:%Y-%m-%d %H:%M} UTC from {delivery.origin}"
            f"{' (SYNTHETIC)' if delivery.synthetic else ''}"
        )
        yield (
            f"    {delivery.verdict.replace('_', ' ')}: {delivery.rows_read:,} rows read, "
            f"{delivery.rows_accepted:,} accepted, {delivery.rows_refused:,} refused; contract "
            f"{delivery.contract_version}"
        )
        for issue in delivery.issues:
            yield f"    {issue.severity}: {issue.rule} x{issue.count:,}"
        yield f"    SHA-256 {delivery.sha256}"
        yield f"    {delivery.landing}"


def _dimensions(cell: Mapping[str, Cell]) -> list[str]:
    names = list(cell)
    return names[names.index("TIME_PERIOD") + 1 : names.index("MEASURE") + 1]
