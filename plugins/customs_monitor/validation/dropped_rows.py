"""Accepted rows without those that were refused or left out after the pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.validation.key_hashes import Positions
from customs_storage.parquet import write_parquet


def without_rows(accepted: Path, dropped: Positions, target: Path, schema: pa.Schema) -> Path:
    """Write the rows that remain.

    Args:
        accepted: the rows.
        dropped: positions of rows to leave out, ascending.
        target: where the others go.
        schema: of the rows.

    Returns:
        `target`, or `accepted` itself if nothing is dropped.
    """
    if not len(dropped):
        return accepted
    write_parquet(_remaining(accepted, dropped), target, schema)
    return target


def _remaining(accepted: Path, dropped: Positions) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in pq.ParquetFile(accepted).iter_batches():
        stop = start + batch.num_rows
        here = dropped[np.searchsorted(dropped, start) : np.searchsorted(dropped, stop)] - start
        keep = np.ones(batch.num_rows, dtype=bool)
        keep[here] = False
        yield batch.filter(pa.array(keep))
        start = stop
