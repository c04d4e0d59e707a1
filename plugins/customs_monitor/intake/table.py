"""The one shape in which every reader hands a file on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from customs_monitor.intake.errors import IntakeError, IntakeProblem
from customs_monitor.intake.limits import Limits

LINE_NUMBER = "_line_number"
BATCH_ROWS = 65_536
#: How the name of a column begins that has none in the file.
UNNAMED = "_unnamed_"


@dataclass(slots=True)
class RawTable:
    """A file as text, record by record.

    Attributes:
        columns: Names as found in the header, trimmed, in file order.
        problems: Records that were left out, filled while `batches` is consumed.
    """

    columns: tuple[str, ...]
    stream: Iterator[pa.RecordBatch] = field(repr=False)
    problems: list[IntakeProblem] = field(default_factory=list)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the records once: `_line_number` as int64, then every column as string (null: empty).

        Raises:
            IntakeError: At the point beyond which the file cannot be read; the batches before it are good.
        """
        return self.stream


def schema_of(columns: Sequence[str]) -> pa.Schema:
    """Return the schema of the batches of a table with these columns."""
    return pa.schema([pa.field(LINE_NUMBER, pa.int64()), *(pa.field(name, pa.string()) for name in columns)])


def name_columns(header: Sequence[str | None], limits: Limits, line: int = 1) -> tuple[str, ...]:
    """Turn header cells into column names.

    A cell without text (the index column that statistics packages write) becomes `_unnamed_<position>`.

    Args:
        header: The cells, in file order.
        limits: For the number of columns.
        line: The line or sheet row of the header, for errors.

    Raises:
        IntakeError: `HEADER_EMPTY`, `HEADER_DUPLICATE` (names that differ in case only are the same name to SQL)
            or `TOO_MANY_COLUMNS`.
    """
    if len(header) > limits.columns:
        raise IntakeError(
            "TOO_MANY_COLUMNS",
            f"The header has {len(header):,} columns; at most {limits.columns:,} are read.",
            "Send one value per column of the template.",
            line=line,
        )
    trimmed = [" ".join((cell or "").replace("\u00a0", " ").split()) for cell in header]
    if not any(trimmed):
        raise IntakeError(
            "HEADER_EMPTY", "The header row has no column name.", "Put the column names in the first row.", line=line
        )
    names = tuple(name or f"{UNNAMED}{position}" for position, name in enumerate(trimmed, start=1))
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        first = seen.setdefault(name.casefold(), position)
        if first != position:
            raise IntakeError(
                "HEADER_DUPLICATE",
                f"Columns {first} and {position} are both named {name!r}.",
                "Give every column a name of its own.",
                line=line,
                column=name,
            )
    return names
