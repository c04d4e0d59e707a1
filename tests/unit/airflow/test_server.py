"""The embedded Airflow's hold on its folder and on what it has started, without an Airflow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from customs_monitor.airflow.server import PRELOAD, EmbeddedAirflow, EmbeddedAirflowError
from customs_monitor.contracts import Project

#: A scheduler and its task, which Airflow puts into a process group of its own. Both close the pipe when they end.
_LEADER_WITH_TASK = """
import os, signal
task = os.fork()
if task == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(1, b"r")
    signal.pause()
signal.pause()
"""


class _Started(EmbeddedAirflow):
    """Airflow with a stand-in for its processes."""

    def __enter__(self) -> _Started:
        self.leader = subprocess.Popen(
            [sys.executable, "-c", _LEADER_WITH_TASK], stdout=subprocess.PIPE, start_new_session=True
        )
        self._processes["scheduler"] = self.leader
        return self


def test_a_task_in_a_group_of_its_own_is_ended_too(tmp_path: Path) -> None:
    with _Started(Project(tmp_path), {}) as airflow:
        pipe = airflow.leader.stdout
        assert pipe is not None
        assert pipe.read(1) == b"r"
    # The end of the pipe is there only once every process that holds it has ended.
    assert pipe.read() == b""


def test_a_process_that_ended_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with _Started(Project(tmp_path), {}) as airflow:
        airflow.home.mkdir()
        (airflow.home / "scheduler.log").write_text("first\nno space left on device\n", encoding="utf-8")
        airflow.check()
        os.kill(airflow.leader.pid, signal.SIGKILL)
        airflow.leader.wait()
        with pytest.raises(EmbeddedAirflowError, match=r"airflow scheduler ended with code -9[\s\S]*no space left"):
            airflow.check()


def test_a_second_run_in_the_same_folder_is_told_to_wait(tmp_path: Path) -> None:
    held = tmp_path / ".airflow"
    held.mkdir()
    (held / "airflow.db").write_bytes(b"of the first")
    take = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    first = subprocess.Popen(
        [sys.executable, "-c", take, str(held / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdout is not None
    assert first.stdout.readline() == b"1\n"
    with (
        pytest.raises(EmbeddedAirflowError, match="another make run is at work in"),
        EmbeddedAirflow(Project(tmp_path), {}),
    ):
        pytest.fail("it started")
    assert (held / "airflow.db").read_bytes() == b"of the first"
    first.communicate(b"\n")


def test_what_tasks_share_starts_no_thread_that_a_fork_would_lose() -> None:
    program = "import airflow_local_settings, threading; print(threading.active_count())"
    environment = {**os.environ, "PYTHONPATH": str(PRELOAD)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout.split() == ["1"]
