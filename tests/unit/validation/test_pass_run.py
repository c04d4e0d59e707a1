"""How the pass is run, whatever its rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from customs_monitor.validation.columns import LINE_NAME
from customs_monitor.validation.one_pass import ISSUES, KEY_KNOWN, LINE_NUMBER, REFUSED, TYPED
from customs_monitor.validation.pass_run import RECORDS, RecordSource, run_pass
from customs_monitor.validation.session import open_session

#: Every record is a row without an issue.
_COMPILED = (
    f'SELECT "{LINE_NAME}" AS {LINE_NUMBER}, false AS {REFUSED}, true AS {KEY_KNOWN}, true AS {TYPED}, '
    f"NULL::INTEGER[] AS {ISSUES} FROM {RECORDS}"
)


def test_rows_are_streamed_in_one_thread_and_other_queries_have_theirs_back(tmp_path: Path) -> None:
    # Two threads that stream one result mix its rows up, but only now and then: too rarely for a test of the order.
    connection = open_session(tmp_path)
    seen: list[int] = []

    def threads() -> int:
        (setting,) = connection.cursor().execute("SELECT current_setting('threads')").fetchall()[0]
        return int(setting)

    def batches() -> Iterator[pa.RecordBatch]:
        for line in (2, 3):
            seen.append(threads())
            yield pa.record_batch([pa.array([line], pa.int64())], names=[LINE_NAME])

    before = threads()
    schema = pa.schema([pa.field(LINE_NUMBER, pa.int64()), pa.field("_delivery_id", pa.string())])
    result = run_pass(connection, RecordSource((), batches()), _COMPILED, "d1", schema, tmp_path / "pass", ())
    assert result.rows_accepted == 2
    assert seen == [1, 1]
    assert threads() == before > 1
