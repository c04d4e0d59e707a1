"""Whatever Python's csv module writes reads back equal, on the right lines, wherever the blocks are cut."""

from __future__ import annotations

import csv
import gzip
import io
import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from customs_monitor.contracts.formats import CsvFormat
from customs_monitor.intake import Limits, open_table

# Every kind of character that matters to a reader, and ones that both encodings have.
CELL = st.text(alphabet="ab 1,;|\t\"\r\n'éÄß€", max_size=8)
TABLE = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=12)
)


@settings(max_examples=400, deadline=None)
@given(
    table=TABLE,
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "windows-1252", "utf-16"]),
    block=st.integers(16, 200),
    final_break=st.booleans(),
    zipped=st.booleans(),
)
def test_what_csv_writes_reads_back_equal(
    table: list[list[str]],
    delimiter: str,
    quoting: int,
    line_end: str,
    encoding: str,
    block: int,
    final_break: bool,
    zipped: bool,
) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # which leaves a line break unquoted that is not the one of the file
        table = [["".join(c for c in cell if c not in "\r\n" or c in line_end) for cell in row] for row in table]
    names = [f"column {position}" for position in range(len(table[0]))]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    lines = []
    writer.writerow(names)
    for record in table:
        lines.append(1 + _line_breaks(buffer.getvalue()))
        writer.writerow(record)
    text = buffer.getvalue() if final_break else buffer.getvalue().removesuffix(line_end)
    content = text.encode(encoding)
    fmt = CsvFormat(delimiter=delimiter, trim=False, encoding="windows-1252" if encoding == "windows-1252" else None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(gzip.compress(content) if zipped else content)
        read = open_table(path, fmt, Limits(block_bytes=block, head_bytes=120))
        rows = [tuple(row.values()) for batch in read.batches() for row in batch.to_pylist()]
    assert read.columns == tuple(names)
    assert read.problems == []
    assert rows == [(line, *(cell or None for cell in record)) for line, record in zip(lines, table, strict=True)]


def _line_breaks(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))
