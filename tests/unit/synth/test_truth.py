"""The second implementation, held against cells worked out by hand, and kept apart from the first."""

from __future__ import annotations

import ast
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import customs_monitor.synth.truth
from customs_monitor.synth.truth import Ledger, Observation
from customs_monitor.synth.truth.tables import DIMENSIONS

PACKAGE = Path(customs_monitor.synth.truth.__file__).parent
Rows = list[dict[str, str | int | bool | None]]


def told(*deliveries: tuple[str, str, str, Rows], wave: int = 1) -> dict[tuple[str, ...], Observation]:
    """Return the observations by indicator, area, key and measure."""
    ledger = Ledger()
    for feed, period, sender, rows in deliveries:
        account = ledger.delivery(feed, period, sender, 1)
        for row in rows:
            account.add(row)
    return {(item.indicator, item.area, *item.key, item.measure): item for item in ledger.observations(wave)}


def control(sender: str, status: str, controls: int, found: int, kind: str = "DOC", **more: str) -> Rows:
    return [
        {
            "member_state": sender,
            "declaration_type": "IM",
            "declaration_subtype": "STANDARD",
            "operator_status": status,
            "control_type": kind,
            "declarations": 1000,
            "controls": controls,
            "irregularities": found,
            "conf_status": None,
            **more,
        }
    ]


def test_it_imports_the_standard_library_and_itself_alone() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))
    assert len(modules) >= 5
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                # One dot: the package itself.
                assert node.level == 1, module
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in sys.stdlib_module_names, module
            elif isinstance(node, ast.Import):
                assert {alias.name.partition(".")[0] for alias in node.names} <= sys.stdlib_module_names, module
            elif isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                assert name not in {"__import__", "import_module", "exec", "eval", "sqlite3"}, module


def test_it_knows_all_44() -> None:
    assert len(DIMENSIONS) == 44


def test_counts_carry_every_total_and_the_union() -> None:
    cells = told(
        ("control_statistics", "2026-Q1", "DE", control("DE", "AEO", 100, 10)),
        ("control_statistics", "2026-Q1", "FR", control("FR", "AEO", 300, 20, "PHY")),
    )
    assert cells["o3-5", "EU27_2020", "_T", "_T", "_T", "NUMBER"].value == 400
    assert cells["o3-5", "EU27_2020", "PHY", "IM", "STANDARD", "NUMBER"].value == 300
    assert cells["o3-5", "DE", "DOC", "_T", "STANDARD", "NUMBER"].value == 100
    assert ("o3-5", "DE", "PHY", "_T", "_T", "NUMBER") not in cells
    assert cells["o3-6", "EU27_2020", "_T", "_T", "_T", "SHARE"].value == Fraction(30, 400)


def test_the_union_is_provisional_and_who_is_missing_is_named() -> None:
    cells = told(("control_statistics", "2026-Q1", "DE", control("DE", "AEO", 100, 10)))
    union, own = cells["o3-5", "EU27_2020", "_T", "_T", "_T", "NUMBER"], cells["o3-5", "DE", "_T", "_T", "_T", "NUMBER"]
    assert (union.status, own.status, union.n_senders, union.n_expected) == ("P", "A", 1, 27)
    missing = cells["o3-5", "FR", "_T", "_T", "_T", "NUMBER"]
    assert (missing.value, missing.status, missing.confidentiality) == (None, "L", "F")
    assert sum(item.status == "L" for key, item in cells.items() if key[0] == "o3-5") == 26


def test_a_nil_return_is_a_delivery_without_observations() -> None:
    nil: Rows = [{"member_state": "MT", "control_type": "_T", "controls": 0}]
    cells = told(
        ("control_statistics", "2026-Q1", "DE", control("DE", "AEO", 100, 10)),
        ("control_statistics", "2026-Q1", "MT", nil),
    )
    assert cells["o3-5", "EU27_2020", "_T", "_T", "_T", "NUMBER"].n_senders == 2
    assert [key for key in cells if key[1] == "MT"] == []


def test_the_united_kingdom_counts_until_it_left() -> None:
    for period, total, expected in (("2019-Q4", 300, 28), ("2020-Q1", 100, 27)):
        cells = told(
            ("control_statistics", period, "DE", control("DE", "AEO", 100, 10)),
            ("control_statistics", period, "UK", control("UK", "AEO", 200, 10)),
        )
        union = cells["o3-5", "EU27_2020", "_T", "_T", "_T", "NUMBER"]
        assert (union.value, union.n_expected) == (total, expected)


