"""Why figures changed between two states of the published tables, as far as it can be told.

Where late data and a new definition meet in a cell, both are named, for the share of each is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import pyarrow as pa

from customs_monitor.collection.records import Record
from customs_monitor.contracts.periods import SEVERAL, alike
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.fingerprint import CodeVersion
from customs_storage.manifest import Manifest, ManifestDelivery

CauseKind = Literal[
    "late data", "new data", "further data", "revision", "correction", "judged again", "real for synthetic data",
    "withdrawn", "method", "rules of the feed", "libraries", "code change", "not explained",
]  # fmt: skip

_UNION = "EU27_2020"
#: Columns that say which period and area a row is for; tables that are no indicators have names of their own.
_PERIODS = ("time_period", "reference_period", "cycle", "period")
_AREAS = ("ref_area", "member_state")
#: Parts of a specification that say how figures are made, besides its version.
_METHOD = ("definition", "formula", "dimensions", "measures", "frequency", "assumptions")
#: Causes that no delivery brings; they are told last.
_GENERAL = {"method", "rules of the feed", "libraries", "code change"}


class State(Protocol):
    """A release or candidate: what it consists of, and its tables."""

    @property
    def manifest(self) -> Manifest:
        """Its manifest; of a candidate, without files."""

    @property
    def contents(self) -> Contents:
        """What its tables are."""

    def sha256(self, dataset: Dataset) -> str | None:
        """Return the hash of a table's Parquet file, None if there is no such public table."""

    def table(self, dataset: Dataset) -> pa.Table:
        """Return a table."""

    def corrected(self, delivery: ManifestDelivery) -> bool:
        """Tell whether known errors of the source were corrected in a delivery."""


class Cause(Record):
    """Why a figure changed.

    Attributes:
        feed, period, senders: of the deliveries behind it; empty for causes that are none of deliveries.
        detail: what is to be known besides.
    """

    kind: CauseKind
    feed: str = ""
    period: str = ""
    senders: tuple[str, ...] = ()
    detail: str = ""

    @property
    def text(self) -> str:
        """The cause in words."""
        of = f"{self.feed} {self.period} {', '.join(self.senders)}".strip()
        return ": ".join(part for part in (self.kind, of, self.detail) if part)


class DeliveryChange(Record):
    """A delivery that came, went, or was judged again; `replaces` and `replaced_by` are ids of deliveries."""

    kind: CauseKind
    delivery: ManifestDelivery
    replaces: tuple[str, ...] = ()
    replaced_by: tuple[str, ...] = ()


class MethodChange(Record):
    """An indicator or table that is made in another way.

    Attributes:
        table: the stem of its files.
        what: the parts of the specification that are others.
        models: the models whose SQL is another, is new or is gone.
    """

    table: str
    old_version: str
    new_version: str
    what: tuple[str, ...]
    models: tuple[str, ...]

    @property
    def text(self) -> str:
        """The change in words."""
        version = f"version {self.old_version} -> {self.new_version}" if self.old_version != self.new_version else ""
        models = f"SQL of {', '.join(self.models)}" if self.models else ""
        return "; ".join(part for part in (version, ", ".join(self.what).replace("_", " "), models) if part)


def identity(delivery: ManifestDelivery) -> tuple[str, str, str, str]:
    """Return what makes a delivery the same one in two releases."""
    return delivery.feed, delivery.period, delivery.sender, delivery.delivery_id


@dataclass(frozen=True)
class _Origin:
    """Where the figures of a table come from: its feeds, and the model with all that it reads."""

    feeds: frozenset[str]
    models: Mapping[str, str]


