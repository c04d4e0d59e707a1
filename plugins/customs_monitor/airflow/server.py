"""An embedded Airflow: SQLite metadata, LocalExecutor, loopback only; started for one run and gone after it."""

from __future__ import annotations

import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

from customs_monitor.airflow.api import AirflowApi, AirflowUnreachable
from customs_monitor.contracts import Project
from customs_monitor.settings import BUILD_SLOTS_VARIABLE, ON_DEMAND_VARIABLE, airflow_home

#: Task slots. Each is an idle worker of about 140 MB; two cores are busy with fewer.
_PARALLELISM = 3
_START_TIMEOUT = 120.0
_STOP_TIMEOUT = 10.0
_COMPONENTS = {
    "api-server": (),
    # Its server of log files listens on every address and on one fixed port; the files are read where they are.
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
}
#: Has the module that imports, once, what every task needs.
PRELOAD = Path(__file__).parent / "preload"
_PR_SET_PDEATHSIG = 1


class EmbeddedAirflowError(RuntimeError):
    """The embedded Airflow did not start or stopped; the message has the end of the log that tells why."""


class EmbeddedAirflow:
    """Airflow's three processes and a client of its API; a context manager.

    Args:
        project: whose DAGs and plugins it loads.
        environment: variables for the tasks (store, inboxes).
        database_url: SQLAlchemy URL of the metadata database; a fresh SQLite file by default.
    """

    def __init__(self, project: Project, environment: Mapping[str, str], database_url: str | None = None) -> None:
        self.home = airflow_home(project)
        self._project = project
        self._port = _free_port()
        self._database_url = database_url
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._held = ExitStack()
        self._environment = {**os.environ, **self._settings(), **environment}
        self.api = AirflowApi(f"http://127.0.0.1:{self._port}")

    def _settings(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self._port}"
        secret = secrets.token_urlsafe(32)
        settings = {
            "CORE__DAGS_FOLDER": str(self._project.root / "dags"),
            "CORE__PLUGINS_FOLDER": str(self._project.root / "plugins"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": str(_PARALLELISM),
            "CORE__DEFAULT_POOL_TASK_SLOT_COUNT": str(_PARALLELISM),
            # The API server writes its audit log inside its event loop. On SQLite that waits for a task's transaction,
            # which waits for the event loop. So every run is asked for before the first task starts.
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "CORE__FERNET_KEY": "",
            "DATABASE__SQL_ALCHEMY_CONN": self._database_url or f"sqlite:///{self.home / 'airflow.db'}",
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self._port),
            "API__BASE_URL": url,
            "API__WORKERS": "1",
            "API__SECRET_KEY": secret,
            "API_AUTH__JWT_SECRET": secret,
            "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            "DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
            "USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        return {
            "AIRFLOW_HOME": str(self.home),
            **{f"AIRFLOW__{key}": value for key, value in settings.items()},
            "DO_NOT_TRACK": "1",
            "SCARF_ANALYTICS": "false",
            "CUSTOMS_MONITOR_HOME": str(self._project.root),
            ON_DEMAND_VARIABLE: "1",
            BUILD_SLOTS_VARIABLE: str(_PARALLELISM),
        }

    def __enter__(self) -> EmbeddedAirflow:
        self.home.mkdir(parents=True, exist_ok=True)
        self._held.enter_context(_alone(self.home))
        try:
            self._migrate()
            for component, options in _COMPONENTS.items():
                self._processes[component] = self._start(component, options)
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Where the block has ended well nothing is in flight, and nothing of this Airflow is kept.
        self.stop(patience=0.0 if kind is None else _STOP_TIMEOUT)

    def check(self) -> None:
        """Raise EmbeddedAirflowError if one of the processes has ended."""
        for component, process in self._processes.items():
            if process.poll() is not None:
                raise EmbeddedAirflowError(
                    f"airflow {component} ended with code {process.returncode}; the end of its log:\n"
                    f"{self._log_tail(component)}"
                )

    def stop(self, patience: float = _STOP_TIMEOUT) -> None:
        """End all processes and what they have started.

        Args:
            patience: seconds that tasks have to clear up behind them; 0 kills at once.
        """
        if patience:
            for process in self._processes.values():
                _signal_session(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            # Also where the leader has ended: a worker or a task may be left in its session.
            _signal_session(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()
        self._held.close()

    def _migrate(self) -> None:
        """Make the metadata tables; a copy of an empty migrated SQLite file saves that time at the next run."""
        template = self.home / f"empty-{version('apache-airflow')}.db"
        database = self.home / "airflow.db"
        if self._database_url is None:
            for leftover in self.home.glob("airflow.db*"):
                leftover.unlink()
            if template.is_file():
                shutil.copyfile(template, database)
                return
        log = self.home / "migrate.log"
        with log.open("wb") as output:
            done = subprocess.run(
                [sys.executable, "-m", "airflow", "db", "migrate"],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise EmbeddedAirflowError(f"airflow db migrate failed; the end of its log:\n{_tail(log)}")
        if self._database_url is None:
            partial = template.with_suffix(".part")
            shutil.copyfile(database, partial)
            partial.replace(template)

    def _start(self, component: str, options: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.home / f"{component}.log").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "airflow", component, *options],
                env=self._environment_of(component),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def _environment_of(self, component: str) -> dict[str, str]:
        """Return the variables of a component; the scheduler is also led to what its tasks share."""
        if component != "scheduler":
            return self._environment
        path = [str(PRELOAD), *filter(None, [self._environment.get("PYTHONPATH")])]
        return {**self._environment, "PYTHONPATH": os.pathsep.join(path)}

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            self.check()
            try:
                if self.api.is_healthy():
                    return
            except AirflowUnreachable:
                pass
            time.sleep(0.5)
        raise EmbeddedAirflowError(
            f"Airflow was not healthy after {_START_TIMEOUT:.0f} s; the end of the scheduler's log:\n"
            f"{self._log_tail('scheduler')}"
        )

    def _log_tail(self, component: str) -> str:
        return _tail(self.home / f"{component}.log")


def _tail(path: Path, lines: int = 30) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    """Ask the kernel to end this child when its parent dies, even by `kill -9`."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_session(session: int, number: signal.Signals) -> None:
    """Signal every process of a session; a group would not do, since Airflow gives each task a group of its own."""
    for entry in Path("/proc").iterdir():
        # Not every entry is a process, and any process may end meanwhile.
        with suppress(ValueError, ProcessLookupError):
            if os.getsid(int(entry.name)) == session:
                os.kill(int(entry.name), number)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the folder of the embedded Airflow: a second one in it would replace the database of the first.

    The lock dies with the process, also by `kill -9`.
    """
    with (home / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedAirflowError(
                f"another make run is at work in {home.parent}: wait until it has ended, then repeat"
            ) from None
        yield