def test_one_confidential_row_makes_every_total_on_it_confidential() -> None:
    cells = told(
        ("control_statistics", "2026-Q1", "DE", control("DE", "AEO", 100, 10, conf_status="N")),
        ("control_statistics", "2026-Q1", "FR", control("FR", "AEO", 300, 20, "PHY")),
    )
    assert cells["o3-5", "EU27_2020", "_T", "_T", "_T", "NUMBER"].confidentiality == "C"
    assert cells["o3-5", "EU27_2020", "PHY", "_T", "_T", "NUMBER"].confidentiality == "F"


def test_authorised_operators_are_compared_where_both_have_controls() -> None:
    rows = [*control("DE", "AEO", 100, 10), *control("DE", "NON_AEO", 50, 10), *control("DE", "AEO", 0, 0, "PHY")]
    cells = told(("control_statistics", "2026-Q1", "DE", rows))
    assert cells["o567-20", "DE", "DOC", "IM", "RATE_DIFFERENCE"].value == Fraction(1, 10) - Fraction(1, 5)
    assert cells["o567-20", "DE", "PHY", "IM", "IRREGULARITIES_NON_AEO"].value == 0
    assert ("o567-20", "DE", "PHY", "IM", "RATE_AEO") not in cells
    assert ("o567-20", "DE", "PHY", "IM", "RATE_DIFFERENCE") not in cells


def answer(sender: str, question: str, item: str, score: int | None = None, count: int | None = None) -> Rows:
    return [
        {
            "member_state": sender,
            "question_id": question,
            "item": item,
            "answer_score": score,
            "answer_count": count,
            "no_reply": (score is None and count is None) or None,
        }
    ]


def test_the_mean_of_the_union_is_the_mean_of_the_means() -> None:
    cells = told(
        ("ms_questionnaire", "2024-2026", "DE", [*answer("DE", "o4-3", "CRC", 4), *answer("DE", "o4-3", "PCA", 3)]),
        ("ms_questionnaire", "2024-2026", "FR", answer("FR", "o4-3", "CRC", 1)),
    )
    assert cells["o4-3", "DE", "_T", "MEAN"].value == Fraction(7, 2)
    assert cells["o4-3", "EU27_2020", "_T", "MEAN"].value == Fraction(9, 4)
    assert cells["o4-3", "EU27_2020", "CRC", "MEAN"].value == Fraction(5, 2)
    assert cells["o4-3", "EU27_2020", "_T", "SHARE_3_4"].value == Fraction(2, 3)


def test_what_was_left_out_counts_as_no_reply() -> None:
    nil: Rows = [{"member_state": "MT", "question_id": "_T", "item": "_T", "answer_score": None, "answer_count": 0}]
    cells = told(
        ("ms_questionnaire", "2024-2026", "DE", [*answer("DE", "o4-3", "CRC", 4), *answer("DE", "o4-3", "PCA")]),
        ("ms_questionnaire", "2024-2026", "MT", nil),
    )
    assert cells["o4-3", "MT", "CRC", "NO_REPLY"].value == 1
    assert ("o4-3", "MT", "CRC", "MEAN") not in cells
    assert cells["o4-3", "EU27_2020", "_T", "NO_REPLY"].value == 3
    assert cells["o4-3", "EU27_2020", "PCA", "RESPONDENTS"].value == 0
    assert ("o4-3", "EU27_2020", "PCA", "MEAN") not in cells
    assert not [key for key in cells if key[0] == "o4-8"]


def test_a_number_given_as_a_whole_goes_to_the_total_only() -> None:
    cells = told(
        (
            "ms_questionnaire",
            "2024-2026",
            "DE",
            [*answer("DE", "o3-3", "CASH", count=2), *answer("DE", "o3-3", "IPR")],
        ),
        ("ms_questionnaire", "2024-2026", "FR", answer("FR", "o3-3", "_Z", count=5)),
    )
    assert cells["o3-3", "EU27_2020", "_T", "NUMBER"].value == 7
    assert cells["o3-3", "EU27_2020", "CASH", "NUMBER"].value == 2
    assert ("o3-3", "EU27_2020", "IPR", "NUMBER") not in cells
    assert ("o3-3", "FR", "_Z", "NUMBER") not in cells


