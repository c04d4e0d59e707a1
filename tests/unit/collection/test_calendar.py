from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_monitor.collection.calendar import window, windows
from customs_monitor.collection.working_days import holidays_of, is_working_day, working_day_from
from customs_monitor.contracts import Contract, Registry

REGISTRY = Registry.load()
QUARTERLY = REGISTRY.feeds["crc_statistics"]
BRUSSELS = ZoneInfo("Europe/Brussels")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


def with_deadline(days: int) -> Contract:
    return QUARTERLY.model_copy(update={"deadline": days})


def test_public_holidays_are_those_of_the_institutions() -> None:
    # The days of 2026 that are no Saturday or Sunday, as the Official Journal has them.
    assert sorted(str(day) for day in holidays_of(2026) if day.weekday() < 5) == [
        *("2026-01-01", "2026-01-02", "2026-04-02", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14"),
        *("2026-05-15", "2026-05-25", "2026-07-21", "2026-11-02"),
        *("2026-12-24", "2026-12-25", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31"),
    ]


@pytest.mark.parametrize(
    ("period", "nominal", "due"),
    [
        ("2026-Q2", "2026-08-14", "2026-08-14"),  # a Friday
        ("2026-Q3", "2026-11-14", "2026-11-16"),  # a Saturday
        ("2026-Q4", "2027-02-14", "2027-02-15"),  # a Sunday
        ("2027-Q1", "2027-05-15", "2027-05-18"),  # a Saturday, a Sunday, Whit Monday
        ("2027-Q2", "2027-08-14", "2027-08-16"),  # a Saturday, then Assumption on a Sunday
    ],
)
def test_a_deadline_on_a_day_off_ends_with_the_next_working_day(period: str, nominal: str, due: str) -> None:
    found = window(QUARTERLY, period)
    assert found is not None
    assert (str(found.nominal), str(found.due_on)) == (nominal, due)


def test_the_questionnaire_of_a_cycle_is_due_after_the_turn_of_the_year() -> None:
    found = window(REGISTRY.feeds["ms_questionnaire"], "2021-2023")
    assert found is not None
    # 365 days after the end of 2023 are a Monday on which the institutions are closed, as they are until 2 January.
    assert (str(found.nominal), str(found.due_on)) == ("2024-12-30", "2025-01-03")


def test_a_deadline_is_the_end_of_the_day_in_brussels_in_winter_and_in_summer() -> None:
    winter, summer = window(QUARTERLY, "2026-Q3"), window(QUARTERLY, "2026-Q2")
    assert winter is not None
    assert summer is not None
    assert winter.closes_at.astimezone(UTC).isoformat() == "2026-11-16T23:00:00+00:00"
    assert summer.closes_at.astimezone(UTC).isoformat() == "2026-08-14T22:00:00+00:00"
    assert summer.opens_at.astimezone(UTC).isoformat() == "2026-06-30T22:00:00+00:00"


@pytest.mark.parametrize(
    ("received", "late"),
    [
        ("2026-11-16T22:59:59+00:00", 0),
        ("2026-11-16T23:00:00+00:00", 1),
        ("2026-11-17T22:59:59+00:00", 1),
        ("2026-11-18T09:00:00+02:00", 2),
        ("2026-09-01T00:00:00+00:00", 0),
    ],
)
def test_lateness_is_counted_in_days_of_the_collection(received: str, late: int) -> None:
    found = window(QUARTERLY, "2026-Q3")
    assert found is not None
    assert found.days_late(datetime.fromisoformat(received)) == late


def test_windows_begin_with_the_first_period_and_open_the_day_after_the_period() -> None:
    assert [item.period for item in windows(QUARTERLY, at("2026-06-30T23:59:59"))] == []
    assert [item.period for item in windows(QUARTERLY, at("2026-07-01"))] == ["2026-Q2"]
    assert [item.period for item in windows(QUARTERLY, at("2027-01-01"))] == ["2026-Q2", "2026-Q3", "2026-Q4"]
    assert [item.period for item in windows(QUARTERLY, at("2026-07-01"), ahead=timedelta(days=92))] == [
        "2026-Q2", "2026-Q3",
    ]  # fmt: skip


def test_cycles_are_those_the_contract_lists() -> None:
    questionnaire = REGISTRY.feeds["ms_questionnaire"]
    assert [item.period for item in windows(questionnaire, at("2031-01-01"))] == ["2021-2023", "2024-2026", "2027-2029"]


@pytest.mark.parametrize("period", ["2026-Q1", "2026", "2021-2023", "_Z", "nonsense", "2026-Q5"])
def test_what_is_not_collected_has_no_window(period: str) -> None:
    assert window(QUARTERLY, period) is None


def test_a_feed_without_a_calendar_has_no_windows() -> None:
    assert windows(REGISTRY.feeds["comext_trade"], at("2026-11-29")) == []


@given(st.integers(1, 400), st.integers(0, 5000).map(lambda day: at("2026-07-01") + timedelta(days=day, hours=12)))
def test_windows_follow_each_other_and_end_on_working_days(deadline: int, now: datetime) -> None:
    found = windows(with_deadline(deadline), now)
    for item in found:
        assert item.opens_at <= now
        assert item.nominal <= item.due_on <= item.nominal + timedelta(days=13)
        assert is_working_day(item.due_on)
        assert all(
            not is_working_day(item.nominal + timedelta(days=n)) for n in range((item.due_on - item.nominal).days)
        )
        assert item.opens_at < item.closes_at
        assert window(with_deadline(deadline), item.period) == item
    assert [item.opens_at for item in found] == sorted({item.opens_at for item in found})
    assert [item.closes_at for item in found] == sorted(item.closes_at for item in found)


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_the_next_working_day_is_itself_and_near(day: date) -> None:
    found = working_day_from(day)
    assert working_day_from(found) == found
    assert day <= found <= day + timedelta(days=13)
