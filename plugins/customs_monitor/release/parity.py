"""Whether two formats of a table have the same cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from customs_monitor.contracts import Registry
from customs_monitor.release.formats import OBSERVATION_FORMATS
from customs_monitor.release.formats.indicator_table import indicator_tables

if TYPE_CHECKING:
    from customs_monitor.release.checks import Reading


def format_parity(reading: Reading, registry: Registry) -> Iterator[str]:
    """Every format of an indicator's public table has just the cells of its Parquet file."""
    for table in indicator_tables(reading.contents, registry):
        stem = table.dataset.stem
        parquet = reading.public / f"{stem}.parquet"
        if not parquet.is_file():
            continue  # the check of the columns says so
        file = pq.ParquetFile(parquet)
        for form in OBSERVATION_FORMATS:
            other = reading.public / f"{stem}.{form.suffix}"
            if not other.is_file():
                yield f"{stem}.{form.suffix} is missing"
                continue
            try:
                rows = form.read(table, other, file.schema_arrow)
                for difference in differences(file.iter_batches(), rows, file.schema_arrow):
                    yield f"{stem}.{form.suffix}: {difference}"
            except (ValueError, KeyError, TypeError, IndexError) as error:  # of Arrow and JSON, too
                yield f"{stem}.{form.suffix} cannot be read back: {error!r}"


def differences(
    expected: Iterable[pa.RecordBatch], found: Iterable[pa.RecordBatch], schema: pa.Schema
) -> Iterator[str]:
    """Compare two readings of a table cell by cell and row by row, whatever their batches.

    Args:
        expected: the Parquet file's rows.
        found: another format's rows.
        schema: the columns and types of both.

    Yields:
        What differs: the first cell of each column in a batch with how many there are, or the number of rows. Missing
        equals missing only, and figures must be equal to the last bit.
    """
    rows = 0
    left, right = _Rows(expected), _Rows(found)
    while (size := min(left.fill(), right.fill())) > 0:
        ours, theirs = left.take(size), right.take(size)
        if ours.schema.names != theirs.schema.names:
            yield f"has the columns {', '.join(theirs.schema.names)} instead of {', '.join(ours.schema.names)}"
            return
        for name in schema.names:
            unequal = _unequal(ours.column(name), theirs.column(name))
            if count := pc.sum(unequal).as_py() or 0:
                first = pc.index(unequal, True).as_py()
                yield (
                    f"{name}: {count} cells differ, the first in row {rows + first + 1}: "
                    f"{ours.column(name)[first].as_py()!r} is {theirs.column(name)[first].as_py()!r}"
                )
        rows += size
    if left.fill() or right.fill():
        yield f"has {'fewer' if left.fill() else 'more'} rows than Parquet, which has {rows + left.count()}"


class _Rows:
    """Batches of any size, taken as many rows at a time as asked for."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = iter(batches)
        self._current: pa.RecordBatch | None = None

    def fill(self) -> int:
        """Return how many rows can be taken at once, 0 at the end."""
        while self._current is None or self._current.num_rows == 0:
            self._current = next(self._batches, None)
            if self._current is None:
                return 0
        return int(self._current.num_rows)

    def take(self, rows: int) -> pa.RecordBatch:
        """Return the next rows."""
        assert self._current is not None
        taken, self._current = self._current.slice(0, rows), self._current.slice(rows)
        return taken

    def count(self) -> int:
        """Return how many rows are left."""
        left = 0
        while size := self.fill():
            self.take(size)
            left += size
        return left


def _unequal(ours: pa.Array, theirs: pa.Array) -> pa.Array:
    if not ours.type.equals(theirs.type):
        theirs = theirs.cast(ours.type)
    both_missing = pc.and_(pc.is_null(ours), pc.is_null(theirs))
    equal = pc.fill_null(pc.equal(ours, theirs), False)
    return pc.invert(pc.or_(equal, both_missing))
