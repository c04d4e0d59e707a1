"""Each rule that every contract has: what it finds, how it names it, and what it leaves alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from .conftest import Found, Workshop

STRING: dict[str, Any] = {"logicalType": "string"}


@pytest.mark.parametrize(
    ("concept", "good", "bad", "code"),
    [
        (
            {"logicalType": "integer"},
            {"1": 1, "-5": -5, "+7": 7, "007": 7, "9223372036854775807": 2**63 - 1},
            ["1.0", "1 000", "1e3", "1_0", "--1", "x", "9223372036854775808", "1-", "٣"],
            "TYPE_INTEGER",
        ),
        (
            {"logicalType": "decimal", "precision": 9, "scale": 2},
            {"1": Decimal("1.00"), "-.5": Decimal("-0.50"), "1.": Decimal("1.00"), "1.005": Decimal("1.01")},
            ["1 000.00", "1.000.000", "1e3", "12345678.00", "5 EUR", "-", ".", "NaN"],
            "TYPE_DECIMAL",
        ),
        (
            {"logicalType": "number"},
            {"1.5e3": 1500.0, "-2": -2.0},
            ["inf", "nan", "1e999", "1_000", "e5"],
            "TYPE_DECIMAL",
        ),
        (
            {"logicalType": "boolean"},
            {"true": True, "0": False, "TRUE": True},
            ["yes", "2", "t"],
            "TYPE_BOOLEAN",
        ),
        (
            {"logicalType": "period", "frequencies": ["Q", "cycle"]},
            {"2026-Q1": "2026-Q1", "2018-2020": "2018-2020"},
            ["2026-Q5", "2026", "2020-2018", "2026-q1", "x2026-Q1"],
            "TYPE_PERIOD",
        ),
        (
            {"logicalType": "period", "frequencies": ["D"]},
            {"2024-02-29": "2024-02-29"},
            ["2023-02-29", "2024-2-9"],
            "TYPE_PERIOD",
        ),
    ],
)
def test_texts_are_typed_strictly(
    workshop: Workshop, concept: dict[str, Any], good: dict[str, Any], bad: list[str], code: str
) -> None:
    registry = workshop.registry({"number": STRING, "it": concept})
    lines = (f"{number},{text}\n" for number, text in enumerate([*good, *bad]))
    judged = workshop.judge(registry, "number,it\n" + "".join(lines))
    assert judged.column("it") == list(good.values())
    first = 2 + len(good)
    assert judged.found == [(first + place, "it", text, code) for place, text in enumerate(bad)]


def test_dates_are_calendar_dates_in_iso_or_in_the_formats_of_the_layout(workshop: Workshop) -> None:
    concepts = {"iso": {"logicalType": "date"}, "eu": {"logicalType": "date"}, "at": {"logicalType": "timestamp"}}
    layout = {"mapping": {"iso": "iso", "eu": {"source": "eu", "dateFormats": ["%d/%m/%Y"]}, "at": "at"}}
    judged = workshop.judge(
        workshop.registry(concepts, layout=layout),
        "iso,eu,at\n2024-02-29,29/02/2024,2024-01-01T00:30:00+02:00\n2024-2-29,2024-02-29,2024-01-01 24:30\n"
        "2023-02-29,1/1/24,yesterday\n",
    )
    assert [str(value) for value in judged.accepted[0].values()][:3] == [
        "2024-02-29",
        "2024-02-29",
        "2023-12-31 22:30:00",
    ]
    assert [(line, column) for line, column, _, _ in judged.found] == [
        (line, column) for line in (3, 4) for column in ("at", "eu", "iso")
    ]
    assert "DD/MM/YYYY" in next(issue["cure"] for issue in judged.issues if issue["column"] == "eu")


def test_decimal_commas_and_factors_are_exact(workshop: Workshop) -> None:
    concepts = {
        "mass": {"logicalType": "decimal", "precision": 20, "scale": 3},
        "pieces": {"logicalType": "integer"},
    }
    layout = {
        "mapping": {
            "mass": {"source": "mass", "decimalComma": True, "factor": 0.1},
            "pieces": {"source": "pieces", "factor": 12},
        }
    }
    judged = workshop.judge(
        workshop.registry(concepts, layout=layout), 'mass,pieces\n"1234,56",2.5\n"0,3",2\n1.5,1\n"1,2,3",1\n"1,0",0.1\n'
    )
    assert judged.column("mass") == [Decimal("123.456"), Decimal("0.030")]
    assert judged.column("pieces") == [30, 24]
    assert judged.found == [
        (4, "mass", "1.5", "TYPE_DECIMAL"),
        (5, "mass", "1,2,3", "TYPE_DECIMAL"),
        (6, "pieces", "0.1", "TYPE_INTEGER"),
    ]


def test_required_values_bounds_lengths_and_patterns(workshop: Workshop) -> None:
    concepts = {
        "name": {"logicalType": "string", "maxLength": 3},
        "count": {"logicalType": "integer", "minimum": 0, "maximum": 10},
        "form": {"logicalType": "string", "pattern": "[0-9]{2}", "examples": ["12", "40"]},
    }
    properties = [{"name": "name", "required": True}, {"name": "count"}, {"name": "form"}]
    judged = workshop.judge(
        workshop.registry(concepts, properties=properties), "name,count,form\nabc,0,12\n,10,12\näöüß,-1,123\nx,11,1\n"
    )
    assert judged.found == [
        (3, "name", None, "MISSING_VALUE"),
        (4, "count", "-1", "OUT_OF_RANGE"),
        (4, "form", "123", "PATTERN_MISMATCH"),
        (4, "name", "äöüß", "TEXT_TOO_LONG"),
        (5, "count", "11", "OUT_OF_RANGE"),
        (5, "form", "1", "PATTERN_MISMATCH"),
    ]
    assert judged.judgement.verdict == "accepted_with_warnings"
    assert (judged.judgement.rows_accepted, judged.judgement.rows_refused) == (1, 3)
    assert judged.issues[1]["cure"] == "The value must be at least 0 and at most 10"
    assert judged.issues[2]["cure"] == "Write it like 12 or 40"
    assert judged.issues[0]["rule"] == "name.missing_value"


COUNTRIES = "DE,Germany,,\nEL,Greece,,\nUK,United Kingdom,,2020-12-31\nXI,Northern Ireland,2021-01-01,\n"


def test_codes_are_looked_up_with_their_aliases_and_their_validity(workshop: Workshop) -> None:
    concepts = {
        "area": {"logicalType": "code", "codelist": "area", "aliases": "area", "upper": True},
        "day": {"logicalType": "date"},
    }
    registry = workshop.registry(
        concepts,
        properties=[{"name": "area", "validAt": "day"}, {"name": "day"}],
        codelists={"area": COUNTRIES},
        aliases={"area": "GR,EL\nHellas,EL\n"},
    )
    judged = workshop.judge(
        registry,
        "area,day\nde,2024-01-01\nGR,2024-01-01\nhellas,2024-01-01\nUK,2020-12-31\nUK,2021-01-01\nXI,2020-12-31\n"
        "ZZ,2024-01-01\nUK,\n,2024-01-02\n",
    )
    assert judged.column("area") == ["DE", "EL", "UK", "UK", None]
    assert judged.found == [
        (4, None, "3", "DUPLICATE_ROW"),
        (6, "area", "UK", "CODE_NOT_VALID"),
        (7, "area", "XI", "CODE_NOT_VALID"),
        (8, "area", "ZZ", "CODE_UNKNOWN"),
    ]


def test_a_code_may_be_valid_twice_and_is_judged_at_the_last_day_of_a_period(workshop: Workshop) -> None:
    concepts = {
        "code": {"logicalType": "code", "codelist": "it"},
        "time": {"logicalType": "period", "frequencies": ["A", "Q", "M"]},
    }
    registry = workshop.registry(
        concepts,
        properties=[{"name": "code", "validAt": "time"}, {"name": "time"}],
        codelists={"it": "A,a,2010-01-01,2012-12-31\nA,a,2020-02-29,\nB,b,,\n"},
    )
    times = ["2009", "2012", "2013-Q1", "2020-01", "2020-02", "2020-Q1", "2026-Q1", "2019"]
    judged = workshop.judge(registry, "code,time\n" + "".join(f"A,{time}\n" for time in times) + "B,1999\n")
    assert judged.column("time") == ["2012", "2020-02", "2020-Q1", "2026-Q1", "1999"]
    assert [line for line, _, _, code in judged.found if code == "CODE_NOT_VALID"] == [2, 4, 5, 9]


def test_a_list_known_to_be_incomplete_warns_and_a_list_without_codes_knows_none(workshop: Workshop) -> None:
    concepts = {"code": {"logicalType": "code", "codelist": "few"}, "none": {"logicalType": "code", "codelist": "no"}}
    registry = workshop.registry(
        concepts,
        properties=[{"name": "code", "codelistSeverity": "warning"}, {"name": "none"}],
        codelists={"few": "A,a,,\n", "no": ""},
    )
    judged = workshop.judge(registry, "code,none\nA,\nB,\nA,X\n")
    assert judged.column("code") == ["A", "B"]
    assert [(line, code) for line, _, _, code in judged.found] == [(3, "CODE_UNKNOWN"), (4, "CODE_UNKNOWN")]


def test_rows_keep_the_order_of_the_file_whatever_the_codelists_say(workshop: Workshop) -> None:
    concepts = {
        "number": {"logicalType": "integer"},
        "day": {"logicalType": "date"},
        "code": {"logicalType": "code", "codelist": "many", "aliases": "many"},
    }
    registry = workshop.registry(
        concepts,
        properties=[
            {"name": "number"},
            {"name": "day"},
            {"name": "code", "validAt": "day", "codelistSeverity": "warning"},
        ],
        codelists={"many": "".join(f"C{number},c,2000-01-01,\n" for number in range(2000))},
        aliases={"many": "".join(f"alias {number},C{number}\n" for number in range(2000))},
    )
    rows = 20_000
    codes = [("", "nothing", "C1", f"C{number % 2000}", f"Alias {number % 2000}")[number % 5] for number in range(rows)]
    judged = workshop.judge(
        registry,
        "number,day,code\n" + "".join(f"{number},2024-01-01,{code}\n" for number, code in enumerate(codes)),
    )
    assert judged.column("number") == list(range(rows))
    assert judged.column("_line_number") == list(range(2, rows + 2))
    assert judged.column("code") == [code.replace("Alias ", "C") or None for code in codes]


def test_a_delivery_has_one_sender_and_one_period_that_has_begun(workshop: Workshop) -> None:
    concepts = {
        "who": {"logicalType": "code", "codelist": "area", "aliases": "area"},
        "time": {"logicalType": "period", "frequencies": ["A", "Q", "M", "D", "cycle"]},
    }
    registry = workshop.registry(
        concepts,
        layout={"sender": {"column": "who"}, "period": {"column": "time"}},
        codelists={"area": COUNTRIES},
        aliases={"area": "GR,EL\n"},
    )
    judged = workshop.judge(registry, "who,time\nGR,2026-Q1\nDE,2026-Q1\nEL,2026-Q2\n", sender="EL")
    assert judged.found == [
        (3, "who", "DE", "SENDER_MISMATCH"),
        (4, "time", "2026-Q2", "PERIOD_MISMATCH"),
    ]
    begun = ["2026", "2026-Q2", "2026-05", "2026-05-15", "2026-2028"]
    future = ["2027", "2026-Q3", "2026-06", "2026-05-16", "2027-2029"]
    judged = workshop.judge(registry, "who,time\n" + "".join(f"EL,{time}\n" for time in begun + future), sender="EL")
    assert [value for _, _, value, code in judged.found if code == "PERIOD_FUTURE"] == future


def test_rules_of_the_contract_name_the_values_of_the_row(workshop: Workshop) -> None:
    concepts = {"a": {"logicalType": "integer"}, "b": {"logicalType": "integer"}, "kind": STRING}
    quality = [
        {
            "id": "b_is_not_above_a",
            "check": "b <= a",
            "when": "kind = 'x'",
            "severity": "error",
            "level": 1,
            "dimension": "consistency",
            "column": "b",
            "message": "{b} is above {a} in {column}; {unknown} stays",
            "cure": "Lower {b}",
        }
    ]
    judged = workshop.judge(workshop.registry(concepts, quality=quality), "a,b,kind\n1,2,x\n2,1,x\n1,2,y\n,2,x\n1,2,\n")
    assert judged.found == [(2, "b", "2", "B_IS_NOT_ABOVE_A")]
    assert judged.issues[0]["message"] == "2 is above 1 in b; {unknown} stays"
    assert judged.issues[0]["cure"] == "Lower 2"
    assert judged.issues[0]["rule"] == "b_is_not_above_a"


def test_an_error_refuses_the_row_or_the_delivery_as_the_contract_says(workshop: Workshop) -> None:
    text = "it\n1\nx\n"
    rows = workshop.judge(workshop.registry({"it": {"logicalType": "integer"}}), text)
    assert (rows.judgement.verdict, rows.column("it")) == ("accepted_with_warnings", [1])
    registry = workshop.registry({"it": {"logicalType": "integer"}}, onError="refuse_delivery")
    whole = workshop.judge(registry, text)
    assert (whole.judgement.verdict, whole.judgement.accepted) == ("refused", None)
    assert (whole.judgement.rows_read, whole.judgement.rows_accepted, whole.judgement.rows_refused) == (2, 0, 2)
    assert whole.found == rows.found
    assert workshop.judge(registry, "it\n1\n").judgement.verdict == "accepted"


def test_accepted_rows_have_the_schema_of_the_contract_and_their_lineage(workshop: Workshop, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    registry = workshop.registry(
        {"it": {"logicalType": "integer"}, "text": STRING},
        properties=[{"name": "it", "required": True}, {"name": "text"}],
    )
    judged = workshop.judge(registry, "text,it\na,1\n", delivery_id="abc123")
    assert judged.judgement.accepted is not None
    assert pq.read_schema(judged.judgement.accepted).equals(registry.arrow_schema("made"))
    assert judged.accepted == [{"it": 1, "text": "a", "_delivery_id": "abc123", "_line_number": 2}]


def test_several_errors_of_one_row_are_all_listed_in_the_order_of_lines(workshop: Workshop) -> None:
    concepts = {name: {"logicalType": "integer", "minimum": 0} for name in ("a", "b", "c")}
    judged = workshop.judge(workshop.registry(concepts), "c,b,a\n-1,x,-2\n1,1,1\ny,-3,2\n")
    expected: list[Found] = [
        (2, "a", "-2", "OUT_OF_RANGE"),
        (2, "b", "x", "TYPE_INTEGER"),
        (2, "c", "-1", "OUT_OF_RANGE"),
        (4, "b", "-3", "OUT_OF_RANGE"),
        (4, "c", "y", "TYPE_INTEGER"),
    ]
    assert judged.found == expected
