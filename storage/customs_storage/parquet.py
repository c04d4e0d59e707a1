"""Parquet: written so that equal rows give equal bytes, read so that no file can do harm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from customs_storage.errors import StoreError
from customs_storage.parquet_pages import largest_page

ROW_GROUP_ROWS = 122_880
"""DuckDB's own row group, so that its threads share a file evenly."""

_BATCH_ROWS = 4_096

#: A million rows of 30 columns took 0.66 s and 31 MB so; 0.99 s and 38 MB with level 3 and PyArrow's dictionaries of up
#: to 1 MiB, which columns of nearly unique texts fill in vain.
_WRITING: Mapping[str, Any] = {
    "version": "2.6",
    "compression": "zstd",
    "compression_level": 1,
    "dictionary_pagesize_limit": 128 << 10,
}


class ParquetError(StoreError):
    """A Parquet file cannot be read, or claims or holds more than it may."""


@dataclass(frozen=True)
class Limits:
    """What a Parquet file may hold; nothing in the file can raise it.

    Attributes:
        rows: rows in the file.
        batch_bytes: decoded bytes of 4096 rows, 64 KiB a row unless said otherwise.
        page_bytes: uncompressed bytes of one page, the least that a reader must allocate.
        total_bytes: decoded bytes of the whole file.
    """

    rows: int = 1_000_000_000
    batch_bytes: int = 256 << 20
    page_bytes: int = 64 << 20
    total_bytes: int = 1 << 40


def write_parquet(table_or_batches: pa.Table | Iterable[pa.RecordBatch], path: Path, schema: pa.Schema) -> int:
    """Write rows to a file whose bytes depend on rows, schema and PyArrow's version alone.

    Not on how the rows are cut into batches, nor on clock or host. The memory of one row group is used.

    Args:
        table_or_batches: the rows, of just this schema.
        path: the file; an older one is replaced.
        schema: columns, types and metadata of the file.

    Returns:
        The number of rows.

    Raises:
        ParquetError: if a batch has another schema.
    """
    batches = table_or_batches.to_batches() if isinstance(table_or_batches, pa.Table) else table_or_batches
    rows = 0
    try:
        with pq.ParquetWriter(path, schema, **_WRITING) as writer:
            for group in _row_groups(batches, schema):
                writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
                rows += group.num_rows
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return rows


def read_parquet(source: Path | BinaryIO, schema: pa.Schema, limits: Limits | None = None) -> Iterator[pa.RecordBatch]:
    """Read the rows of a file, batch by batch, believing neither its footer nor its size.

    Columns are checked against the declared schema, the pages' headers against `limits` before anything is
    decompressed, and text is measured in its dictionary form before it is spread out over the rows.

    Args:
        source: the file, or a stream that can seek.
        schema: the columns and types it must have, in this order: texts, bytes and types of fixed width. What a list
            becomes cannot be measured before it is decoded.
        limits: what it may hold; None takes the defaults of `Limits`.

    Yields:
        Batches of at most 4096 rows, of the declared schema.

    Raises:
        ParquetError: if it is no Parquet file, has other columns, or exceeds a limit.
    """
    limits = limits or Limits()
    if wide := [field.name for field in schema if not (_is_text(field.type) or _is_fixed_width(field.type))]:
        raise ParquetError(f"{', '.join(wide)} cannot be read safely: declare texts, numbers, dates and booleans only")
    name = source.name if isinstance(source, Path) else "the Parquet file"
    try:
        with source.open("rb") if isinstance(source, Path) else nullcontext(source) as stream:
            yield from _read(stream, name, schema, limits)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ParquetError(f"{name} is no readable Parquet file: {error}: have it written anew") from error


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        if not batch.schema.equals(schema):
            raise ParquetError(f"a batch has the columns {batch.schema.to_string()}, not {schema.to_string()}")
        while count + batch.num_rows >= ROW_GROUP_ROWS:
            missing = ROW_GROUP_ROWS - count
            yield _one_group([*waiting, batch.slice(0, missing)], schema)
            waiting, count, batch = [], 0, batch.slice(missing)
        if batch.num_rows:
            waiting.append(batch)
            count += batch.num_rows
    if waiting:
        yield _one_group(waiting, schema)


def _one_group(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    # The writer begins pages at the borders of chunks: one chunk, else the bytes would tell how the rows arrived.
    return pa.Table.from_batches(
        [batch.replace_schema_metadata(schema.metadata) for batch in batches], schema
    ).combine_chunks()


def _read(stream: BinaryIO, name: str, schema: pa.Schema, limits: Limits) -> Iterator[pa.RecordBatch]:
    footer = pq.read_metadata(stream)
    _check_columns(name, footer.schema.to_arrow_schema(), schema)
    if footer.num_rows > limits.rows:
        raise _too_much(name, f"claims {footer.num_rows} rows", limits.rows)
    if (page := largest_page(stream, footer)) > limits.page_bytes:
        raise _too_much(name, f"has a page of {page} bytes", limits.page_bytes)
    texts = [field.name for field in schema if _is_text(field.type)]
    rows = size = 0
    for batch in pq.ParquetFile(stream, read_dictionary=texts, pre_buffer=False).iter_batches(
        _BATCH_ROWS, use_threads=False
    ):
        rows += batch.num_rows
        if rows > limits.rows:
            raise _too_much(name, f"has {rows} rows or more", limits.rows)
        decoded = sum(_decoded_size(column) for column in batch.columns)
        if decoded > limits.batch_bytes:
            raise _too_much(name, f"has {decoded} bytes in {batch.num_rows} rows", limits.batch_bytes)
        size += decoded
        if size > limits.total_bytes:
            raise _too_much(name, f"has {size} bytes or more", limits.total_bytes)
        columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _is_fixed_width(kind: pa.DataType) -> bool:
    return bool(pa.types.is_primitive(kind) or pa.types.is_decimal(kind))


def _check_columns(name: str, found: pa.Schema, declared: pa.Schema) -> None:
    # Whether a writer kept a column as a dictionary (a categorical of pandas) is its own affair.
    columns = [
        (field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type) for field in found
    ]
    wanted = [(field.name, field.type) for field in declared]
    if columns != wanted:
        differing = sorted({str(column[0]) for column in set(columns) ^ set(wanted)}) or ["their order"]
        raise ParquetError(f"{name} has other columns than declared, see {', '.join(differing)}: have it written anew")


def _decoded_size(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    return int(pc.sum(lengths).as_py() or 0) + 4 * len(column)


def _too_much(name: str, what: str, limit: int) -> ParquetError:
    return ParquetError(f"{name} {what}, {limit} are allowed: if it is honest, have it split")
