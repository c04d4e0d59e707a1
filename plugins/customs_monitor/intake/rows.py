"""Row-wise readers to Arrow batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from customs_monitor.intake.table import BATCH_ROWS, schema_of


def to_batches(
    columns: Sequence[str], rows: Iterable[tuple[int, Sequence[str | None]]], size: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Gather `(line number, one text or None per column)` into batches of at most `size` rows."""
    schema = schema_of(columns)
    lines: list[int] = []
    values: list[Sequence[str | None]] = []
    for line, row in rows:
        lines.append(line)
        values.append(row)
        if len(lines) == size:
            yield _batch(schema, lines, values)
            lines, values = [], []
    if lines:
        yield _batch(schema, lines, values)


def _batch(schema: pa.Schema, lines: list[int], values: list[Sequence[str | None]]) -> pa.RecordBatch:
    arrays = [pa.array(column, pa.string()) for column in zip(*values, strict=True)]
    return pa.RecordBatch.from_arrays([pa.array(lines, pa.int64()), *arrays], schema=schema)
