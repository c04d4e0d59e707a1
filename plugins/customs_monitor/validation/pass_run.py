"""Running the pass: records in, accepted rows, refused rows and issues out, stretch by stretch.

Both of DuckDB's threads judge one stretch of the records while the next is parsed and the one before is written. A
stretch is short enough to keep, so that a row's values which are as their sender wrote them are taken from the records,
and the records of broken rows can be looked at again for what is to be said about them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from customs_monitor.validation.broken_rules import Flags
from customs_monitor.validation.columns import LINE_NAME
from customs_monitor.validation.key_hashes import KeyHashes
from customs_monitor.validation.one_pass import KEY_HASH, KEY_KNOWN, LINE_NUMBER, TYPED, CompiledPass
from customs_monitor.validation.read_ahead import read_ahead
from customs_monitor.validation.record_source import RecordSource
from customs_storage.parquet import write_parquet

RECORDS = "records"
#: Rows in a batch of what DuckDB gives.
_BATCH_ROWS = 16_384
#: One refused row in so many is few.
_FEW = 100
#: Judged stretches that wait to be written.
_AHEAD = 1

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


class RowsOutOfOrderError(RuntimeError):
    """The engine has handed rows on in another order than that of the file: a fault of the platform."""


@dataclass(frozen=True)
class PassResult:
    """What the pass left behind.

    Attributes:
        accepted: Parquet of the rows without an error, by the schema of accepted rows.
        shown: Parquet of what issues show of the accepted rows, in the same order; without columns where nothing is.
        refused: Parquet of the other rows: typed columns, `_line_number`, `_key_known` and `_typed`.
        issues: Parquet by `ROW_ISSUE_SCHEMA`.
        rows_accepted, rows_refused: their numbers.
        hashes: of the keys of all rows whose key is known.
        broken: the rules that rows break.
    """

    accepted: Path
    shown: Path
    refused: Path
    issues: Path
    rows_accepted: int
    rows_refused: int
    hashes: KeyHashes
    broken: frozenset[int]

    @property
    def rows(self) -> int:
        """The rows there were."""
        return self.rows_accepted + self.rows_refused


def run_pass(
    connection: duckdb.DuckDBPyConnection,
    source: RecordSource,
    compiled: CompiledPass,
    delivery_id: str,
    schema: pa.Schema,
    folder: Path,
    shown_names: Collection[str],
    rows_per_record: int = 1,
) -> PassResult:
    """Run the pass over all records once.

    Args:
        connection: the session.
        source: the records.
        compiled: the pass (`compile_pass`).
        delivery_id: goes into every accepted row.
        schema: the schema of accepted rows.
        folder: where the files go.
        shown_names: columns of text that issues show of accepted rows.
        rows_per_record: how many rows become of a record.

    Raises:
        RowsOutOfOrderError: if rows do not come back in the order of their records.
    """
    folder.mkdir(parents=True, exist_ok=True)
    accepted, shown = folder / "accepted.parquet", folder / "shown.parquet"
    refused, issues = folder / "refused.parquet", folder / "row_issues.parquet"
    refused_schema = refused_rows_schema(schema)
    shown_schema = pa.schema([pa.field(name, pa.string()) for name in shown_names])
    hashes = KeyHashes(folder)
    rows_refused = 0
    broken: set[int] = set()
    with (
        pq.ParquetWriter(shown, shown_schema) as shown_rows,
        pq.ParquetWriter(refused, refused_schema) as refused_rows,
        pq.ParquetWriter(issues, ROW_ISSUE_SCHEMA) as row_issues,
    ):

        def good_rows() -> Iterator[pa.RecordBatch]:
            nonlocal rows_refused
            stretches = (_judged(connection, compiled, records) for records in source.stretches(rows_per_record))
            for stretch in read_ahead(stretches, _AHEAD):
                broken.update(stretch.broken)
                if stretch.issues is not None:
                    row_issues.write_table(stretch.issues)
                rows, keys = stretch.rows, stretch.hashes
                if stretch.refused is not None:
                    faulty = rows.filter(pa.array(stretch.refused))
                    refused_rows.write_table(_conform(faulty, refused_schema))
                    takes_part = np.flatnonzero(stretch.takes_part[stretch.refused])
                    hashes.add(keys[~stretch.refused], keys[stretch.refused][takes_part], takes_part + rows_refused)
                    rows_refused += faulty.num_rows
                    rows = _without(rows, stretch.refused)
                else:
                    hashes.add(keys, keys[:0], np.empty(0, np.int64))
                if shown_names:
                    shown_rows.write_table(_conform(rows, shown_schema))
                yield from _conform(rows, schema, {"_delivery_id": delivery_id}).to_batches()

        rows_accepted = write_parquet(good_rows(), accepted, schema)
    return PassResult(accepted, shown, refused, issues, rows_accepted, rows_refused, hashes, frozenset(broken))


def refused_rows_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema of refused rows: like accepted ones, but anything may be empty, and flags say why."""
    fields = [field.with_nullable(True) for field in schema if field.name != "_delivery_id"]
    return pa.schema([*fields, pa.field(KEY_KNOWN, pa.bool_()), pa.field(TYPED, pa.bool_())])


