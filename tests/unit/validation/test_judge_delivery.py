"""Deliveries as wholes: headers, files that break off, repeats, groups, corrections, comparison, determinism."""

from __future__ import annotations

from typing import Any

import pytest

from customs_monitor.contracts import DocumentError
from customs_monitor.validation import record_source, session
from customs_monitor.validation.references import ContractSqlError

from .conftest import Workshop

STRING: dict[str, Any] = {"logicalType": "string"}
INTEGER: dict[str, Any] = {"logicalType": "integer"}


def group_rule(**other: Any) -> dict[str, Any]:
    return {
        "id": "parts_add_up",
        "kind": "group",
        "groupBy": ["kind"],
        "check": "sum(part) = max(total)",
        "severity": "error",
        "level": 1,
        "dimension": "consistency",
        "column": "total",
        "message": "The parts of {kind} do not add up to {total}",
        "cure": "c",
    } | other


def test_a_missing_column_is_told_once_with_the_column_that_looks_like_it(workshop: Workshop) -> None:
    registry = workshop.registry(
        {"member_state": STRING, "controls": INTEGER},
        properties=[{"name": "member_state", "required": True}, {"name": "controls"}],
    )
    judged = workshop.judge(registry, "MemberState,controls\nDE,1\nDE,x\n")
    assert judged.found == [
        (None, "member_state", None, "COLUMN_MISSING"),
        (3, "controls", "x", "TYPE_INTEGER"),
    ]
    assert "MemberState looks like it" in judged.issues[0]["cure"]
    assert judged.judgement.verdict == "refused"
    assert not judged.judgement.readable
    assert (judged.judgement.rows_read, judged.judgement.rows_refused) == (2, 2)


def test_columns_may_come_in_any_order_and_case_and_may_be_optional(workshop: Workshop) -> None:
    layout = {"mapping": {"a": "a", "b": {"source": "b", "optional": True}}}
    judged = workshop.judge(workshop.registry({"a": STRING, "b": STRING}, layout=layout), "x,A\n1,2\n")
    assert judged.judgement.verdict == "accepted"
    assert [(row["a"], row["b"]) for row in judged.accepted] == [("2", None)]


def test_a_template_says_which_columns_it_does_not_know(workshop: Workshop) -> None:
    layout = {"mapping": {"a": "a", "comment": {"source": "comment", "optional": True}}, "strictColumns": True}
    judged = workshop.judge(workshop.registry({"a": STRING, "comment": STRING}, layout=layout), "a,coment,zzz\n1,2,3\n")
    assert judged.found == [
        (None, "coment", None, "COLUMN_UNKNOWN"),
        (None, "zzz", None, "COLUMN_UNKNOWN"),
    ]
    assert judged.issues[0]["cure"].endswith("one of: comment")
    assert judged.judgement.verdict == "accepted_with_warnings"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (b"", ["FILE_EMPTY"]),
        (b"a\n", ["HEADER_ONLY"]),
        (b"\x00\x01\x02\xff", None),
        (b"a\n1\n\x00\n", None),
        (b'a\n1\n"open', None),
        (b"a\n1\n2,3\n", None),
    ],
)
def test_files_that_are_no_tables_get_a_verdict_and_a_reason(
    workshop: Workshop, text: bytes, codes: list[str] | None
) -> None:
    judged = workshop.judge(workshop.registry({"a": STRING}, onError="refuse_delivery"), text)
    assert judged.judgement.verdict == "refused"
    assert judged.issues
    assert all(issue["message"] and issue["cure"] for issue in judged.issues)
    if codes is not None:
        assert [code for _, _, _, code in judged.found] == codes


def test_what_was_found_before_a_file_breaks_off_is_listed(workshop: Workshop) -> None:
    judged = workshop.judge(workshop.registry({"a": INTEGER, "b": STRING}), 'a,b\nx,1\n2,"never closed\n')
    assert judged.found[0] == (2, "a", "x", "TYPE_INTEGER")
    assert len(judged.found) == 2
    assert not judged.judgement.readable or judged.judgement.rows_refused == 2


def test_ragged_records_are_refused_rows_and_the_others_are_taken(workshop: Workshop) -> None:
    judged = workshop.judge(workshop.registry({"a": STRING, "b": STRING}), "a,b\n1,2\n1\n3,4\n5,6,7\n")
    assert [row["a"] for row in judged.accepted] == ["1", "3"]
    assert [(issue["line"], issue["level"], issue["severity"]) for issue in judged.issues] == [
        (3, 0, "error"),
        (5, 0, "error"),
    ]
    assert (judged.judgement.rows_read, judged.judgement.rows_accepted, judged.judgement.rows_refused) == (4, 2, 2)


