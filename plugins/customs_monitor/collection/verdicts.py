"""Where the judgements of a delivery lie, and which of them counts: the last.

A delivery is judged when it arrives, and again when an engineer asks for it after its contract has changed
(`rejudging`). Each judgement has keys of its own, and nothing of an earlier one is touched: a release that rests on it
can still be explained and rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from customs_monitor.collection.records import JudgementRecord
from customs_storage import ObjectStore
from customs_storage.layout import Layout, LayoutError

#: The judgement that a delivery gets when it arrives.
FIRST = 1


class Placed(Protocol):
    """What belongs to one delivery: a receipt, a judgement, its entry in a manifest."""

    @property
    def feed(self) -> str:
        """Its feed."""

    @property
    def period(self) -> str:
        """Its period."""

    @property
    def sender(self) -> str:
        """Its sender."""

    @property
    def delivery_id(self) -> str:
        """Its id."""


def place_of(delivery: Placed) -> dict[str, str]:
    """Return the fields of a key that name a delivery."""
    return {
        "feed": delivery.feed,
        "period": delivery.period,
        "sender": delivery.sender,
        "delivery_id": delivery.delivery_id,
    }


def judgement_key(layout: Layout, delivery: Placed, revision: int = FIRST) -> str:
    """Return the key of a judgement of a delivery."""
    return _key(layout, "judgement", delivery, revision)


def rows_key(layout: Layout, delivery: Placed, revision: int = FIRST) -> str:
    """Return the key of the rows that a judgement has accepted."""
    return _key(layout, "accepted", delivery, revision)


def report_key(layout: Layout, delivery: Placed, name: str, revision: int = FIRST) -> str:
    """Return the key of a file of the report of a judgement."""
    return _key(layout, "rejected", delivery, revision, name=name)


def judgements(store: ObjectStore, layout: Layout, feed: str, **place: str) -> Iterator[JudgementRecord]:
    """Yield the judgement that counts of every delivery of a feed (of one `period` and `sender`), in key order."""
    last: dict[tuple[str, ...], tuple[int, str]] = {}
    for info in store.list(layout.prefix("judgement", feed=feed, **place)):
        revision, fields = read_key(layout, info.key)
        delivery = tuple(fields.values())
        last[delivery] = max(last.get(delivery, (0, "")), (revision, info.key))
    for _, key in last.values():
        yield JudgementRecord.read(store, key)


def last_judgement(store: ObjectStore, layout: Layout, **place: str) -> JudgementRecord | None:
    """Return the judgement of a delivery that counts, None if it waits for its first.

    Args:
        store: the store.
        layout: the keys of the store.
        **place: the delivery, by the fields of `place_of`.
    """
    revisions = [
        int(layout.parse("judgement_again", info.key)["revision"])
        for info in store.list(layout.prefix("judgement_again", **place))
    ]
    if revisions:
        return JudgementRecord.read(store, layout.key("judgement_again", **place, revision=str(max(revisions))))
    key = layout.key("judgement", **place)
    return JudgementRecord.read(store, key) if store.head(key) is not None else None


def _key(layout: Layout, template: str, delivery: Placed, revision: int, **more: str) -> str:
    place = place_of(delivery)
    if revision == FIRST:
        return layout.key(template, **place, **more)
    return layout.key(f"{template}_again", **place, **more, revision=str(revision))


def read_key(layout: Layout, key: str) -> tuple[int, dict[str, str]]:
    """Return which judgement of a delivery lies under a key, and the fields that name the delivery."""
    try:
        return FIRST, layout.parse("judgement", key)
    except LayoutError:
        fields = layout.parse("judgement_again", key)
        return int(fields.pop("revision")), fields
