"""Running the pass: records in, accepted rows, refused rows and issues out, batch by batch."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from customs_monitor.intake import IntakeError
from customs_monitor.validation.columns import LINE_NAME
from customs_monitor.validation.one_pass import ISSUES, KEY_KNOWN, LINE_NUMBER, REFUSED, TYPED
from customs_monitor.validation.session import unthreaded
from customs_storage.parquet import write_parquet

RECORDS = "records"
#: Rows that leave DuckDB at a time.
_BATCH_ROWS = 16_384
#: The longest records, on average over `_WINDOW_BYTES`: 122 880 of them, a row group, fit the 32-bit offsets of a
#: column. Tables have hundreds of bytes a record, nested JSON a few thousand.
_RECORD_BYTES = 16 << 10
_WINDOW_BYTES = 256 << 20
_BATCHES_AHEAD = 4

ROW_ISSUE_SCHEMA = pa.schema(
    [
        pa.field("line", pa.int64()),
        pa.field("number", pa.int32()),
        pa.field("column", pa.string()),
        pa.field("value", pa.string()),
        pa.field("message", pa.string()),
        pa.field("cure", pa.string()),
    ]
)


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

    def drain(self) -> None:
        """Read what DuckDB did not ask for, because no row could come of it, for its number and its problems."""
        for _ in self._stream:
            pass

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


@dataclass(frozen=True)
class PassResult:
    """What the pass left behind.

    Attributes:
        accepted: Parquet of the rows without an error, by the schema of accepted rows.
        shown: Parquet of what issues show of the accepted rows, in the same order; without columns where nothing is.
        refused: Parquet of the other rows: typed columns, `_line_number`, `_key_known` and `_typed`.
        issues: Parquet by `ROW_ISSUE_SCHEMA`.
        rows_accepted, rows_refused: their numbers.
    """

    accepted: Path
    shown: Path
    refused: Path
    issues: Path
    rows_accepted: int
    rows_refused: int

    @property
    def rows(self) -> int:
        """The rows there were."""
        return self.rows_accepted + self.rows_refused


def run_pass(
    connection: duckdb.DuckDBPyConnection,
    source: RecordSource,
    compiled: str,
    delivery_id: str,
    schema: pa.Schema,
    folder: Path,
    shown_names: Collection[str],
) -> PassResult:
    """Run the pass over all records once.

    DuckDB computes in a thread of its own while the rows before are written.

    Args:
        connection: the session.
        source: the records.
        compiled: the SQL of the pass (`compile_pass`).
        delivery_id: goes into every accepted row.
        schema: the schema of accepted rows.
        folder: where the files go.
        shown_names: columns of text that issues show of accepted rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    accepted, shown = folder / "accepted.parquet", folder / "shown.parquet"
    refused, issues = folder / "refused.parquet", folder / "row_issues.parquet"
    refused_schema = refused_rows_schema(schema)
    shown_schema = pa.schema([pa.field(name, pa.string()) for name in shown_names])
    connection.register(RECORDS, source.reader())
    rows_refused = 0
    with (
        unthreaded(connection),
        pq.ParquetWriter(shown, shown_schema) as shown_rows,
        pq.ParquetWriter(refused, refused_schema) as refused_rows,
        pq.ParquetWriter(issues, ROW_ISSUE_SCHEMA) as row_issues,
    ):

        def good_rows() -> Iterator[pa.RecordBatch]:
            nonlocal rows_refused
            judged = _ahead(lambda: connection.execute(compiled).to_arrow_reader(_BATCH_ROWS))
            for batch in judged:
                if batch.column(ISSUES).null_count < batch.num_rows:
                    row_issues.write_batch(_row_issues(batch))
                    is_refused = pc.fill_null(batch.column(REFUSED), False)
                    faulty = batch.filter(is_refused)
                    rows_refused += faulty.num_rows
                    refused_rows.write_batch(_conform(faulty, refused_schema))
                    batch = batch.filter(pc.invert(is_refused))
                if shown_names:
                    shown_rows.write_batch(_conform(batch, shown_schema))
                yield _accepted(batch, schema, delivery_id)

        rows_accepted = write_parquet(good_rows(), accepted, schema)
    connection.unregister(RECORDS)
    source.drain()
    return PassResult(accepted, shown, refused, issues, rows_accepted, rows_refused)


def refused_rows_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema of refused rows: like accepted ones, but anything may be empty, and flags say why."""
    fields = [field.with_nullable(True) for field in schema if field.name != "_delivery_id"]
    return pa.schema([*fields, pa.field(KEY_KNOWN, pa.bool_()), pa.field(TYPED, pa.bool_())])


def _ahead(open_reader: Callable[[], pa.RecordBatchReader]) -> Iterator[pa.RecordBatch]:
    """Iterate over a reader that a thread of its own reads ahead."""
    waiting: queue.Queue[pa.RecordBatch | BaseException | None] = queue.Queue(_BATCHES_AHEAD)
    stopped = threading.Event()

    def put(item: pa.RecordBatch | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def read() -> None:
        try:
            for batch in open_reader():
                put(batch)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=read, name="judge", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


def _row_issues(batch: pa.RecordBatch) -> pa.RecordBatch:
    lists = batch.column(ISSUES)
    flat = pc.list_flatten(lists)
    lines = batch.column(LINE_NUMBER).take(pc.list_parent_indices(lists))
    fields = dict(zip([field.name for field in flat.type], flat.flatten(), strict=True))
    return pa.RecordBatch.from_arrays(
        [lines if field.name == "line" else fields[field.name].cast(field.type) for field in ROW_ISSUE_SCHEMA],
        schema=ROW_ISSUE_SCHEMA,
    )


def _accepted(batch: pa.RecordBatch, schema: pa.Schema, delivery_id: str) -> pa.RecordBatch:
    own = pa.repeat(pa.scalar(delivery_id, pa.string()), batch.num_rows)
    return pa.RecordBatch.from_arrays(
        [own if field.name == "_delivery_id" else _column(batch, field) for field in schema], schema=schema
    )


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([_column(batch, field) for field in schema], schema=schema)


def _column(batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    column = batch.column(field.name)
    return column if column.type == field.type else column.cast(field.type)
