"""The codelists: their history, the unions, the aliases, and `valid_in` in rules."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest

from customs_monitor.contracts import DocumentError, Project, Registry
from customs_monitor.contracts.codelists import Codelists
from customs_monitor.contracts.validity import expand

HEADER = "code,label,valid_from,valid_to\n"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.mark.parametrize(
    ("day", "members"),
    [
        (date(1972, 12, 31), 6),
        (date(1973, 1, 1), 9),
        (date(1986, 1, 1), 12),
        (date(1995, 1, 1), 15),
        (date(2004, 5, 1), 25),
        (date(2007, 1, 1), 27),
        (date(2013, 7, 1), 28),
        (date(2020, 1, 31), 28),
        (date(2020, 2, 1), 27),
        (date(2026, 1, 1), 27),
    ],
)
def test_the_eu_had_as_many_members_as_the_treaties_say(registry: Registry, day: date, members: int) -> None:
    assert len(registry.codelists["eu_member_state"].valid_codes(day)) == members


def test_every_codelist_can_be_read(registry: Registry) -> None:
    assert all(len(registry.codelists[name].codes) > 0 for name in registry.codelists)


def test_every_member_state_is_a_country(registry: Registry) -> None:
    assert set(registry.codelists["eu_member_state"].by_code) <= set(registry.codelists["country"].by_code)


def alias_files() -> list[Path]:
    return sorted(Project.locate().codelists.glob("alias_*.csv"))


@pytest.mark.parametrize("path", alias_files(), ids=lambda path: path.stem)
def test_aliases_lead_to_codes_and_are_unambiguous(path: Path, registry: Registry) -> None:
    name = path.stem.removeprefix("alias_")
    targets = {"obs_flag": "obs_status"}.get(name, name)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    aliases = [row["alias"].lower() for row in rows]
    assert len(set(aliases)) == len(aliases), sorted({alias for alias in aliases if aliases.count(alias) > 1})
    if targets in registry.codelists:
        assert {row["code"] for row in rows} <= set(registry.codelists[targets].by_code)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("GR", "EL"),
        ("GB", "UK"),
        ("Finland (FI)", "FI"),
        ("Greece (GR)", "EL"),
        ("People's Republic of China", "CN"),
        ("Peoples Republic of China", "CN"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Svizzera", "CH"),
        ("NAM", "NA"),
        ("Extra-EU", "EU_EXTRA"),
        ("EXTRA_EU", "EU_EXTRA"),
        ("W00", "WORLD"),
    ],
)
def test_spellings_of_the_sources_are_understood(registry: Registry, written: str, code: str) -> None:
    assert registry.aliases("area")[written.lower()] == code


def test_a_code_is_no_alias_of_another_code(registry: Registry) -> None:
    """Else a right code would be read as another one."""
    codes = {code.lower() for code in registry.codelists["area"].by_code}
    assert codes.isdisjoint(registry.aliases("area"))


def test_a_union_refuses_a_code_of_two_of_its_lists(tmp_path: Path) -> None:
    (tmp_path / "cl_one.csv").write_text(f"{HEADER}A,a,,\n", encoding="utf-8")
    (tmp_path / "cl_two.csv").write_text(f"{HEADER}A,a,,\nB,b,,\n", encoding="utf-8")
    (tmp_path / "unions.yml").write_text("unions: {both: [one, two]}\n", encoding="utf-8")
    with pytest.raises(DocumentError, match="A is in more than one"):
        Codelists(tmp_path)["both"]


def test_a_union_names_lists_that_exist(tmp_path: Path) -> None:
    (tmp_path / "cl_one.csv").write_text(f"{HEADER}A,a,,\n", encoding="utf-8")
    (tmp_path / "unions.yml").write_text("unions: {both: [one, three]}\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"there is no cl_three\.csv"):
        Codelists(tmp_path)


@pytest.mark.parametrize(
    ("code", "period", "member"),
    [
        ("UK", "2019", True),
        ("UK", "2020-01", True),
        ("UK", "2020-02", False),
        ("UK", "2020", False),
        ("HR", "2013-Q2", False),
        ("HR", "2013-Q3", True),
        ("FI", "1995-01-01", True),
        ("CH", "2023", False),
    ],
)
def test_valid_in_asks_for_the_end_of_the_period(registry: Registry, code: str, period: str, member: bool) -> None:
    condition = expand("valid_in(eu_member_state, partner, time_period)", registry.codelists, "here")
    row = duckdb.execute(
        f"SELECT {condition} FROM (SELECT ? AS partner, ? AS time_period)",
        [code, period],
    ).fetchone()
    assert row == (member,)


def test_valid_in_takes_a_day(registry: Registry) -> None:
    condition = expand("valid_in(eu_member_state, partner, '2020-12-31')", registry.codelists, "here")
    found = duckdb.execute(f"SELECT {condition} FROM (VALUES ('UK'), ('EL')) AS rows(partner)").fetchall()
    assert found == [(False,), (True,)]


@pytest.mark.parametrize(
    ("question", "scale", "items"),
    [
        ("o12-7", "SCORE", "system"),
        ("o12-2", "COUNT", ""),
        ("_T", "NIL", ""),
        ("o99-1", None, None),
        (None, None, None),
    ],
)
def test_attribute_of_gives_what_the_list_says_of_a_code(
    registry: Registry, question: str | None, scale: str | None, items: str | None
) -> None:
    condition = expand(
        "(attribute_of(survey_question, scale, asked), attribute_of( survey_question,item_list , asked ))",
        registry.codelists,
        "here",
    )
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT {condition} FROM (SELECT CAST(? AS VARCHAR) AS asked)", [question]).fetchone()
    assert row == ((scale, items),)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("attribute_of(nowhere, scale, asked)", r"feeds/x\.yml: attribute_of: there is no cl_nowhere\.csv"),
        ("attribute_of(survey_question, colour, asked)", r"cl_survey_question\.csv has no column colour"),
    ],
)
def test_attribute_of_names_a_column_that_exists(registry: Registry, call: str, told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        expand(call, registry.codelists, "feeds/x.yml")


def test_valid_in_names_a_list_that_exists(registry: Registry) -> None:
    with pytest.raises(DocumentError, match=r"feeds/x\.yml: valid_in: there is no cl_nowhere\.csv"):
        expand("valid_in(nowhere, partner, time_period)", registry.codelists, "feeds/x.yml")
