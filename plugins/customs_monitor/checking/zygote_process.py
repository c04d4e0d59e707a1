"""The pool's end of the zygote: starting it, telling it, hearing it, ending it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread, current_thread

from customs_monitor.checking.jobs import Answer, Ended, Order, Ready, Started, receive, send
from customs_monitor.checking.limits import CheckLimits
from customs_monitor.checking.results import CheckFailed, Network
from customs_monitor.contracts import Project

#: What the processes that judge know of the environment; credentials are not among it.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")
_ADDED = {
    # A second thread of NumPy's would be there before the first fork, and serve nobody.
    "OPENBLAS_NUM_THREADS": "1",
    # glibc reserves 64 MiB of address space for every thread, where it is not told otherwise.
    "MALLOC_ARENA_MAX": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
}
#: Seconds for a start: imports from a cold disk on a busy machine.
_START_SECONDS = 120.0
_SHOWN = 2_000


class Zygote:
    """A running zygote.

    Args:
        limits: what a job may cost.
        project: whose contracts it loads.
        started, ended: are told of jobs, in a thread of this object.
        died: is told once that it has ended by itself: whether it had been ready, and what it wrote to standard error.
    """

    def __init__(
        self,
        limits: CheckLimits,
        project: Project,
        started: Callable[[Started], None],
        ended: Callable[[Ended], None],
        died: Callable[[Zygote, bool, str], None],
    ) -> None:
        self._callbacks = started, ended, died
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (closed when it has ended)
        self._network: Network | None = None
        self._settled = Event()
        self.is_gone = False
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", str(Path(__file__).with_name("zygote_start.py"))),
                    *(str(theirs.fileno()), json.dumps(asdict(limits))),
                ],
                env={**environment, **_ADDED, "CUSTOMS_MONITOR_HOME": str(project.root)},
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                start_new_session=True,
            )
        self._listener = Thread(target=self._listen, name="check-pool", daemon=True)
        self._listener.start()

    def wait_until_ready(self) -> Network:
        """Wait until it takes jobs.

        Raises:
            CheckFailed: if it ended before, or takes too long.
        """
        self._settled.wait(_START_SECONDS)
        if self._network is None:
            raise CheckFailed(f"the process that judges did not start: {self._complaint()}")
        return self._network

    def send(self, order: Order) -> None:
        """Tell it something.

        Raises:
            OSError: if it has gone.
            ValueError: if the message is too long.
        """
        send(self._channel, order)

    def close(self) -> None:
        """End it and all of its jobs, and wait for that."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        if self._listener is not current_thread():  # a callback of a result may close the pool
            self._listener.join()

    @staticmethod
    def end_group(process: int | None) -> None:
        """End the processes of a job whose zygote has died."""
        if process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process, signal.SIGKILL)

    def _listen(self) -> None:
        started, ended, died = self._callbacks
        while packet := receive(self._channel):
            match Answer.model_validate_json(packet).answer:
                case Ready(network=network):
                    self._network = network
                    self._settled.set()
                case Started() as message:
                    started(message)
                case Ended() as message:
                    ended(message)
        self.is_gone = True
        self._process.wait()
        was_ready = self._network is not None
        self._settled.set()
        self._channel.close()
        died(self, was_ready, self._complaint())
        self._complaints.close()

    def _complaint(self) -> str:
        if self._complaints.closed:
            return ""
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace")[-_SHOWN:].strip()
