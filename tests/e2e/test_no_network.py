"""Nothing phones home: the main job runs where there is no way out, and does not even try to find one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from customs_storage import open_store
from support.collection import RATES, SURVEY
from support.command import CUSTOMS_MONITOR
from support.isolation import NotAllowed, isolated
from support.network_audit import audited
from support.published import data_files

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", name="isolated")
def isolated_command() -> list[str]:
    """The beginning of a command that runs without a network."""
    try:
        return isolated()
    except NotAllowed as reason:
        pytest.skip(str(reason))


def test_there_is_no_way_out_of_the_namespace(isolated: list[str]) -> None:
    program = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=5)"
    done = subprocess.run([*isolated, sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Network is unreachable" in done.stderr


def test_the_audit_sees_an_attempt(tmp_path: Path) -> None:
    environment, log = audited(tmp_path)
    program = "import socket; socket.getaddrinfo('localhost', 80); socket.getaddrinfo('example.invalid', 443)"
    subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    (attempt,) = log.read_text().splitlines()
    assert attempt.startswith("socket.getaddrinfo example.invalid")


def test_the_main_job_runs_without_a_network_and_does_not_try_for_one(isolated: list[str], tmp_path: Path) -> None:
    environment, log = audited(tmp_path)
    # What switches reporting off must be the platform, not a variable of whoever calls it.
    for name in ("DO_NOT_TRACK", "SCARF_ANALYTICS", "DBT_SEND_ANONYMOUS_USAGE_STATS", "GX_ANALYTICS_ENABLED"):
        environment.pop(name, None)
    # Two files are enough here: `test_embedded_airflow` holds a job over all samples to the same.
    inbox = tmp_path / "inbox"
    for name, content in (("exchange_rates/rates.csv", RATES), ("survey_results/survey.csv", SURVEY)):
        (inbox / name).parent.mkdir(parents=True)
        (inbox / name).write_text(content, encoding="utf-8")
    store = open_store((tmp_path / "store").as_uri())
    done = subprocess.run(
        [*isolated, *CUSTOMS_MONITOR, "run", "--store", store.url, "--inbox", str(inbox)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not log.exists(), f"somebody wanted out:\n{log.read_text()}"
    published = data_files(store)
    assert "indicators/o4-3/o4-3.csv" in published
