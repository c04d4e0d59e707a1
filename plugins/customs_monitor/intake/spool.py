"""Rows whose columns are known only when the last one was read, kept on disk until then."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping

import pyarrow as pa

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.limits import Limits
from customs_monitor.intake.table import BATCH_ROWS, LINE_NUMBER, name_columns, schema_of

_IN_MEMORY = 16 * 1024 * 1024


class Spool:
    """Collects rows as name-to-text mappings and hands them back as batches that all have every column.

    Columns stand in the order of their first appearance. Memory is bounded by one batch and `_IN_MEMORY`.
    """

    def __init__(self, limits: Limits, batch_rows: int = BATCH_ROWS) -> None:
        self._limits = limits
        self._batch_rows = batch_rows
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed by `batches`)
        self._sizes: list[int] = []
        self._names: dict[str, None] = {}
        self._lines: list[int] = []
        self._values: dict[str, list[str | None]] = {}
        self.rows = 0

    def declare(self, *names: str) -> None:
        """Fix the order of columns that a later row may or may not have."""
        for name in names:
            self._names.setdefault(name)

    def append(self, line: int, row: Mapping[str, str | None]) -> None:
        """Add one row."""
        count = len(self._lines)
        self._lines.append(line)
        values = self._values
        for name, text in row.items():
            column = values.get(name)
            if column is None:
                self._names.setdefault(name)
                if len(self._names) > self._limits.columns:
                    raise IntakeError(
                        "TOO_MANY_COLUMNS",
                        f"The records have more than {self._limits.columns:,} different keys.",
                        "Check the path to the records: an object with a key per record needs `*`.",
                        line=line,
                    )
                column = values[name] = []
            if len(column) < count:
                column.extend([None] * (count - len(column)))
            column.append(text)
        self.rows += 1
        if count + 1 == self._batch_rows:
            self._flush()

    def columns(self) -> tuple[str, ...]:
        """Return the names of all columns seen so far.

        Raises:
            IntakeError: `HEADER_DUPLICATE` where two names differ in case only.
        """
        return name_columns(list(self._names), self._limits)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, once."""
        self._flush()
        schema = schema_of(list(self._names))
        self._file.seek(0)
        with self._file as file:
            for size in self._sizes:
                with pa.ipc.open_stream(file.read(size)) as reader:
                    part = reader.read_next_batch()
                absent = pa.nulls(part.num_rows, pa.string())
                held = set(part.schema.names)
                arrays = [part.column(name) if name in held else absent for name in schema.names]
                yield pa.RecordBatch.from_arrays(arrays, names=[LINE_NUMBER, *self.columns()])

    def _flush(self) -> None:
        if not self._lines:
            return
        count = len(self._lines)
        for column in self._values.values():
            column.extend([None] * (count - len(column)))
        batch = pa.RecordBatch.from_arrays(
            [
                pa.array(self._lines, pa.int64()),
                *(pa.array(column, pa.string()) for column in self._values.values()),
            ],
            schema=schema_of(list(self._values)),
        )
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        self._sizes.append(self._file.write(sink.getvalue()))
        self._lines, self._values = [], {}