KEYED = [{"name": "key", "required": True, "primaryKey": True}, {"name": "value"}]


@pytest.mark.parametrize(("first", "code"), [("1", "DUPLICATE_ROW"), ("2", "DUPLICATE_KEY")])
def test_rows_that_are_all_alike_need_little_memory(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, first: str, code: str
) -> None:
    monkeypatch.setitem(session._SETTINGS, "memory_limit", "'40MB'")
    registry = workshop.registry({"key": STRING, "value": INTEGER}, properties=KEYED)
    rows = 400_000
    judged = workshop.judge(registry, f"key,value\na,{first}\n" + "a,1\n" * (rows - 1))
    (count,) = judged.judgement.issue_counts
    assert (count.code, count.count) == (code, rows if code == "DUPLICATE_KEY" else rows - 1)


def test_an_equal_row_counts_once_and_a_contradiction_refuses_all_its_rows(workshop: Workshop) -> None:
    registry = workshop.registry({"key": STRING, "value": INTEGER}, properties=KEYED)
    judged = workshop.judge(registry, "key,value\na,1\nb,1\na,1\nc,1\nb,2\nb,2\nd,\nd,\n")
    assert judged.found == [
        (3, "key", "6", "DUPLICATE_KEY"),
        (4, None, "2", "DUPLICATE_ROW"),
        (6, "key", "3", "DUPLICATE_KEY"),
        (7, "key", "3", "DUPLICATE_KEY"),
        (9, None, "8", "DUPLICATE_ROW"),
    ]
    assert judged.column("key") == ["a", "c", "d"]
    found = judged.judgement
    assert (found.rows_read, found.rows_accepted, found.rows_refused, found.rows_skipped) == (8, 3, 3, 2)


def test_a_row_with_an_error_contradicts_too_and_an_empty_key_does_not(workshop: Workshop) -> None:
    registry = workshop.registry({"key": STRING, "value": INTEGER}, properties=KEYED)
    judged = workshop.judge(registry, "key,value\na,1\na,x\n,1\n,2\n")
    assert [(line, code) for line, _, _, code in judged.found] == [
        (2, "DUPLICATE_KEY"),
        (3, "DUPLICATE_KEY"),
        (3, "TYPE_INTEGER"),
        (4, "MISSING_VALUE"),
        (5, "MISSING_VALUE"),
    ]
    assert judged.judgement.verdict == "refused"


def test_a_failing_group_is_one_issue_and_takes_its_rows_with_it(workshop: Workshop) -> None:
    registry = workshop.registry({"kind": STRING, "part": INTEGER, "total": INTEGER}, quality=[group_rule()])
    judged = workshop.judge(registry, "kind,part,total\na,1,3\na,2,3\nb,1,3\nb,1,4\nc,x,9\nc,1,9\n")
    assert judged.found == [
        (4, "total", "3", "PARTS_ADD_UP"),
        (6, "part", "x", "TYPE_INTEGER"),
    ]
    assert judged.issues[0]["message"] == "The parts of b do not add up to 3"
    assert judged.column("kind") == ["a", "a", "c"]
    assert judged.judgement.rows_refused == 3


def test_a_failing_group_may_be_a_warning_and_may_look_at_some_rows_only(workshop: Workshop) -> None:
    rule = group_rule(severity="warning", when="part > 0")
    registry = workshop.registry({"kind": STRING, "part": INTEGER, "total": INTEGER}, quality=[rule])
    judged = workshop.judge(registry, "kind,part,total\na,-1,1\na,1,1\nb,2,3\n")
    assert judged.found == [(4, "total", "3", "PARTS_ADD_UP")]
    assert len(judged.accepted) == 3


def test_known_errors_of_the_source_are_corrected_listed_and_guarded(workshop: Workshop) -> None:
    correction = {
        "reason": "typed wrong",
        "since": "2026-01-01",
        "source": "a letter",
        "match": "code = 'X1' AND value = '1O'",
        "set": {"value": "10"},
    }
    registry = workshop.registry(
        {"code": STRING, "value": INTEGER},
        corrections=[
            correction | {"id": "letter_o"},
            correction | {"id": "gone", "match": "code = 'none'"},
            correction | {"id": "other_file", "file": "other*.csv"},
            correction | {"id": "other_bytes", "delivery_sha256": "0" * 64},
        ],
    )
    judged = workshop.judge(registry, "code,value\nX1,1O\nX2,1O\n")
    assert judged.found == [
        (None, None, "gone", "CORRECTION_OBSOLETE"),
        (2, "value", "1O", "CORRECTION_APPLIED"),
        (3, "value", "1O", "TYPE_INTEGER"),
    ]
    assert judged.column("value") == [10]
    assert "was read as 10" in judged.issues[1]["message"]


