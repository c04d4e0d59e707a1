from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.periods import first_day, following, last_day

QUARTERS = {"timeZone": "Europe/Brussels", "firstPeriod": "2026-Q2"}


def contract(feed: str, **changes: Any) -> Contract:
    path = Registry.load().project.feeds / f"{feed}.yml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Contract.model_validate({**document, **changes})


@pytest.mark.parametrize(
    ("feed", "changes", "told"),
    [
        ("crc_statistics", {"calendar": None}, "a collection needs a calendar"),
        ("crc_statistics", {"deadline": None}, "a calendar needs a deadline"),
        ("crc_statistics", {"deadline": 0}, "the deadline is before calendar.opens"),
        ("crc_statistics", {"cadence": "daily"}, "a calendar fits the cadences monthly, quarterly, annual and cycle"),
        ("crc_statistics", {"calendar": {**QUARTERS, "firstPeriod": "2026"}}, "is no period of a quarterly collection"),
        ("crc_statistics", {"calendar": {**QUARTERS, "firstPeriod": "2026-Q5"}}, "is no period of a quarterly"),
        ("crc_statistics", {"calendar": {**QUARTERS, "timeZone": "Europe/Bruxelles"}}, "is no time zone"),
        ("crc_statistics", {"calendar": {**QUARTERS, "timeZone": "../etc"}}, "is no time zone"),
        ("crc_statistics", {"calendar": {**QUARTERS, "cycles": ["2021-2023"]}}, "is for the cadence cycle only"),
        ("crc_statistics", {"calendar": {**QUARTERS, "holidays": "EU"}}, "Extra inputs are not permitted"),
        ("ms_questionnaire", {"calendar": {**QUARTERS, "firstPeriod": "2021-2023"}}, "needs every cycle"),
        (
            "ms_questionnaire",
            {"calendar": {**QUARTERS, "firstPeriod": "2021-2023", "cycles": ["2024-2026", "2021-2023"]}},
            "are not in order",
        ),
        (
            "ms_questionnaire",
            {"calendar": {**QUARTERS, "firstPeriod": "2018-2020", "cycles": ["2021-2023"]}},
            "is none of the cycles",
        ),
        (
            "ms_questionnaire",
            {"calendar": {**QUARTERS, "firstPeriod": "2021", "cycles": ["2021"]}},
            "needs every cycle, like 2021-2023",
        ),
    ],
)
def test_a_calendar_that_cannot_be_kept_is_refused(feed: str, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        contract(feed, **changes)


@pytest.mark.parametrize(
    ("period", "after"),
    [
        ("2026-Q3", "2026-Q4"),
        ("2026-Q4", "2027-Q1"),
        ("2026", "2027"),
        ("2026-12", "2027-01"),
        ("2024-02-28", "2024-02-29"),
        ("2018-2020", None),
        ("2026-Q5", None),
        ("_Z", None),
    ],
)
def test_the_period_after_a_period(period: str, after: str | None) -> None:
    assert following(period) == after
    if after is not None:
        first, last = first_day(after), last_day(period)
        assert first is not None
        assert last is not None
        assert (first - last).days == 1
