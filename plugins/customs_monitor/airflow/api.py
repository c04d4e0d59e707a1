"""The few calls of Airflow's public REST API (v2) that the embedded run needs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

#: States in which a DAG run does nothing more.
FINISHED = frozenset({"success", "failed"})


#: A machine at work may let a call wait; each has a time-out of its own.
_CALLS = 4
_PAUSE = 2.0
#: Characters of an error's text that are told.
_TOLD = 500


class AirflowUnreachable(RuntimeError):
    """The API did not answer."""


class AirflowRefused(RuntimeError):
    """The API answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True)
class DagRun:
    """A run of a DAG: its id and state (queued, running, success, failed)."""

    dag_id: str
    run_id: str
    state: str

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.state in FINISHED


class AirflowApi:
    """A client of one Airflow.

    Args:
        url: of the API server, without a path.
        transport: what carries the calls; the network by default.
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        # No proxy from the environment: the server is on loopback.
        self._client = httpx.Client(base_url=url, timeout=30.0, trust_env=False, transport=transport)
        self._authorised = False

    def is_healthy(self) -> bool:
        """Tell whether API server, metadata database, scheduler and DAG processor are all up."""
        parts = self._call_once("GET", "/api/v2/monitor/health", None, authorised=False)
        return all(
            (parts.get(name) or {}).get("status") == "healthy"
            for name in ("metadatabase", "scheduler", "dag_processor")
        )

    def dag_ids(self) -> set[str]:
        """Return the ids of the DAGs that have been read."""
        return {item["dag_id"] for item in self._call("GET", "/api/v2/dags?limit=1000")["dags"]}

    def import_errors(self) -> list[str]:
        """Return the errors of DAG files, each with its file."""
        found = self._call("GET", "/api/v2/importErrors?limit=100")["import_errors"]
        return [f"{item['filename']}: {item['stack_trace']}" for item in found]

    def trigger(self, dag_id: str, run_id: str) -> None:
        """Ask for a run of a DAG; asking twice for the same run makes one."""
        body = {"dag_run_id": run_id, "logical_date": None}
        try:
            self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)
        except AirflowRefused as error:
            if error.status != httpx.codes.CONFLICT:
                raise

    def unpause(self, pattern: str = "~") -> None:
        """Let the scheduler start the runs of the DAGs whose ids have a text in them, of all by default."""
        self._call("PATCH", f"/api/v2/dags?dag_id_pattern={pattern}", {"is_paused": False})

    def runs(self, dag_id: str = "~") -> list[DagRun]:
        """Return the runs of a DAG (of all DAGs by default), the oldest first."""
        found = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=1000&order_by=run_after")["dag_runs"]
        return [DagRun(item["dag_id"], item["dag_run_id"], item["state"]) for item in found]

    def failed_tasks(self, run: DagRun) -> list[str]:
        """Return the ids of a run's failed tasks."""
        found = self._call("GET", f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances")["task_instances"]
        return [item["task_id"] for item in found if item["state"] in ("failed", "upstream_failed")]

    def queued_asset_events(self, dag_id: str) -> int:
        """Return how many asset events wait for the DAG's next run."""
        try:
            return int(self._call("GET", f"/api/v2/dags/{dag_id}/assets/queuedEvents")["total_entries"])
        except AirflowRefused as error:
            if error.status == httpx.codes.NOT_FOUND:  # its way of saying none
                return 0
            raise

    def _call(self, method: str, path: str, body: object = None, *, authorised: bool = True) -> Any:
        """Call, and repeat a call that Airflow could not carry out; every call here may be repeated.

        SQLite lets one transaction write at a time: under load a call can end with 500 and "database is locked".
        """
        for _ in range(_CALLS - 1):
            try:
                return self._call_once(method, path, body, authorised=authorised)
            except AirflowUnreachable:
                pass
            except AirflowRefused as error:
                if not httpx.codes.is_server_error(error.status):
                    raise
            time.sleep(_PAUSE)
        return self._call_once(method, path, body, authorised=authorised)

    def _call_once(self, method: str, path: str, body: object, *, authorised: bool) -> Any:
        try:
            if authorised and not self._authorised:
                token = self._client.get("/auth/token").raise_for_status().json()["access_token"]
                self._client.headers["Authorization"] = f"Bearer {token}"
                self._authorised = True
            answer = self._client.request(method, path, json=body).raise_for_status()
        except httpx.TransportError as error:
            raise AirflowUnreachable(f"Airflow at {self.url} does not answer: {error}") from error
        except httpx.HTTPStatusError as error:
            status, text = error.response.status_code, error.response.text[:_TOLD]
            raise AirflowRefused(
                status, f"Airflow at {self.url} answered {method} {path} with {status}: {text}"
            ) from error
        return answer.json()
