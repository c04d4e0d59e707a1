"""What the client of Airflow's API makes of its answers."""

from __future__ import annotations

import httpx
import pytest

from customs_monitor.airflow import api as module
from customs_monitor.airflow.api import AirflowApi, AirflowRefused, AirflowUnreachable

_LOCKED = httpx.Response(500, json={"detail": {"reason": "Database error"}})


class _Airflow:
    """Answers each call for a run with the next of its answers."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(200, json={"access_token": "t"})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def api(self) -> AirflowApi:
        return AirflowApi("http://airflow", httpx.MockTransport(self))


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.0)


@pytest.mark.parametrize("answer", [_LOCKED, httpx.ReadTimeout("slow")])
def test_a_run_that_was_made_although_the_answer_was_an_error_is_made_once(answer: httpx.Response | Exception) -> None:
    airflow = _Airflow(answer, httpx.Response(409, json={"detail": "already exists"}))
    airflow.api().trigger("feed_rasff", "run-1")
    assert airflow.answers == []


def test_a_locked_database_is_asked_again() -> None:
    runs = {"dag_runs": [{"dag_id": "feed_rasff", "dag_run_id": "run-1", "state": "success"}]}
    (run,) = _Airflow(_LOCKED, _LOCKED, httpx.Response(200, json=runs)).api().runs()
    assert run.finished


def test_an_airflow_that_stays_away_or_refuses_is_told() -> None:
    with pytest.raises(AirflowUnreachable, match="does not answer"):
        _Airflow(*[httpx.ConnectError("refused")] * 9).api().runs()
    with pytest.raises(AirflowRefused, match=r"with 500: .*Database error"):
        _Airflow(*[_LOCKED] * 9).api().runs()
    airflow = _Airflow(httpx.Response(404, text="no such DAG"), _LOCKED)
    with pytest.raises(AirflowRefused, match="no such DAG"):
        airflow.api().trigger("feed_rasff", "run-1")
    assert airflow.answers == [_LOCKED]
