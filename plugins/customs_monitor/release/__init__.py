"""Accepted rows to indicators, and indicators to an atomic release: prepare, gate, publish.

`release_now` does all three; Airflow calls them one by one. What is published is read with `customs_monitor.release`'s
`history`, `show`, `explain`, `diff` and `verifying`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from customs_monitor.contracts import Registry
    from customs_monitor.release.records import Release
    from customs_storage import ObjectStore
    from customs_storage.layout import Layout


def release_now(store: ObjectStore, layout: Layout, registry: Registry, run_id: str, scratch: Path) -> Release | None:
    """Build, gate and publish; None if there is nothing new.

    Args:
        store: where the deliveries are and the release goes.
        layout: the keys of the store.
        registry: the contracts.
        run_id: the run, for its outcome records.
        scratch: an existing folder of the caller, who removes it.

    Raises:
        ReleaseError: if the candidate does not pass the gate, or another release came first.
        DbtError: if a model cannot be built.
        StoreError: if the store fails.
    """
    # Whoever imports a part of this package shall not pay for all of it.
    from customs_monitor.release.candidate import prepare
    from customs_monitor.release.gate import gate
    from customs_monitor.release.publishing import publish

    candidate = prepare(store, layout, registry, run_id, scratch / "candidate")
    if candidate is None:
        return None
    report = gate(store, layout, registry, candidate, scratch / "gate")
    return publish(store, layout, candidate, report)