def test_a_correction_that_does_not_fit_the_contract_is_refused(workshop: Workshop) -> None:
    registry = workshop.registry(
        {"code": STRING},
        corrections=[
            {"id": "c", "reason": "r", "since": "2026-01-01", "source": "s", "match": "true", "set": {"colour": "red"}}
        ],
    )
    with pytest.raises(DocumentError, match="colour"):
        workshop.judge(registry, "code\n1\n")


def test_a_delivery_is_compared_with_the_previous_one(workshop: Workshop) -> None:
    registry = workshop.registry(
        {"area": {"logicalType": "code", "codelist": "area"}, "number": INTEGER},
        properties=[{"name": "area", "primaryKey": True}, {"name": "number", "primaryKey": True}],
        codelists={"area": "A,a,,\nB,b,,\n"},
    )
    first = workshop.judge(registry, "area,number\n" + "".join(f"{'AB'[n % 2]},{n}\n" for n in range(40)))
    again = workshop.judge(
        registry, "area,number\n" + "".join(f"A,{n}\n" for n in range(15)), previous=first.judgement.accepted
    )
    assert again.found == [
        (None, None, "15", "ROWS_CHANGED_MUCH"),
        (None, "area", "B", "PART_MISSING"),
    ]
    assert {issue["level"] for issue in again.issues} == {2}
    same = workshop.judge(registry, again.source.read_bytes(), previous=again.judgement.accepted)
    assert same.found == []


def test_few_rows_are_a_warning(workshop: Workshop) -> None:
    judged = workshop.judge(workshop.registry({"a": STRING}, expectRows=3), "a\n1\n2\n")
    assert judged.found == [(None, None, "2", "FEW_ROWS")]
    assert judged.judgement.verdict == "accepted_with_warnings"


def test_columns_that_are_values_become_rows_and_issues_name_the_cell(workshop: Workshop) -> None:
    layout = {
        "unpivot": {"exclude": ["day"], "nameTo": "CURRENCY", "valueTo": "RATE"},
        "where": "day <> 'total'",
        "mapping": {"day": "day", "currency": "CURRENCY", "rate": "RATE"},
    }
    registry = workshop.registry({"day": STRING, "currency": STRING, "rate": INTEGER}, layout=layout)
    judged = workshop.judge(registry, "day,USD,JPY,ZZZ\n1,10,x,\n2,,12,\n3,,,\ntotal,1,1,1\n")
    assert [(row["_line_number"], row["currency"], row["rate"]) for row in judged.accepted] == [
        (2, "USD", 10),
        (3, "JPY", 12),
    ]
    assert judged.found == [(2, "JPY", "x", "TYPE_INTEGER")]
    found = judged.judgement
    assert (found.rows_read, found.rows_accepted, found.rows_refused, found.rows_skipped) == (5, 2, 1, 2)


def test_a_fault_of_a_record_is_one_issue_however_many_rows_became_of_it(workshop: Workshop) -> None:
    layout = {
        "unpivot": {"exclude": ["day"], "nameTo": "CURRENCY", "valueTo": "RATE"},
        "mapping": {"day": "day", "currency": "CURRENCY", "rate": "RATE"},
    }
    named = {
        "id": "day_is_small",
        "check": "day < 100 OR day IS NULL",
        "severity": "warning",
        "level": 1,
        "dimension": "accuracy",
        "column": "day",
        "message": "{currency} is of a large day",
        "cure": "c",
    }
    registry = workshop.registry({"day": INTEGER, "currency": STRING, "rate": INTEGER}, layout=layout, quality=[named])
    judged = workshop.judge(registry, "day,USD,JPY,GBP\nx,1,2,3\nx,x,x,x\n200,1,2,\n")
    assert judged.found == [
        (2, "day", "x", "TYPE_INTEGER"),
        (3, "GBP", "x", "TYPE_INTEGER"),
        (3, "JPY", "x", "TYPE_INTEGER"),
        (3, "USD", "x", "TYPE_INTEGER"),
        (3, "day", "x", "TYPE_INTEGER"),
        # Not the same: each says another currency.
        (4, "day", "200", "DAY_IS_SMALL"),
        (4, "day", "200", "DAY_IS_SMALL"),
    ]
    counted = {count.rule: (count.count, count.rows) for count in judged.judgement.issue_counts}
    assert counted == {"day.type_integer": (2, 6), "rate.type_integer": (3, 3), "day_is_small": (2, 2)}
    assert (judged.judgement.rows_accepted, judged.judgement.rows_refused) == (2, 6)


