"""The plugin's page, in an Airflow that has logins: its security on every route, and what it shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ASK = r"""
import functools, json, re, sys
from datetime import UTC, datetime

from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi.testclient import TestClient

from customs_monitor.airflow import page
from customs_monitor.collection.outcomes import keep_outcome
from customs_monitor.collection.records import DeliveryOutcome, JudgingOutcome
from customs_monitor.collection.closing import tick
from customs_monitor.contracts import Registry
from customs_storage import open_store
from support.deliveries import LAYOUT, delivered, received

store = open_store(sys.argv[1])
FEED, PERIOD = "crc_statistics", "2026-Q3"
in_time, late = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 18, 9, tzinfo=UTC)
now = datetime(2026, 11, 20, 9, tzinfo=UTC)
at = delivered(store, FEED, PERIOD, "AT", in_time)
be = delivered(store, FEED, PERIOD, "BE", late, verdict="accepted_with_warnings")
cy = delivered(store, FEED, PERIOD, "CY", in_time, verdict="refused")
received(store, FEED, PERIOD, "CZ", late)
place = {"feed": FEED, "period": PERIOD, "sender": "CY", "delivery_id": cy.delivery_id}
store.put(LAYOUT.key("rejected", **place, name="report.html"), b"<p>what is wrong</p>")
outcome = JudgingOutcome(
    run_id="scheduled__2026-11-02T10:00:00+00:00", feed=FEED, started_at=in_time, seconds={}, deliveries=(
        DeliveryOutcome(period=PERIOD, sender="CY", delivery_id=cy.delivery_id, file="x.csv", verdict="refused",
                        rows_read=1, rows_accepted=0, rows_refused=1),
    ),
)
keep_outcome(store, LAYOUT, outcome.run_id, f"{FEED}.judge", outcome)
tick(store, LAYOUT, Registry.load(), lambda: now)

page.create_page = functools.partial(page.create_page, now=lambda: now)
app, whole = page.create_page(), create_app()

def filled(path):
    return re.sub(r"\{(\w+)\}", lambda name: place[name.group(1)], path)

paths = [(method, filled(route.path)) for route in app.routes for method in route.methods or ()]
def answers(headers):
    client = TestClient(whole, base_url="http://localhost", follow_redirects=False)
    return {f"{method} {path}": client.request(method, "/customs-monitor" + path, headers=headers).status_code
            for method, path in paths}

with TestClient(whole, base_url="http://localhost", follow_redirects=False) as client:
    manager = get_auth_manager()
    token = manager.generate_jwt(SimpleAuthManagerUser(username="engineer", role="viewer"))
    signed_in = {"Authorization": f"Bearer {token}"}
    def get(path):
        return client.get("/customs-monitor" + path, headers=signed_in)
    matrix, report = get("/"), get(filled("/report/{feed}/{period}/{sender}/{delivery_id}"))
    run = get(filled("/run/{feed}/{period}/{sender}/{delivery_id}"))
    result = {
        "paths": paths,
        "nobody": answers({}),
        "forged": answers({"Authorization": "Bearer " + token[:-6] + "AAAAAA"}),
        "cookie_forged": answers({"Cookie": "_token=nonsense"}),
        "signed_in": answers(signed_in),
        "framework_pages": [get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")],
        "matrix": matrix.text,
        "report": [report.text, report.headers["content-security-policy"]],
        "run": run.headers["location"],
        "no_such": [get(path).status_code for path in
                    ("/report/crc_statistics/2026-Q3/CY/ffff", "/report/a/b/c/..", "/run/x/y/z/%2e%2e",
                     "/?periods=0", "/?periods=1000", f"/report/{FEED}/{PERIOD}/AT/{at.delivery_id}")],
        "data": get("/collections.json?periods=1").json(),
    }
print("RESULT" + json.dumps(result))
"""


@pytest.fixture(scope="module")
def asked(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an Airflow with the plugin answered, in a process of its own."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of this test alone, long enough for HMAC with SHA-512, which is 64",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": str(root / "tests"),
        "CUSTOMS_MONITOR_STORE": (home / "store").as_uri(),
    }
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=environment, capture_output=True, check=True)
    done = subprocess.run(
        [sys.executable, "-c", _ASK, (home / "store").as_uri()],
        env=environment, capture_output=True, text=True, check=False, timeout=250,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    result: dict[str, Any] = json.loads(line.removeprefix("RESULT"))
    return result


def test_without_a_login_no_route_answers(asked: dict[str, Any]) -> None:
    assert len(asked["paths"]) >= 4
    for answers in (asked["nobody"], asked["forged"], asked["cookie_forged"]):
        assert len(answers) == len(asked["paths"])
        assert set(answers.values()) <= {401, 403}


def test_with_a_login_every_route_answers(asked: dict[str, Any]) -> None:
    assert set(asked["signed_in"].values()) <= {200, 307}


def test_there_are_no_pages_of_the_framework(asked: dict[str, Any]) -> None:
    assert asked["framework_pages"] == [404, 404, 404]


def test_the_matrix_names_stage_lateness_and_closing(asked: dict[str, Any]) -> None:
    text = " ".join(asked["matrix"].split())
    assert "closed on 2026-11-20 at the deadline (2026-11-16) without BG, CY" in text
    assert "2 of 27 delivered;" in text
    assert "late by 2 days" in text
    for stage in ("accepted", "accepted with warnings", "refused", "being checked", "nothing sent"):
        assert f">{stage}" in text
    # Only who has a report has a link to it.
    assert text.count(">report<") == 2


def test_a_report_can_run_nothing_and_a_run_is_airflow_s(asked: dict[str, Any]) -> None:
    body, policy = asked["report"]
    assert body == "<p>what is wrong</p>"
    assert policy.startswith("sandbox; default-src 'none'")
    assert asked["run"] == "/dags/feed_crc_statistics/runs/scheduled__2026-11-02T10%3A00%3A00%2B00%3A00"


def test_what_is_not_there_is_not_found(asked: dict[str, Any]) -> None:
    assert asked["no_such"] == [404, 404, 404, 422, 422, 404]


def test_the_same_as_data(asked: dict[str, Any]) -> None:
    (column,) = (item for item in asked["data"] if item["feed"] == "crc_statistics")
    assert column["period"] == "2026-Q3"
    assert {item["sender"]: (item["stage"], item["days_late"]) for item in column["senders"]}["BE"] == (
        "accepted with warnings",
        2,
    )


def test_loading_the_plugin_loads_neither_the_page_nor_the_platform(root: Path) -> None:
    # Scheduler and DAG processor load it, too; what they would load beside Airflow must be next to nothing.
    script = (
        "import sys, airflow.plugins_manager; before = set(sys.modules);"
        "import customs_monitor_plugin; print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(root / "plugins")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == str(
        ["customs_monitor", "customs_monitor.airflow", "customs_monitor.airflow.plugin", "customs_monitor_plugin"]
    )
