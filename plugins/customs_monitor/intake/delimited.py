"""Delimited text to Arrow: blocks are parsed side by side and handed on in order.

The parser is Arrow's; what it does not know is added from the block's structure: line numbers that stay right past
line breaks in quotes and blank lines, and where a byte is wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from customs_monitor.contracts.formats import CsvFormat
from customs_monitor.intake.blocks import Block, cut_blocks
from customs_monitor.intake.errors import IntakeError, IntakeProblem, shown
from customs_monitor.intake.escapes import Unescaped
from customs_monitor.intake.header import Header, invalid_bytes, read_head, read_header
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.source import ByteStream, open_bytes, text_stream
from customs_monitor.intake.table import BATCH_ROWS, RawTable, name_columns, schema_of

_PARSERS = 2
_TRIMMED = " \t\r\n\u00a0"
_MAY_OPEN = np.isin(np.arange(256), [*b" \t\r\n", 0xC2])  # 0xC2 opens a no-break space
_MAY_CLOSE = np.isin(np.arange(256), [*b" \t\r\n", 0xA0])
_CURE_SHAPE = "Give every record one field per column; quote a field that holds the delimiter or a line break."


def open_delimited(
    path: Path,
    fmt: CsvFormat,
    limits: Limits = DEFAULT_LIMITS,
    naming: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> RawTable:
    """Open CSV, TSV or other delimited text.

    Args:
        path: The file, plain, gzipped or alone in a ZIP archive.
        fmt: What the contract declares; the rest is detected.
        limits: Bounds of the read.
        naming: Turns the header's fields into those that name the columns.

    Returns:
        The table. A last column without a name that holds no value (a delimiter at the end of every line, or of
        every line but the header) is no column. Records with too few or too many fields are left out and become
        problems.

    Raises:
        IntakeError: The header cannot be read. Later faults are raised by the table's batches.
    """
    with ExitStack() as stack:
        stream, mark = text_stream(stack.enter_context(open_bytes(path, limits)))
        if fmt.escape is not None:
            stream = Unescaped(stream)
        head = read_head(stream, limits)
        encoding = "utf-8" if mark else None
        header = read_header(head, fmt, limits, encoding=encoding, whole=len(head) < limits.head_bytes)
        names = header.cells if naming is None else naming(header.cells)
        parser = _Parser.of(header, name_columns(names, limits, header.line), fmt)
        problems: list[IntakeProblem] = []
        batches = _batches(stream, head, header, parser, problems, limits, stack.pop_all())
        return RawTable(parser.columns, batches, problems)


def _batches(
    stream: ByteStream,
    head: bytes,
    header: Header,
    parser: _Parser,
    problems: list[IntakeProblem],
    limits: Limits,
    resources: ExitStack,
) -> Iterator[pa.RecordBatch]:
    """Parse blocks in a bounded number of threads, keeping their order; a fault comes after the rows before it."""
    rows = 0
    waiting: deque[Future[_Parsed]] = deque()
    blocks = cut_blocks(stream, head, header, limits)
    with resources, ThreadPoolExecutor(_PARSERS, thread_name_prefix="intake") as pool:
        fault: IntakeError | None = None
        more = True
        while more or waiting:
            while more and len(waiting) <= _PARSERS:
                try:
                    waiting.append(pool.submit(parser.parse, next(blocks)))
                except StopIteration:
                    more = False
                except IntakeError as error:
                    fault, more = error, False
            if not waiting:
                break
            parsed = waiting.popleft().result()
            rows += parsed.table.num_rows
            problems += parsed.problems
            if len(problems) > limits.problems:
                raise IntakeError(
                    "RECORDS_MISSHAPEN",
                    f"More than {limits.problems:,} records have not the header's {len(parser.columns)} fields.",
                    "Check the delimiter, and whether this is the file that was meant.",
                    line=problems[-1].line,
                )
            yield from parsed.table.to_batches(max_chunksize=BATCH_ROWS)
    if fault is not None:
        raise fault
    if not rows and not problems:
        raise IntakeError(
            "HEADER_ONLY",
            "The file has a header and no record.",
            "Send the records, or a nil return if there is nothing to report.",
            line=header.line,
        )


@dataclass(frozen=True, slots=True)
class _Parsed:
    table: pa.Table
    problems: list[IntakeProblem]


@dataclass(frozen=True, slots=True)
class _Parser:
    """Turns one block into a table; used by several threads at once, so it holds nothing that changes."""

    columns: tuple[str, ...]
    trailing: bool
    delimiter: str
    trim: bool
    nulls: tuple[str, ...]

    @classmethod
    def of(cls, header: Header, columns: tuple[str, ...], fmt: CsvFormat) -> _Parser:
        return cls(columns, header.trailing, header.delimiter, fmt.trim, ("", *fmt.null_values))

    def parse(self, block: Block) -> _Parsed:
        """Parse one block.

        Raises:
            IntakeError: `ENCODING_INVALID` with the line.
        """
        misshapen: list[tuple[int, int, str]] = []

        def keep_misshapen(row: arrow_csv.InvalidRow) -> str:
            misshapen.append((row.number - 1, row.actual_columns, row.text))
            return "skip"

        names = [str(position) for position in range(len(self.columns) + self.trailing)]
        data = _as_utf8(block)
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=block.structure.ends.size != block.structure.breaks.size,
                    invalid_row_handler=keep_misshapen,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=list(self.nulls),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            raise _encoding_fault(block) or IntakeError(
                "RECORD_UNREADABLE",
                f"The records cannot be told apart: {error}",
                "Check the quotes near this line.",
                line=block.first_line,
            ) from error
        lines = _record_lines(block, table.num_rows + len(misshapen))
        kept = np.ones(lines.size, dtype=bool)
        kept[[index for index, _, _ in misshapen]] = False
        problems = [self._misshapen(int(lines[i]), found, text) for i, found, text in misshapen if text.strip()]
        columns = table.columns
        if self.trim:
            columns = [self._trimmed(column) if _has_edge_space(column) else column for column in columns]
        table = pa.Table.from_arrays([_int64(lines[kept]), *columns], schema=schema_of(names))
        if self.trailing:
            table, extra = self._without_trailing(table)
            problems = sorted(problems + extra, key=lambda problem: problem.line)
        return _Parsed(table.rename_columns(schema_of(self.columns).names), problems)

    def _trimmed(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        column = pc.utf8_trim(column, characters=_TRIMMED)
        for null in self.nulls:
            column = pc.if_else(pc.equal(column, null), pa.scalar(None, pa.string()), column)
        return column

    def _without_trailing(self, table: pa.Table) -> tuple[pa.Table, list[IntakeProblem]]:
        """Drop the nameless last column; a record with a value in it has more values than there are columns."""
        last = table.column(table.num_columns - 1)
        whole = table.drop_columns(table.column_names[-1])
        if last.null_count == table.num_rows:
            return whole, []
        empty = pc.is_null(last)
        beyond = table.filter(pc.invert(empty))
        problems = [
            self._misshapen(line, len(self.columns) + 1, value)
            for line, value in zip(beyond.column(0).to_pylist(), beyond.columns[-1].to_pylist(), strict=True)
        ]
        return whole.filter(empty), problems

    def _misshapen(self, line: int, found: int, text: str) -> IntakeProblem:
        few = found < len(self.columns) + self.trailing
        expected = len(self.columns) + (self.trailing and few)
        return IntakeProblem(
            code="RECORD_TOO_FEW_FIELDS" if few else "RECORD_TOO_MANY_FIELDS",
            line=line,
            column=None,
            value=shown(text),
            message=f"The record has {found} fields; the header has {expected}.",
            cure=_CURE_SHAPE,
        )


def _as_utf8(block: Block) -> bytes:
    if block.encoding == "utf-8" or block.data.isascii():
        return block.data
    try:
        return block.data.decode(block.encoding).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _fault_at(block, error) from error


def _encoding_fault(block: Block) -> IntakeError | None:
    """Find the byte that the parser stumbled over; None when the encoding is not at fault."""
    try:
        block.data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _fault_at(block, error)
    return None


def _fault_at(block: Block, error: UnicodeDecodeError) -> IntakeError:
    line = block.first_line + int(np.searchsorted(block.structure.breaks, error.start, side="right"))
    return invalid_bytes(error, block.encoding, line, block.offset + error.start)


def _record_lines(block: Block, records: int) -> npt.NDArray[np.int64]:
    """Return the line on which each record that the parser saw begins; it passes over blank lines."""
    structure = block.structure
    ends, breaks = structure.ends, structure.breaks
    if ends.size == records and ends.size - breaks.size in (0, 1):  # every line is a record
        return np.arange(block.first_line, block.first_line + records, dtype=np.int64)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
    if ends.size != records:
        array = np.frombuffer(block.data, dtype=np.uint8)
        starts = starts[(array[starts] != 0x0A) & (array[starts] != 0x0D)]
    if starts.size != records:
        raise AssertionError(f"{records} records were parsed where the structure has {starts.size}")
    return block.first_line + np.searchsorted(breaks, starts, side="right").astype(np.int64)


def _int64(values: npt.NDArray[np.int64]) -> pa.Array:
    """Wrap without `pa.array`, whose look for pandas objects imports pandas (0.7 s) at its first call."""
    return pa.Array.from_buffers(pa.int64(), values.size, [None, pa.py_buffer(np.ascontiguousarray(values))])


def _has_edge_space(column: pa.ChunkedArray) -> bool:
    """Whether a value may begin or end with a character to trim, by its first and last byte.

    Looking costs a tenth of trimming, and next to nothing for the many columns without a blank or a byte beyond ASCII.
    An empty value borrows a neighbour's byte.
    """
    for chunk in column.chunks:
        _, offset_buffer, data_buffer = chunk.buffers()
        if data_buffer is None or not data_buffer.size or not len(chunk):
            continue
        offsets = np.frombuffer(offset_buffer, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        data = np.frombuffer(data_buffer, dtype=np.uint8)
        if data.min() > 0x20 and data.max() < 0x80:
            continue
        first = data[np.minimum(offsets[:-1], data.size - 1)]
        last = data[offsets[1:] - 1]
        if _MAY_OPEN[first].any() or _MAY_CLOSE[last].any():
            return True
    return False
