"""From one published figure down to the rows it rests on, and what was left out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from customs_monitor.collection.records import JudgementRecord, Receipt
from customs_monitor.collection.verdicts import judgement_key
from customs_monitor.contracts import Registry
from customs_monitor.release.behind import behind
from customs_monitor.release.causes import identity
from customs_monitor.release.cell_rows import CellRows, RowFinder, RowPlace, RowsUnknown
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.exclusions import Exclusions
from customs_monitor.release.explanation import DeliveryBehind, Explanation, FeedRules, RowBehind, Rows, Step
from customs_monitor.release.history import manifest_as_of
from customs_monitor.release.listed import fetch
from customs_monitor.release.published import Published
from customs_monitor.release.row_issues import RowIssue, issues_of
from customs_monitor.release.show import Cell, select
from customs_monitor.scratch import working_folder
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import ManifestDelivery

__all__ = ["Step", "explain", "lineage"]

#: Rows shown unless asked for more; the count is always of all.
ROWS_SHOWN = 20
#: CONF_STATUS of a figure that everybody may see.
_FREE = "F"


def explain(
    store: ObjectStore,
    layout: Layout,
    indicator: str,
    period: str,
    area: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    rows: int = ROWS_SHOWN,
    as_of: datetime | str | None = None,
    registry: Registry | None = None,
) -> Explanation:
    """Explain the figures of an indicator.

    Args:
        store: where the releases and deliveries are.
        layout: the keys of the store.
        indicator: its id, as `o4-3`.
        period: a TIME_PERIOD.
        area: a REF_AREA.
        dimensions: codes of further columns, as `{"MEASURE": "MEAN"}`; all cells by default.
        rows: how many rows to show; all are counted.
        as_of: in the release that was in force at a time, or has the id; by default in the one in force.
        registry: the contracts; those of the project by default.

    Raises:
        NothingPublished: if there is no such release.
        NotInRelease: if there is no such cell.
    """
    published = Published.of(store, layout, manifest_as_of(store, as_of))
    entry, dataset = published.indicator(indicator)
    wanted = {"TIME_PERIOD": period, "REF_AREA": area, **(dimensions or {})}
    cells = select(published.table(dataset), dict(wanted), indicator).to_pylist()
    spec, manifest = entry.spec, published.manifest
    assert spec is not None  # an indicator that has a table has a specification
    registry = registry or Registry.load()
    candidates = behind(manifest.deliveries, entry, period)
    with working_folder() as scratch:
        found = _Evidence(published, registry, entry, candidates, scratch).of(wanted, cells, rows)
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
        synthetic=any(item.synthetic for item in candidates),
        lineage=tuple(lineage(published.contents, spec.table)),
        deliveries=tuple(
            _behind(store, layout, item, found.used(item)) for item in candidates if found.used(item) != 0
        ),
        rows=found.rows,
        rows_unknown=found.unknown,
        senders_only=tuple(_senders(item for item in candidates if found.used(item) == 0)),
        rules=tuple(_rules(registry, feed) for feed in sorted({item.feed for item in candidates if found.used(item)})),
        issues=tuple(item for item in found.issues if not item.correction),
        corrections=tuple(item for item in found.issues if item.correction),
        exclusions=tuple(
            Exclusions(store, layout, registry, manifest).of(_feeds(entry, candidates, found), period, area)
        ),
    )


@dataclass(frozen=True)
class _Found:
    """What was found out about the rows behind figures."""

    rows: Rows | None
    unknown: str
    issues: Sequence[RowIssue]
    counts: Mapping[tuple[str, str, str, str], int]

    def used(self, delivery: ManifestDelivery) -> int | None:
        return None if self.rows is None else self.counts.get(identity(delivery), 0)


class _Evidence:
    """Looks for the rows behind figures among some deliveries."""

    def __init__(
        self,
        published: Published,
        registry: Registry,
        entry: IndicatorEntry,
        candidates: Sequence[ManifestDelivery],
        scratch: Path,
    ) -> None:
        self._published, self._registry, self._entry, self._scratch = published, registry, entry, scratch
        self._candidates = candidates

    def of(self, wanted: Mapping[str, str], cells: Sequence[Mapping[str, Cell]], limit: int) -> _Found:
        try:
            return self._found(wanted, cells, limit)
        except RowsUnknown as error:
            return _Found(None, str(error), (), {})

    def _found(self, wanted: Mapping[str, str], cells: Sequence[Mapping[str, Cell]], limit: int) -> _Found:
        assert self._entry.spec is not None
        fetched = fetch(self._published.store, self._published.layout, self._candidates, self._scratch)
        if fetched.problems:
            raise RowsUnknown("; ".join(fetched.problems))
        finder = RowFinder(self._registry, self._published.contents.lineage, fetched.local)
        with closing(finder):
            again = finder.cells(self._entry.spec.table, wanted)
            places = sorted({row for cell in again for row in cell.rows})
            withheld = any(cell["CONF_STATUS"] != _FREE for cell in cells)
            said = {} if withheld else finder.values(places[:limit])
        files = {
            (item.feed, item.period, item.sender, item.delivery_id): item.file
            for item in (one.receipt for one in fetched.deliveries)
        }
        agrees = None if withheld else _agree(cells, again)
        rows = Rows(
            total=len(places),
            looked_at=max((cell.looked_at for cell in again), default=0),
            shown=tuple(_shown(place, files[place.delivery], said.get(place, {})) for place in places[:limit]),
            withheld=withheld,
            agrees=agrees,
            note=""
            if agrees is not False
            else "another figure, with the contracts and codelists of today; the release was made with "
            f"{self._published.manifest.code_version}",
        )
        counts = Counter(place.delivery for place in places)
        return _Found(rows, "", tuple(self._issues(places, withheld)), counts)

    def _issues(self, places: Sequence[RowPlace], withheld: bool) -> Iterator[RowIssue]:
        for delivery in self._candidates:
            own = [place for place in places if place.delivery == identity(delivery)]
            if own:
                for issue in issues_of(self._published.store, self._published.layout, delivery, own, self._scratch):
                    yield issue.model_copy(update={"value": None, "message": issue.rule}) if withheld else issue


def _shown(place: RowPlace, file: str, values: Mapping[str, object]) -> RowBehind:
    return RowBehind(
        feed=place.feed,
        sender=place.sender,
        period=place.period,
        delivery_id=place.delivery_id,
        file=file,
        line=place.line,
        values={name: value if isinstance(value, int | float) else str(value) for name, value in values.items()},
    )


def _agree(cells: Sequence[Mapping[str, Cell]], again: Sequence[CellRows]) -> bool:
    """Tell whether all figures are the same when they are computed again."""
    computed = {_place(cell.key): cell for cell in again}
    return len(computed) == len(cells) and all(
        (found := computed.get(_place(cell))) is not None and found.has(cell["OBS_VALUE"]) for cell in cells
    )


def _place(cell: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(cell[name] for name in ("REF_AREA", "TIME_PERIOD", *_dimensions(cell)))


def _feeds(entry: IndicatorEntry, candidates: Sequence[ManifestDelivery], found: _Found) -> list[str]:
    """Return the feeds whose senders count: those with rows behind the figures, else all."""
    with_rows = {item.feed for item in candidates if found.used(item)}
    return sorted(with_rows or entry.feeds)


def _senders(deliveries: Iterable[ManifestDelivery]) -> Iterator[str]:
    for (feed, period), group in groupby(deliveries, key=lambda item: (item.feed, item.period)):
        yield f"{feed} {period}: {', '.join(item.sender for item in group)}"


def _rules(registry: Registry, feed: str) -> FeedRules:
    contract = registry.feeds[feed]
    return FeedRules(
        feed=feed,
        contract_version=contract.version,
        rules=tuple(rule.id for rule in contract.schema_.quality),
        general=tuple(registry.rules),
    )


def lineage(contents: Contents, table: str) -> Iterator[Step]:
    """Yield the models from a table down to the accepted rows, each once, after those that read it."""
    waiting, seen = [table], set()
    while waiting:
        name = waiting.pop(0)
        node = contents.lineage.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        yield Step(name=name, description=node.description, reads=node.depends_on, sql=node.sql)
        waiting += node.depends_on


def _behind(store: ObjectStore, layout: Layout, delivery: ManifestDelivery, rows_used: int | None) -> DeliveryBehind:
    place = delivery.model_dump(include={"feed", "period", "sender", "delivery_id"})
    receipt = Receipt.read(store, layout.key("receipt", **place))
    judgement = JudgementRecord.read(store, judgement_key(layout, delivery, delivery.revision))
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
        rows_used=rows_used,
    )


def _dimensions(cell: Mapping[str, object]) -> list[str]:
    names = list(cell)
    return names[names.index("TIME_PERIOD") + 1 : names.index("MEASURE") + 1]
