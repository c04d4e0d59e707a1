"""The records of a file on their way into the pass: counted, watched, and handed on in stretches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from customs_monitor.intake import IntakeError
from customs_monitor.validation.columns import LINE_NAME

#: The longest records, on average over `_WINDOW_BYTES`: 122 880 of them, a row group, fit the 32-bit offsets of a
#: column. Tables have hundreds of bytes a record, nested JSON a few thousand.
_RECORD_BYTES = 16 << 10
_WINDOW_BYTES = 256 << 20

#: A stretch ends with the batch that reaches one of these.
_STRETCH_ROWS = 163_840
_STRETCH_BYTES = 64 << 20
#: Threads share a stretch by its batches.
_BATCH_ROWS = 16_384


class RecordSource:
    """The records of a file as DuckDB reads them, counted.

    Attributes:
        records: the records read so far.
        failure: what stopped the reader, if anything did; the records before it were handed on.
    """

    def __init__(self, columns: tuple[str, ...], batches: Iterable[pa.RecordBatch]) -> None:
        # By position: the file may have a column that is called like the line number.
        self._schema = pa.schema([pa.field(LINE_NAME, pa.int64()), *(pa.field(name, pa.string()) for name in columns)])
        self._stream = self._counted(batches)
        self.records = 0
        self.failure: Exception | None = None

    def reader(self) -> pa.RecordBatchReader:
        """Return a reader that ends where the file cannot be read any further."""
        return pa.RecordBatchReader.from_batches(self._schema, self._stream)

    def stretches(self, rows_per_record: int = 1) -> Iterator[pa.Table]:
        """Hand the records on, some hundred thousand at a time, up to where the file cannot be read any further.

        Args:
            rows_per_record: how many rows become of one; the more, the shorter the stretches.

        Yields:
            Tables, cut into batches that threads can share; an empty one if there is no record at all.
        """
        most_rows, most_bytes = _STRETCH_ROWS // rows_per_record, _STRETCH_BYTES // rows_per_record
        waiting: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in self._stream:
            waiting.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
            if rows >= most_rows or size >= most_bytes:
                yield self._stretch(waiting)
                waiting, rows, size = [], 0, 0
        if waiting or not self.records:
            yield self._stretch(waiting)

    def _stretch(self, batches: list[pa.RecordBatch]) -> pa.Table:
        table = pa.Table.from_batches(batches, self._schema)
        return pa.Table.from_batches(table.to_batches(max_chunksize=_BATCH_ROWS), self._schema)

    def _counted(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        window_records = window_bytes = 0
        try:
            for batch in batches:
                self.records += batch.num_rows
                window_records += batch.num_rows
                window_bytes += batch.nbytes
                if window_bytes >= _WINDOW_BYTES:
                    if window_bytes > window_records * _RECORD_BYTES:
                        raise _too_long(batch, window_bytes // window_records)
                    window_records = window_bytes = 0
                yield pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)
        except Exception as error:
            # An exception cannot pass through DuckDB; the caller asks for it when the pass is over.
            self.failure = error


def _too_long(batch: pa.RecordBatch, size: int) -> IntakeError:
    return IntakeError(
        "RECORDS_TOO_LONG",
        f"The records have {size:,} bytes on average; at most {_RECORD_BYTES:,} are read.",
        "Send the columns of the template only, without documents in their cells.",
        line=batch.column(0)[0].as_py() if batch.num_rows else None,
    )
