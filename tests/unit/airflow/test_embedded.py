"""What `make run` tells and how it ends, without an Airflow."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from customs_monitor.airflow import embedded
from customs_monitor.airflow.api import AirflowUnreachable
from customs_monitor.collection.records import DeliveryOutcome, JudgingOutcome
from customs_monitor.collection.summary import delivery_lines
from customs_monitor.console import RunConsole


def _outcome(second: int, **changes: Any) -> JudgingOutcome:
    return JudgingOutcome(
        run_id="run-1", feed="rasff", started_at=datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC), seconds={}, **changes
    )


def test_a_retry_that_succeeds_after_a_failure_is_told_too() -> None:
    delivery = DeliveryOutcome(
        period="2026", sender="SANTE", delivery_id="d1", file="alerts.csv", verdict="accepted",
        rows_read=5, rows_accepted=5, rows_refused=0,
    )  # fmt: skip
    text = io.StringIO()
    watch = embedded._Watch(airflow=None, console=RunConsole(Console(file=text, width=200)))  # type: ignore[arg-type]
    failed = _outcome(1, error="StoreUnavailable: no answer")
    watch.verdicts([failed])
    watch.verdicts([failed, _outcome(2, deliveries=(delivery,))])
    assert text.getvalue().count("an attempt FAILED: StoreUnavailable: no answer") == 1
    assert "alerts.csv (SANTE 2026): accepted, 5 rows read" in text.getvalue()


def test_many_deliveries_that_are_simply_accepted_are_summed_up_and_the_others_are_told() -> None:
    def delivery(name: str, **changes: Any) -> DeliveryOutcome:
        told = {"verdict": "accepted", "rows_accepted": 5, "rows_refused": 0, **changes}
        return DeliveryOutcome(period="2026-Q3", sender="FR", delivery_id=name, file=name, rows_read=5, **told)

    outcome = _outcome(
        1,
        deliveries=(
            *(delivery(f"{number}.csv") for number in range(5)),
            delivery("bad.csv", verdict="refused", rows_accepted=0, rows_refused=5),
        ),
    )
    lines = list(delivery_lines(outcome, accepted=3))
    assert [line.split()[0] for line in lines] == ["0.csv", "1.csv", "2.csv", "bad.csv", "2"]
    assert lines[-1] == "2 more deliveries accepted, 10 rows"
    assert len(list(delivery_lines(outcome))) == 6


def test_an_inbox_that_is_not_there_is_the_caller_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make run", "--inbox", str(tmp_path / "nowhere")])
    assert embedded.main() == 2
    assert f"the inbox {tmp_path / 'nowhere'} is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (AirflowUnreachable("Airflow does not answer"), 3, "The run failed: Airflow does not answer"),
        (OSError(28, "No space left on device"), 3, "The run failed: OSError: [Errno 28] No space left on device"),
        (KeyboardInterrupt(), 130, "Interrupted"),
    ],
)
def test_a_run_that_breaks_off_ends_with_the_code_of_its_cause(
    error: BaseException,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def breaks(*_: object) -> None:
        raise error

    monkeypatch.setattr(embedded, "run", breaks)
    monkeypatch.setattr(sys, "argv", ["make run"])
    assert embedded.main() == code
    assert told in capsys.readouterr().err
