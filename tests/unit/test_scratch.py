"""Working folders: gone when their block ends, and soon after their process is killed; nobody else's are touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from customs_monitor.scratch import remove_abandoned, working_folder

_HOLDER = """
import sys, time
from customs_monitor.scratch import working_folder
with working_folder() as folder:
    (folder / "rows.parquet").write_bytes(bytes(1000))
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_folder_is_empty_at_first_and_gone_at_the_end(tmp_path: Path) -> None:
    with working_folder() as folder:
        assert list(folder.iterdir()) == []
        (folder / "below").mkdir()
        assert folder.is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_has_left_is_removed_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert process.stdout is not None
    try:
        folder = Path(process.stdout.readline().strip())
        with working_folder() as own:
            assert remove_abandoned() == []
            assert (folder / "rows.parquet").exists()
            assert own.exists()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert folder.exists(), "a killed process removes nothing: this test would show nothing"
    assert remove_abandoned() == [folder.parent]
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (tmp_path / "customs-monitor-link").symlink_to(elsewhere)
    (tmp_path / "customs-monitor-file").touch()
    (tmp_path / "customs-monitor-new").mkdir()
    assert remove_abandoned() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "customs-monitor-file",
        "customs-monitor-link",
        "customs-monitor-new",
        "elsewhere",
    ]
    assert (elsewhere / "kept").exists()


def test_a_folder_that_nobody_has_ever_locked_is_removed_after_a_day(tmp_path: Path) -> None:
    old = tmp_path / "customs-monitor-old"
    old.mkdir()
    (old / "rows.parquet").touch()
    yesterday = time.time() - 90_000
    os.utime(old, (yesterday, yesterday))
    assert remove_abandoned() == [old]