@dataclass(frozen=True)
class _Stretch:
    """A stretch of judged rows.

    Attributes:
        rows: typed and shown columns, `_line_number`, and where some are refused `_key_known` and `_typed`.
        hashes: of their keys.
        refused: which rows are refused, None if none is.
        takes_part: whose key is looked for among those of others.
        broken: the rules that rows break.
        issues: by `ROW_ISSUE_SCHEMA`, None if there are none.
    """

    rows: pa.Table
    hashes: npt.NDArray[np.uint64]
    refused: Flags | None
    takes_part: Flags
    broken: tuple[int, ...]
    issues: pa.Table | None


def _judged(connection: duckdb.DuckDBPyConnection, compiled: CompiledPass, records: pa.Table) -> _Stretch:
    judged = _asked(connection, records, compiled.sql)
    lines = judged.column(LINE_NUMBER).to_numpy()
    _check_order(lines, records.column(LINE_NAME).to_numpy(), bool(compiled.copied))
    words = [judged.column(name).to_numpy() for name in compiled.broken.columns]
    hashes = judged.column(KEY_HASH).to_numpy()
    rows = judged.drop_columns([*compiled.broken.columns, KEY_HASH])
    for name, column in compiled.copied.items():
        rows = rows.append_column(name, records.column(column))
    every = np.ones(judged.num_rows, dtype=bool)
    failing = compiled.broken.any_of(words)
    if failing is None:
        return _Stretch(rows, hashes, None, every, (), None)
    broken = compiled.broken.broken(words)
    again = records.filter(pc.is_in(records.column(LINE_NAME), pa.array(lines[failing])))
    issues = _asked(connection, again, compiled.issues(broken))
    refused = compiled.broken.any_of(words, compiled.refusing)
    unknown, untyped = (compiled.broken.any_of(words, rules) for rules in (compiled.of_key, compiled.typing))
    key_known, typed = (every if found is None else ~found for found in (unknown, untyped))
    if refused is not None:
        rows = rows.append_column(KEY_KNOWN, pa.array(key_known)).append_column(TYPED, pa.array(typed))
    takes_part = typed if compiled.without_key else key_known
    return _Stretch(rows, hashes, refused, takes_part, broken, _conform(issues, ROW_ISSUE_SCHEMA))


def _asked(connection: duckdb.DuckDBPyConnection, records: pa.Table, sql: str) -> pa.Table:
    """Ask DuckDB a question about records; the answer keeps their order, in as many threads as there are."""
    connection.register(RECORDS, records)
    try:
        return connection.sql(sql).to_arrow_table(_BATCH_ROWS)
    finally:
        connection.unregister(RECORDS)


def _check_order(lines: npt.NDArray[np.int64], of_records: npt.NDArray[np.int64], is_row_by_row: bool) -> None:
    """Refuse to go on with mixed-up rows: their order would be one of chance, and columns would not fit together."""
    if is_row_by_row:
        in_order = np.array_equal(lines, of_records)
    else:
        in_order = bool(np.all(lines[1:] >= lines[:-1])) or not np.all(of_records[1:] >= of_records[:-1])
    if not in_order:
        raise RowsOutOfOrderError("DuckDB has handed judged rows on in another order than that of the file")


def _without(rows: pa.Table, refused: Flags) -> pa.Table:
    """Leave rows out: where they are few, what lies between them is not copied."""
    gaps = np.flatnonzero(refused)
    if len(gaps) * _FEW > rows.num_rows:
        return rows.filter(pa.array(~refused))
    starts, ends = [0, *(gaps + 1).tolist()], [*gaps.tolist(), rows.num_rows]
    between = [rows.slice(start, end - start) for start, end in zip(starts, ends, strict=True) if end > start]
    return pa.concat_tables(between) if between else rows.slice(0, 0)


def _conform(rows: pa.Table, schema: pa.Schema, constant: Mapping[str, str] | None = None) -> pa.Table:
    """Return the columns of a schema; some have one value in every row."""
    columns = []
    for field in schema:
        if constant is not None and field.name in constant:
            columns.append(pa.repeat(pa.scalar(constant[field.name], field.type), rows.num_rows))
            continue
        column = rows.column(field.name)
        columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)