class Reasons:
    """What differs in what two states are computed from."""

    def __init__(self, before: State, after: State) -> None:
        self._before, self._after = before, after
        old, new = before.manifest, after.manifest
        self.code_changed = _code(old) != _code(new)
        self.libraries_changed = old.lock_fingerprint != new.lock_fingerprint
        contracts = (old.contract_fingerprints, new.contract_fingerprints)
        self.rules = tuple(feed for feed in sorted(contracts[1]) if contracts[0].get(feed, "") != contracts[1][feed])

    @cached_property
    def deliveries(self) -> tuple[DeliveryChange, ...]:
        """The deliveries that came, went or were judged again."""
        return tuple(_deliveries(self._before, self._after))

    @cached_property
    def methods(self) -> Mapping[str, MethodChange]:
        """The tables that are made in another way, by stem."""
        found = {}
        for dataset in self._after.contents.datasets:
            change = _method(self._before.contents, self._after.contents, dataset)
            if change is not None:
                found[dataset.stem] = change
        return found

    def of(self, dataset: Dataset) -> Causes:
        """Return what may be behind the changes of a table."""
        feeds = _origin(self._after.contents, dataset).feeds | _origin(self._before.contents, dataset).feeds
        general: list[Cause] = []
        if (method := self.methods.get(dataset.stem)) is not None:
            general.append(Cause(kind="method", detail=method.text))
        general += [Cause(kind="rules of the feed", feed=feed) for feed in self.rules if feed in feeds]
        if self.code_changed:
            text = f"{self._before.manifest.code_version} -> {self._after.manifest.code_version}"
            general.append(Cause(kind="libraries" if self.libraries_changed else "code change", detail=text))
        periods = {
            feed: {
                item.period
                for state in (self._before, self._after)
                for item in state.manifest.deliveries
                if item.feed == feed
            }
            for feed in feeds
        }
        return Causes([item for item in self.deliveries if item.delivery.feed in feeds], general, periods)


class Causes:
    """Finds the causes of changed rows of a table.

    Args:
        deliveries: changes of deliveries of the table's feeds.
        general: what else changed, the surest first.
        periods: of all deliveries, by feed.
    """

    def __init__(
        self, deliveries: Sequence[DeliveryChange], general: Sequence[Cause], periods: Mapping[str, set[str]]
    ) -> None:
        self._deliveries, self._general, self._periods = deliveries, general, periods
        self._known: dict[tuple[str, str, bool], tuple[Cause, ...]] = {}

    def of_all(self, rows: pa.Table) -> tuple[Cause, ...]:
        """Return the causes of all changed rows, each once; all that may be, where these cannot be compared."""
        if "figure" not in rows.column_names:
            return (*_grouped(self._deliveries), *self._general)
        columns = [
            name for name in rows.column_names if name.startswith("key ") and name[4:].lower() in (*_PERIODS, *_AREAS)
        ]
        places = rows.group_by([*columns, "figure"]).aggregate([]).to_pylist()
        found: dict[Cause, None] = {}
        for place in places:
            key = {name.removeprefix("key "): value for name, value in place.items()}
            found |= dict.fromkeys(self.of_cell(key, figure=bool(place["figure"])))
        return tuple(_merged(found))

    def of_cell(self, key: Mapping[str, object], *, figure: bool) -> tuple[Cause, ...]:
        """Return the causes of a changed row.

        Args:
            key: its codes by column.
            figure: whether its figure is another, and not only its status or coverage.
        """
        place = (_first(key, _PERIODS), _first(key, _AREAS), figure)
        if place not in self._known:
            self._known[place] = tuple(self._found(*place))
        return self._known[place]

    def _found(self, period: str, area: str, figure: bool) -> Iterator[Cause]:
        behind = [item for item in self._deliveries if not period or self._concerns(item.delivery, period)]
        own = [item for item in behind if item.delivery.sender == area]
        # A Member State's figure changes with what it sends, its coverage with what the others send.
        told = list(_grouped(own if figure and area != _UNION and own else behind))
        yield from told
        # Today's method, rules and code made every figure; where no delivery explains a change, one of them does.
        others = [item for item in self._general if item.kind == "method" or not told]
        specific = [item for item in others if item.kind not in ("libraries", "code change")]
        yield from specific or others
        if not told and not others:
            yield Cause(kind="not explained", detail="the same deliveries, definition and code")

    def _concerns(self, delivery: ManifestDelivery, period: str) -> bool:
        # Figures of a feed that has no delivery of their period come from periods of another kind.
        return delivery.period in (period, SEVERAL) or (
            period not in self._periods[delivery.feed] and not alike(delivery.period, period)
        )


def _first(key: Mapping[str, object], names: Sequence[str]) -> str:
    """Return what a key says under the first of some names that it has; nothing if it has none."""
    said = {name.lower(): value for name, value in key.items()}
    return next((str(said[name]) for name in names if name in said), "")


def _grouped(deliveries: Iterable[DeliveryChange]) -> Iterator[Cause]:
    senders: dict[tuple[CauseKind, str, str], list[str]] = {}
    for item in deliveries:
        senders.setdefault((item.kind, item.delivery.feed, item.delivery.period), []).append(item.delivery.sender)
    for (kind, feed, period), found in senders.items():
        yield Cause(kind=kind, feed=feed, period=period, senders=tuple(sorted(set(found))))