def test_an_issue_of_a_group_shows_the_cell_as_its_sender_wrote_it(workshop: Workshop) -> None:
    layout = {
        "unpivot": {"exclude": ["day"], "nameTo": "CURRENCY", "valueTo": "RATE"},
        "mapping": {"day": "day", "currency": "CURRENCY", "rate": {"source": "RATE", "decimalComma": True}},
    }
    amount = {"logicalType": "decimal", "precision": 12, "scale": 3}
    rule = group_rule(
        severity="warning", groupBy=["currency"], check="sum(rate) < 9", column="rate", message="{rate} as {value}"
    )
    registry = workshop.registry({"day": STRING, "currency": STRING, "rate": amount}, layout=layout, quality=[rule])
    judged = workshop.judge(registry, 'day,USD,JPY\n1,"1,5",\n2,"x","7,50"\n3,"8,5","2,50"\n')
    # The dollar lost a row to an error; the first row of the yen is that of the second day.
    assert judged.found == [(3, "JPY", "7,50", rule["id"].upper()), (3, "USD", "x", "TYPE_DECIMAL")]
    assert judged.issues[0]["message"] == "7.500 as 7,50"


def test_an_expression_that_fails_on_a_value_ends_nothing(workshop: Workshop) -> None:
    layout = {
        "mapping": {"a": {"sql": 'CAST(CAST("a" AS INTEGER) + 1 AS VARCHAR)'}},
        "where": "CAST(a AS INTEGER) > -1",
    }
    registry = workshop.registry({"a": INTEGER}, layout=layout)
    judged = workshop.judge(registry, "a\n1\nx\n")
    assert judged.column("a") == [2]
    assert judged.judgement.rows_skipped == 1


def test_what_two_rules_have_in_common_may_fail_in_both(workshop: Workshop) -> None:
    rule = {"severity": "error", "level": 1, "dimension": "accuracy", "column": "a", "message": "m", "cure": "c"}
    quality = [
        rule | {"id": "this_year", "check": "CAST(left(a, 4) AS INTEGER) = 2026"},
        rule | {"id": "not_before", "check": "CAST(left(a, 4) AS INTEGER) >= 2025"},
    ]
    layout = {
        "mapping": {"a": {"sql": "a"}, "b": {"sql": "CAST(a AS INTEGER)"}, "c": {"sql": "CAST(a AS INTEGER) + 1"}}
    }
    registry = workshop.registry({"a": STRING, "b": INTEGER, "c": INTEGER}, quality=quality, layout=layout)
    judged = workshop.judge(registry, "a\n31-0\n2026\n2025\n")
    # What cannot be asked of a value is no fault of it.
    assert judged.found == [(4, "a", "2025", "THIS_YEAR")]
    assert [(row["b"], row["c"]) for row in judged.accepted] == [(None, None), (2026, 2027)]


def test_wrong_sql_of_a_contract_is_told_with_its_place(workshop: Workshop) -> None:
    rule = {
        "id": "r",
        "severity": "error",
        "level": 1,
        "dimension": "accuracy",
        "message": "m",
        "cure": "c",
    }
    registry = workshop.registry({"a": INTEGER}, quality=[rule | {"check": "nothing_such(a)"}])
    with pytest.raises(ContractSqlError, match=r"feeds/made\.yml"):
        workshop.judge(registry, "a\n1\n")
    registry = workshop.registry({"a": INTEGER}, layout={"mapping": {"a": {"sql": "((a"}}})
    with pytest.raises(ContractSqlError, match=r"layouts\.only\.mapping\.a"):
        workshop.judge(registry, "a\n1\n")


