"""The observations of an indicator as rows of a sheet: labels beside codes, figures as numbers, symbols for gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from customs_monitor.release.formats.indicator_table import IndicatorTable
from customs_monitor.release.formats.ooxml import Style, letters, row, text_after
from customs_monitor.release.site.wording import observation

VALUE, STATUS, UNIT = "OBS_VALUE", "OBS_STATUS", "UNIT_MEASURE"
#: The same for every row, and the title says it.
_WITHOUT_LABEL = ("INDICATOR",)
#: How figures look by their unit; those of other units are counts or quantities.
_LOOKS = {"FRACTION": Style.FRACTION, "SCORE": Style.SCORE}
_BATCH_ROWS = 16_384


@dataclass(frozen=True)
class SheetColumn:
    """A column of the sheet.

    Attributes:
        header: what stands above it.
        name: the column of the table it is made of.
        is_label: whether it has what the codes mean, and not what the table has.
    """

    header: str
    name: str
    is_label: bool = False


def sheet_columns(table: IndicatorTable, names: Sequence[str]) -> list[SheetColumn]:
    """Return the columns of the sheet: those of the table, and before each code what it means."""
    found: list[SheetColumn] = []
    taken: set[str] = set()
    for name in names:
        label = " ".join(table.column(name).label.split())
        labelled = table.is_coded(name) and name not in _WITHOUT_LABEL
        if labelled:
            found.append(SheetColumn(_free(label, name, taken), name, is_label=True))
        found.append(SheetColumn(_free(f"{label} code" if labelled else label, name, taken), name))
    return found


def _free(header: str, name: str, taken: set[str]) -> str:
    """Return a header that no column before has: two concepts may have one label."""
    if header.lower() in taken:
        header = f"{header} ({name})"
    taken.add(header.lower())
    return header


def symbol(status: str) -> str:
    """Return what stands where there is no figure, by OBS_STATUS."""
    return observation(None, "", status)[0]


def sheet_rows(table: IndicatorTable, rows: pa.Table, columns: Sequence[SheetColumn]) -> Iterator[str]:
    """Yield the header and the rows of a sheet as XML.

    Args:
        table: what the rows are of.
        rows: of one sheet.
        columns: those of the sheet.
    """
    yield row(1, [(column.header, Style.TEXT) for column in columns])
    first = 2
    for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
        numbers = pa.array(range(first, first + batch.num_rows), pa.int64()).cast(pa.string())
        pieces: list[pa.Array | pa.Scalar] = [pa.scalar('<row r="'), numbers, pa.scalar('">')]
        for place, column in enumerate(columns):
            pieces += [pa.scalar(f'<c r="{letters(place)}'), numbers, pa.scalar('"'), _cells(table, batch, column)]
        pieces.append(pa.scalar("</row>"))
        yield "".join(pc.binary_join_element_wise(*pieces, "").to_pylist())
        first += batch.num_rows


def widths(table: IndicatorTable, rows: pa.Table, columns: Sequence[SheetColumn]) -> list[float]:
    """Return the widths of the columns: that of the longest text in each, within limits."""
    found: list[float] = []
    for column in columns:
        longest = len(column.header) + 3  # room for the button of the filter
        values = rows.column(column.name)
        if pa.types.is_string(values.type):
            texts = [text for text in values.unique().to_pylist() if text is not None]
            shown = [table.label(column.name, text) for text in texts] if column.is_label else texts
            longest = max([longest, *map(len, shown)])
        found.append(float(min(max(longest, 8), 50)))
    return found


def _cells(table: IndicatorTable, batch: pa.RecordBatch, column: SheetColumn) -> pa.Array:
    """Return the cells of a column but for their beginning."""
    values = batch.column(column.name)
    if column.name == VALUE:
        return _figures(values, batch.column(STATUS), batch.column(UNIT))
    if pa.types.is_string(values.type):
        label = (lambda code: table.label(column.name, code)) if column.is_label else str
        return _by_value(values, lambda code: text_after(label(code)))
    return pc.binary_join_element_wise(pa.scalar(f' s="{Style.WHOLE}"><v>'), values.cast(pa.string()), "</v></c>", "")


def _by_value(values: pa.Array, written: Callable[[str], str]) -> pa.Array:
    encoded = values.dictionary_encode()
    return pa.array([written(value) for value in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def _figures(values: pa.Array, statuses: pa.Array, units: pa.Array) -> pa.Array:
    """Return figures as numbers and a symbol where there is none.

    A sheet has no infinity; the gate refuses such a figure in the Parquet file.
    """
    whole = pc.equal(pc.floor(values), values)
    counted = pc.if_else(whole, str(int(Style.WHOLE)), str(int(Style.DECIMAL)))
    looks = _by_value(units, lambda unit: str(int(_LOOKS[unit])) if unit in _LOOKS else "")
    style = pc.if_else(pc.equal(looks, ""), counted, looks)
    number = pc.binary_join_element_wise(' s="', style, '"><v>', values.cast(pa.string()), "</v></c>", "")
    gap = _by_value(statuses, lambda status: text_after(symbol(status), Style.SYMBOL))
    return pc.if_else(pc.fill_null(pc.is_finite(values), False), number, gap)
