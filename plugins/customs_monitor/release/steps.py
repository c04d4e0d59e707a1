"""The outcome record of a step of the release, also when it fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from customs_monitor.collection.outcomes import keep_outcome
from customs_monitor.release.records import ReleaseOutcome
from customs_storage import ObjectStore, StoreError
from customs_storage.layout import Layout
from customs_storage.manifest import GateVerdict

log = logging.getLogger(__name__)


@dataclass
class Step:
    """What a step has to tell so far."""

    result: str = "failed"
    release_id: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    verdicts: tuple[GateVerdict, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the wall time of the block to a part of the step."""
        clock = time.monotonic()
        try:
            yield
        finally:
            self.seconds[part] = round(self.seconds.get(part, 0.0) + time.monotonic() - clock, 3)


@contextmanager
def recorded(
    store: ObjectStore, layout: Layout, run_id: str, step: Literal["prepare", "gate", "publish"]
) -> Iterator[Step]:
    """Keep a record of the block in the store when it ends; an error goes on."""
    started_at, told = datetime.now(UTC), Step()
    error: str | None = None
    try:
        yield told
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
        told.result = "failed"
        raise
    finally:
        outcome = ReleaseOutcome(
            run_id=run_id,
            step=step,
            started_at=started_at,
            seconds=told.seconds,
            result=told.result,
            release_id=told.release_id,
            rows=told.rows,
            verdicts=told.verdicts,
            error=error,
        )
        try:
            keep_outcome(store, layout, run_id, f"release.{step}", outcome)
        except StoreError:
            if error is None:
                raise
            # The store itself may be what failed; the first error is the one to report.
            log.exception("the outcome of release.%s could not be stored", step)