def test_nothing_is_capped(workshop: Workshop) -> None:
    rows = 120_000
    registry = workshop.registry({"number": INTEGER, "a": INTEGER, "b": {"logicalType": "date"}})
    judged = workshop.judge(registry, "number,a,b\n" + "".join(f"{n},x{n},2024\n" for n in range(rows)))
    assert {(count.code, count.count) for count in judged.judgement.issue_counts} == {
        ("TYPE_INTEGER", rows),
        ("TYPE_DATE", rows),
    }
    issues = judged.issues
    assert len(issues) == 2 * rows
    assert (issues[-2]["line"], issues[-2]["value"]) == (rows + 1, f"x{rows - 1}")
    assert judged.judgement.verdict == "refused"


def test_the_same_delivery_gives_the_same_bytes(workshop: Workshop) -> None:
    registry = workshop.registry(
        {"key": STRING, "value": INTEGER},
        properties=KEYED,
        quality=[group_rule(groupBy=["key"], check="sum(value) < 9", column="value", message="{key}")],
    )
    text = "key,value\n" + "".join(f"k{n % 30_000},{'x' if n % 7 == 0 else n % 11}\n" for n in range(40_000))
    first, second = (workshop.judge(registry, text) for _ in range(2))
    assert first.judgement.issues.read_bytes() == second.judgement.issues.read_bytes()
    assert first.judgement.accepted is not None
    assert second.judgement.accepted is not None
    assert first.judgement.accepted.read_bytes() == second.judgement.accepted.read_bytes()
    assert first.judgement.rows_refused > 0


def test_accepted_rows_are_in_the_order_of_the_file(workshop: Workshop) -> None:
    # In many blocks of the reader, so that two threads have something to do; by rules that DuckDB would make joins of,
    # which hand rows on in any order.
    validity = "".join(f"C{n},c,{2000 + n}-01-01,\n" for n in range(20))
    concepts = {
        "key": STRING,
        "value": INTEGER,
        "code": {"logicalType": "code", "codelist": "made"},
        "day": {"logicalType": "date"},
    }
    rule = {"severity": "error", "level": 1, "dimension": "accuracy", "column": "code", "message": "m", "cure": "c"}
    among = rule | {"id": "among", "check": f"code IN ({', '.join(repr(f'C{n}') for n in range(20))})"}
    registry = workshop.registry(
        concepts,
        properties=[{"name": "key"}, {"name": "value"}, {"name": "code", "validAt": "day"}, {"name": "day"}],
        quality=[among],
        codelists={"made": validity},
    )
    text = "key,value,code,day\n" + "".join(
        f"{n:0100},{'x' if n % 5_000 == 0 else n},C{n % 20},2024-05-01\n" for n in range(200_000)
    )
    assert workshop.judge(registry, text).column("_line_number") == [n + 2 for n in range(200_000) if n % 5_000]


def test_documents_in_cells_are_refused_before_they_fill_the_memory(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_source, "_WINDOW_BYTES", 1 << 20)
    text = "a,b\nx,1\n" + "".join(f"{number},{'é' * 20_000}\n" for number in range(1000))
    judged = workshop.judge(workshop.registry({"a": INTEGER, "b": STRING}), text)
    assert judged.judgement.verdict == "refused"
    assert [code for _, _, _, code in judged.found] == ["TYPE_INTEGER", "RECORDS_TOO_LONG"]
    assert not judged.judgement.readable


HOSTILE = [
    "'; DROP TABLE records; --",
    '"; SELECT 1 --',
    "=HYPERLINK(\"http://x\",\"y\")",
    "😀👩‍👩‍👧‍👦",
    "{value}{column}{0}%s$1",
    "\\",
    "NULL",
    " line",
    "_issues",
    "\u202egnp.exe",
    "x" * 70_000,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_and_headers_stay_values_and_headers(workshop: Workshop, value: str) -> None:
    quoted = '"' + value.replace('"', '""') + '"'
    layout = {"strictColumns": True, "mapping": {"a": "a", "b": "b"}}
    registry = workshop.registry({"a": STRING, "b": INTEGER}, layout=layout)
    judged = workshop.judge(registry, f"a,b,{quoted}\n{quoted},{quoted},1\nfine,1,1\n")
    assert judged.column("a") == ["fine"]
    (header, cell) = judged.issues
    assert header["code"] == "COLUMN_UNKNOWN"
    assert cell["code"] == "TYPE_INTEGER"
    shown = value.strip()
    assert cell["value"] == (shown if len(shown) <= 200 else shown[:199] + "…")
    registry = workshop.registry({"a": STRING, "b": STRING}, layout=layout)
    judged = workshop.judge(registry, f"a,b,_line_number\n{quoted},{quoted},7\n")
    assert judged.column("a") == [shown]
    assert judged.column("_line_number") == [2]
