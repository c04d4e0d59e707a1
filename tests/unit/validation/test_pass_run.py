"""How the pass is run, whatever its rules: rows keep the order of the file, or the run breaks off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customs_monitor.validation import record_source
from customs_monitor.validation.broken_rules import BrokenRules
from customs_monitor.validation.columns import LINE, LINE_NAME
from customs_monitor.validation.one_pass import KEY_HASH, LINE_NUMBER, CompiledPass
from customs_monitor.validation.pass_run import PassResult, RowsOutOfOrderError, run_pass
from customs_monitor.validation.record_source import RecordSource
from customs_monitor.validation.session import open_session

SCHEMA = pa.schema(
    [pa.field("text", pa.string()), pa.field(LINE_NUMBER, pa.int64()), pa.field("_delivery_id", pa.string())]
)
ROWS = 100_000

#: Every record is a row without an issue, whose text is taken from the record.
COPIES = CompiledPass(
    sql=f"SELECT {LINE} AS {LINE_NUMBER}, hash(text) AS {KEY_HASH} FROM records",
    copied={"text": "text"},
    broken=BrokenRules({}),
    refusing=frozenset(),
    of_key=frozenset(),
    typing=frozenset(),
    without_key=False,
    rows="records",
    rules={},
)
#: The same, with a text that is computed; on the first rows, so slowly that another thread is ahead with later ones.
COMPUTES = replace(
    COPIES,
    sql=f"SELECT {LINE} AS {LINE_NUMBER}, "
    f"CASE WHEN {LINE} < 20000 THEN substr(repeat(text, 500), 1, length(text)) ELSE text END AS text, "
    f"hash(text) AS {KEY_HASH} FROM records",
    copied={},
)


def _run(compiled: CompiledPass, folder: Path, *settings: str) -> PassResult:
    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, ROWS, 5_000):
            lines = range(start, start + 5_000)
            yield pa.record_batch(
                [pa.array(lines, pa.int64()), pa.array([f"value {line}" for line in lines])], names=[LINE_NAME, "text"]
            )

    folder.mkdir()
    connection = open_session(folder)
    for setting in settings:
        connection.execute(setting)
    return run_pass(connection, RecordSource(("text",), batches()), compiled, "d1", SCHEMA, folder / "pass", ())


@pytest.mark.parametrize("compiled", [COPIES, COMPUTES], ids=["copied", "computed"])
def test_rows_are_in_the_order_of_the_file_and_give_the_same_bytes(
    compiled: CompiledPass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = set()
    for run, stretch in enumerate((ROWS, ROWS, 30_000)):
        monkeypatch.setattr(record_source, "_STRETCH_ROWS", stretch)
        result = _run(compiled, tmp_path / str(run))
        rows = pq.read_table(result.accepted)
        assert rows.column(LINE_NUMBER).to_pylist() == list(range(ROWS))
        assert rows.column("text").to_pylist() == [f"value {line}" for line in range(ROWS)]
        written.add(result.accepted.read_bytes())
    assert len(written) == 1


def test_threads_that_mix_rows_up_do_not_get_away_with_it(tmp_path: Path) -> None:
    # Without this setting the order is that in which two threads happen to be done.
    with pytest.raises(RowsOutOfOrderError):
        _run(COMPUTES, tmp_path / "mixed", "SET preserve_insertion_order = false")


@pytest.mark.parametrize("compiled", [COPIES, COMPUTES], ids=["copied", "computed"])
def test_rows_in_another_order_break_the_run_off(compiled: CompiledPass, tmp_path: Path) -> None:
    with pytest.raises(RowsOutOfOrderError):
        _run(replace(compiled, sql=f"{compiled.sql} ORDER BY {LINE} DESC"), tmp_path / "reversed")


def test_a_row_too_few_or_twice_breaks_the_run_off_where_columns_are_taken_from_the_records(tmp_path: Path) -> None:
    for name, tail in (("few", f" WHERE {LINE} <> 7"), ("twice", f" UNION ALL {COPIES.sql} WHERE {LINE} = {ROWS - 1}")):
        with pytest.raises(RowsOutOfOrderError):
            _run(replace(COPIES, sql=COPIES.sql + tail), tmp_path / name)
