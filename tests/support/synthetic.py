"""Accepted deliveries of a synthetic EU, judged as on arrival, without a store."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from customs_monitor.collection.preflight import preflight
from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import LocalDelivery


def accepted_deliveries(
    registry: Registry, inbox: Path, senders: Collection[str], scratch: Path
) -> Iterator[LocalDelivery]:
    """Judge the files of an inbox and yield those that are accepted.

    Args:
        registry: the contracts.
        inbox: `<feed>/<file>`; a file's name ends in `_<period>_<sender>_v1` or, of the Commission, `_<period>_v1`.
        senders: the Member States whose files are looked at; those of the Commission always are.
        scratch: an empty folder, which the deliveries refer to.
    """
    states = set(registry.expected_senders("crc_statistics", "2026-Q3"))
    for number, path in enumerate(sorted(inbox.glob("*/*.*"))):
        sender = path.stem.split("_")[-2]
        if sender in states and sender not in senders:
            continue
        feed = path.parent.name
        folder = scratch / f"{number:04d}"
        folder.mkdir(parents=True)
        judged = preflight(path, registry.feeds[feed], registry, folder)
        if judged.judgement.accepted is None:
            continue
        delivery = judged.delivery
        yield LocalDelivery(
            feed=feed,
            period=delivery.period,
            sender=delivery.sender,
            delivery_id=delivery.delivery_id,
            path=judged.judgement.accepted,
            layout=registry.feeds[feed].layouts[0].id,
            received_sequence=1,
            synthetic=True,
        )