def test_agreements_of_both_levels_add_up() -> None:
    register: Rows = [
        {"agreement_id": "A", "authority_area": "TAX", "signed_date": "2020-01-01"},
        {"agreement_id": "A", "authority_area": "IPR", "signed_date": "2020-01-01"},
        {"agreement_id": "B", "authority_area": "TAX", "signed_date": "2027-01-01"},
    ]
    cells = told(
        ("ms_questionnaire", "2024-2026", "DE", answer("DE", "o567-1", "TAX", count=2)),
        ("eu_agreements", "2024-2026", "TAXUD", register),
    )
    assert cells["o567-1", "EU27_2020", "TAX", "_T", "NUMBER"].value == 3
    assert cells["o567-1", "EU27_2020", "_T", "EU", "NUMBER"].value == 1
    assert cells["o567-1", "EU27_2020", "_T", "_T", "NUMBER"].value == 3
    assert cells["o567-1", "DE", "_T", "_T", "NUMBER"].value == 2
    union, own = cells["o567-1", "EU27_2020", "_T", "_T", "NUMBER"], cells["o567-1", "DE", "_T", "_T", "NUMBER"]
    assert (union.n_senders, union.n_expected, own.n_senders, own.n_expected) == (2, 28, 1, 27)


@pytest.mark.parametrize(
    ("begins", "ends", "suspended", "resumed", "counts"),
    [
        ("2026-03-31", None, None, None, True),
        ("2026-04-01", None, None, None, False),
        ("2020-01-01", "2026-03-31", None, None, True),
        ("2020-01-01", "2026-03-30", None, None, False),
        ("2020-01-01", None, "2026-03-31", None, False),
        ("2020-01-01", None, "2026-04-01", None, True),
        ("2020-01-01", None, "2026-01-01", "2026-03-31", False),
        ("2020-01-01", None, "2026-01-01", "2026-03-30", True),
    ],
)
def test_an_authorisation_counts_if_it_is_in_force_on_the_last_day(
    begins: str, ends: str | None, suspended: str | None, resumed: str | None, counts: bool
) -> None:
    row = {
        "member_state": "DE",
        "aeo_type": "AEOC",
        "active_from": begins,
        "active_to": ends,
        "suspended_from": suspended,
        "suspended_to": resumed,
    }
    cells = told(("aeo_register", "2026-Q1", "TAXUD", [row]))
    assert (("o567-3", "EU27_2020", "_T", "NUMBER") in cells) is counts


def test_a_project_about_two_risks_is_one_project_in_total() -> None:
    rows: Rows = [{"project_id": "P", "risk_type": risk, "status": "ONGOING"} for risk in ("CASH", "IPR")]
    cells = told(("methodology_projects", "2026", "TAXUD", rows))
    assert cells["o3-1", "EU27_2020", "_T", "NUMBER"].value == 1
    assert cells["o3-1", "EU27_2020", "CASH", "NUMBER"].value == 1


def test_forms_of_others_are_shown_outside_the_union() -> None:
    rows: Rows = [
        {"issuing_administration": area, "rif_category": "CASH", "issued_date": day}
        for area, day in (("CH", "2026-01-01"), ("DE", "2026-03-31"), ("DE", "2026-04-01"))
    ]
    cells = told(("risk_information_forms", "2026-Q1", "TAXUD", rows))
    assert cells["o4-5", "CH", "CASH", "NUMBER"].value == 1
    assert cells["o4-5", "EU27_2020", "_T", "NUMBER"].value == 1


def test_the_last_version_up_to_a_wave_counts() -> None:
    ledger = Ledger()
    for wave, controls in ((1, 100), (2, 80)):
        ledger.delivery("control_statistics", "2026-Q1", "DE", wave).add(control("DE", "AEO", controls, 10)[0])
    totals = {
        wave: next(
            item.value
            for item in ledger.observations(wave)
            if (item.indicator, item.area, item.key) == ("o3-5", "EU27_2020", ("_T", "_T", "_T"))
        )
        for wave in (1, 2)
    }
    assert totals == {1: 100, 2: 80}


def test_a_distribution_stands_in_where_nobody_answered_the_question_itself() -> None:
    rows: Rows = [
        {"question_id": "o567-13", "item": "_Z", "category": category, "respondents": number, "respondents_total": 26}
        for category, number in (("1", 0), ("2", 5), ("3", 10), ("4", 5), ("NO_REPLY", 6))
    ]
    survey = ("survey_results", "2018-2020", "TAXUD", rows)
    cells = told(survey)
    found = cells["o567-13", "EU27_2020", "MEAN"]
    assert (found.value, found.status, found.n_senders, found.n_expected) == (Fraction(60, 20), "D", 26, 27)
    asked = told(survey, ("ms_questionnaire", "2018-2020", "DE", answer("DE", "o567-13", "_Z", 2)))
    assert (asked["o567-13", "EU27_2020", "MEAN"].value, asked["o567-13", "EU27_2020", "MEAN"].status) == (2, "P")
