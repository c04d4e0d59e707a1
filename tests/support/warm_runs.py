"""Runs of `customs-monitor run` that start at once and can be killed at any moment."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_SERVER = Path(__file__).with_name("warm_server.py")


class WarmRuns:
    """A context: a process that has imported everything, and runs forked from it.

    Args:
        folder: for its log and for the builds that it remembers.
        environment: variables for every run.
        server: the program that forks them.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, server: Path = _SERVER) -> None:
        self._folder = folder
        self._program = server
        self._environment = dict(environment or {})
        self.log = folder / "runs.log"

    def __enter__(self) -> WarmRuns:
        (self._folder / "builds").mkdir()
        self._server = subprocess.Popen(
            [sys.executable, str(self._program), str(self._folder / "builds")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self._folder / "server.log").open("wb"),
            # This library starts threads when it is imported, which a fork would lose.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_SERVER.parents[1])},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        try:
            self._server.wait(60)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def complete(self, store: str, inbox: Path) -> float:
        """Let a run come to its end; return its seconds."""
        started = time.monotonic()
        self._start(store, inbox)
        status = self._answer()["status"]
        assert status == 0, f"the run ended with {status}:\n{self._log_tail()}"
        return time.monotonic() - started

    def kill(self, store: str, inbox: Path, after: float) -> bool:
        """Kill a run and all it has started after so many seconds; False if it came to its end before that."""
        assert self._server.stdout is not None
        pid = self._start(store, inbox)
        ended, _, _ = select.select([self._server.stdout], [], [], after)
        if not ended:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        status = self._answer()["status"]
        assert status in (0, -signal.SIGKILL), f"the run ended with {status}:\n{self._log_tail()}"
        return status == -signal.SIGKILL

    def dies(self, store: str, inbox: Path, writes: int) -> bool:
        """Let a run kill itself right after so many writes (`upload_server`); False if it came to its end before."""
        self._start(store, inbox, writes=writes)
        status = self._answer()["status"]
        assert status in (0, -signal.SIGKILL), f"the run ended with {status}:\n{self._log_tail()}"
        return status == -signal.SIGKILL

    def _start(self, store: str, inbox: Path, **order: object) -> int:
        assert self._server.stdin is not None
        order |= {"store": store, "inbox": str(inbox), "environment": self._environment, "log": str(self.log)}
        self._server.stdin.write(json.dumps(order).encode() + b"\n")
        self._server.stdin.flush()
        return self._answer()["pid"]

    def _answer(self) -> dict[str, int]:
        assert self._server.stdout is not None
        # Unbuffered, so that `select` sees whatever was not read yet.
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self._server.stdout.fileno(), 1)
            if not part:
                raise AssertionError(f"the server of runs has died:\n{(self._folder / 'server.log').read_text()}")
            line += part
        answer: dict[str, int] = json.loads(line)
        return answer

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])