def _merged(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Yield causes of several cells, those of the same kind, feed and period as one."""
    merged: dict[tuple[str, ...], Cause] = {}
    for item in causes:
        place = (item.kind, item.feed, item.period, item.detail)
        before = merged.get(place)
        senders = tuple(sorted({*item.senders, *(before.senders if before else ())}))
        merged[place] = item.model_copy(update={"senders": senders})
    yield from sorted(merged.values(), key=lambda item: (item.kind in _GENERAL, item.feed, item.period, item.kind))


def _code(manifest: Manifest) -> str:
    try:
        return CodeVersion.of(manifest.code_version).fingerprint
    except ValueError:
        return manifest.code_version


def _deliveries(before: State, after: State) -> Iterator[DeliveryChange]:
    old = {identity(item): item for item in before.manifest.deliveries}
    new = {identity(item): item for item in after.manifest.deliveries}
    came, went = (
        _by_sender(new[key] for key in new if key not in old),
        _by_sender(old[key] for key in old if key not in new),
    )
    of_sender = _by_sender(old.values())
    periods = {(item.feed, item.period) for item in old.values()}
    real = {(item.feed, item.period) for item in new.values() if not item.synthetic}
    for place, items in came.items():
        gone = tuple(item.delivery_id for item in went.get(place, ()))
        for item in items:
            kind: CauseKind
            displaces = not item.synthetic and any(
                one.synthetic for one in old.values() if (one.feed, one.period) == place[:2]
            )
            if displaces:
                kind = "real for synthetic data"
            elif gone:
                kind = "correction" if after.corrected(item) else "revision"
            elif place in of_sender:
                kind = "further data"
            else:
                kind = "late data" if place[:2] in periods else "new data"
            yield DeliveryChange(kind=kind, delivery=item, replaces=gone)
    for place, items in went.items():
        by = tuple(item.delivery_id for item in came.get(place, ()))
        for item in items:
            if item.synthetic and place[:2] in real:
                yield DeliveryChange(kind="real for synthetic data", delivery=item, replaced_by=by)
            elif not by:
                yield DeliveryChange(kind="withdrawn", delivery=item)
    for key in old.keys() & new:
        if None not in (hashes := {old[key].accepted_sha256, new[key].accepted_sha256}) and len(hashes) == 2:
            kind = "correction" if after.corrected(new[key]) else "judged again"
            yield DeliveryChange(kind=kind, delivery=new[key])


def _by_sender(deliveries: Iterable[ManifestDelivery]) -> dict[tuple[str, str, str], list[ManifestDelivery]]:
    found: dict[tuple[str, str, str], list[ManifestDelivery]] = {}
    for item in deliveries:
        found.setdefault((item.feed, item.period, item.sender), []).append(item)
    return found


def _origin(contents: Contents, dataset: Dataset) -> _Origin:
    feeds = {entry.dataset.stem: entry.feeds for entry in contents.indicators if entry.dataset}
    feeds |= {entry.dataset.stem: entry.feeds for entry in contents.marts}
    models: dict[str, str] = {}
    waiting = [dataset.relation.rpartition(".")[2]]
    while waiting:
        name = waiting.pop()
        node = contents.lineage.get(name)
        if node is not None and name not in models:
            models[name] = node.sql
            waiting += node.depends_on
    return _Origin(frozenset(feeds.get(dataset.stem, ())), models)


def _method(before: Contents, after: Contents, dataset: Dataset) -> MethodChange | None:
    """Return how a table is made in another way, None if it is not or is new."""
    if dataset.stem not in {item.stem for item in before.datasets}:
        return None
    old, new = _specification(before, dataset), _specification(after, dataset)
    what = tuple(name for name in _METHOD if old.get(name) != new.get(name))
    models_before, models_after = _origin(before, dataset).models, _origin(after, dataset).models
    models: tuple[str, ...] = ()
    # A release that did not keep its SQL says nothing about it.
    if all(models_before.values()) and all(models_after.values()):
        models = tuple(
            name
            for name in sorted(models_before.keys() | models_after)
            if models_before.get(name) != models_after.get(name)
        )
    versions = str(old.get("version", "")), str(new.get("version", ""))
    if not what and not models and versions[0] == versions[1]:
        return None
    return MethodChange(table=dataset.stem, old_version=versions[0], new_version=versions[1], what=what, models=models)


def _specification(contents: Contents, dataset: Dataset) -> Mapping[str, Any]:
    entry: IndicatorEntry | None = contents.indicator(dataset.id)
    return entry.spec.model_dump(mode="json", by_alias=True) if entry and entry.spec else {}
