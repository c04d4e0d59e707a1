"""The one-pass SQL against a judge written in plain Python, cell by cell, over generated contracts and rows."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Workshop

CODES: Mapping[str, Sequence[tuple[date, date]]] = {
    "A": [(date.min, date.max)],
    "OLD": [(date.min, date(2020, 12, 31))],
    "NEW": [(date(2021, 1, 1), date.max)],
    "BACK": [(date(2010, 1, 1), date(2012, 12, 31)), (date(2022, 1, 1), date.max)],
}
ALIASES = {"first": "A", "former": "OLD"}
CONCEPTS: dict[str, dict[str, Any]] = {
    "name": {"logicalType": "string", "maxLength": 4},
    "count": {"logicalType": "integer", "minimum": 0, "maximum": 100},
    "value": {"logicalType": "decimal", "precision": 8, "scale": 2, "minimum": 0.5},
    "day": {"logicalType": "date"},
    "flag": {"logicalType": "boolean"},
    "time": {"logicalType": "period", "frequencies": ["Q", "M"]},
    "code": {"logicalType": "code", "codelist": "codes", "aliases": "codes"},
}
CELLS = {
    "name": st.sampled_from(["", "a", "b", "ab'c", "toolong", "ünï"]) | st.text("ab🐟'\"{", max_size=6),
    "count": st.sampled_from(["", "0", "7", "100", "101", "-1", "1.0", "1 000"])
    | st.text("0123456789+-.e_", max_size=4),
    "value": st.sampled_from(["", "0.5", "0.49", "0.495", "999999.99", "999999.995", "1000000"])
    | st.text("0123456789+-.,e", max_size=5),
    "day": st.sampled_from(["", "2020-12-31", "2021-01-01", "2011-06-01", "2023-02-29", "2024-02-29", "01/02/2024"])
    | st.text("0123456789-", min_size=8, max_size=10),
    "flag": st.sampled_from(["", "true", "FALSE", "1", "0", "yes"]),
    "time": st.sampled_from(["", "2026-Q1", "2026-Q2", "2026-Q3", "2026-05", "2026-06", "2026-13", "2026", "2026-Q5"]),
    "code": st.sampled_from(["", "A", "OLD", "NEW", "BACK", "first", " Former", "a", "ZZZ"]),
}  # fmt: skip


def typed(name: str, text: str | None) -> Any:
    """Return the value; None for what is empty and for what is wrong."""
    if text is None:
        return None
    match CONCEPTS[name]["logicalType"]:
        case "integer":
            return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else None
        case "decimal":
            if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
                return None
            value = Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return value if abs(value) < 10**6 else None
        case "date":
            if not re.fullmatch(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}", text):
                return None
            try:
                return date.fromisoformat(text)
            except ValueError:
                return None
        case "boolean":
            return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
        case "period":
            return text if re.fullmatch(r"[0-9]{4}-(Q[1-4]|0[1-9]|1[0-2])", text) else None
        case _:
            return text


def judge_row(texts: Mapping[str, str | None], required: set[str], key: set[str]) -> set[tuple[str, str]]:
    """Return column and code of everything that is wrong with one row by itself."""
    found: set[tuple[str, str]] = set()
    day = typed("day", texts["day"])
    for name, text in texts.items():
        value = typed(name, text)
        if text is None:
            found |= {(name, "MISSING_VALUE")} if name in required else set()
            continue
        if value is None:
            code = {"count": "INTEGER", "value": "DECIMAL", "day": "DATE", "flag": "BOOLEAN", "time": "PERIOD"}[name]
            found.add((name, f"TYPE_{code}"))
        elif (name == "count" and not 0 <= value <= 100) or (name == "value" and value < Decimal("0.5")):
            found.add((name, "OUT_OF_RANGE"))
        elif name == "name" and len(value) > 4:
            found.add((name, "TEXT_TOO_LONG"))
        elif name == "time" and name in key and value > ("2026-Q2" if "Q" in value else "2026-05"):
            found.add((name, "PERIOD_FUTURE"))
        elif name == "code":
            if value not in CODES:
                found.add((name, "CODE_UNKNOWN"))
            elif day is not None and not any(first <= day <= last for first, last in CODES[value]):
                found.add((name, "CODE_NOT_VALID"))
    return found


def judge_all(
    rows: Sequence[Mapping[str, str | None]], required: set[str], key: Sequence[str]
) -> tuple[set[tuple[int, str | None, str]], list[int]]:
    """Return line, column and code of every issue, and the lines that are accepted."""
    issues: set[tuple[int, str | None, str]] = set()
    refused: set[int] = set()
    groups: dict[tuple[Any, ...], list[tuple[int, tuple[Any, ...]]]] = defaultdict(list)
    for line, row in enumerate(rows, start=2):
        found = judge_row(row, required, set(key))
        issues |= {(line, column, code) for column, code in found}
        if found:
            refused.add(line)
        unread = {column for column, code in found if code.startswith("TYPE_")}
        unknown = unread | {column for column, code in found if code == "MISSING_VALUE"}
        if unknown & set(key) or (not key and unread):
            continue
        values = tuple(typed(name, row[name]) for name in CONCEPTS)
        whole = (*values, line if unread else None)
        groups[tuple(typed(name, row[name]) for name in key) if key else whole].append((line, whole))
    dropped: set[int] = set()
    for members in groups.values():
        lines = [line for line, _ in members]
        if len({whole for _, whole in members}) > 1:
            issues |= {(line, ", ".join(key), "DUPLICATE_KEY") for line in lines}
            refused |= set(lines)
        else:
            issues |= {(line, None, "DUPLICATE_ROW") for line in lines[1:]}
            dropped |= set(lines[1:])
    return issues, [line for line in range(2, len(rows) + 2) if line not in refused | dropped]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    rows=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=25),
    repeated=st.lists(st.integers(0, 24), max_size=6),
    required=st.sets(st.sampled_from(sorted(CONCEPTS)), max_size=3),
    key=st.lists(st.sampled_from(["name", "count", "time"]), max_size=2, unique=True),
)
def test_sql_and_plain_python_find_the_same(
    rows: list[dict[str, str]], repeated: list[int], required: set[str], key: list[str]
) -> None:
    rows = rows + [rows[number % len(rows)] for number in repeated]
    ordered_key = [name for name in CONCEPTS if name in key]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(CONCEPTS), quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder))
        registry = workshop.registry(
            CONCEPTS,
            properties=[
                {"name": name, "required": name in required, "primaryKey": name in key}
                | ({"validAt": "day"} if name == "code" else {})
                for name in CONCEPTS
            ],
            codelists={
                "codes": "".join(
                    f"{code},c,{'' if first == date.min else first},{'' if last == date.max else last}\n"
                    for code, periods in CODES.items()
                    for first, last in periods
                )
            },
            aliases={"codes": "".join(f"{alias},{code}\n" for alias, code in ALIASES.items())},
        )
        judged = workshop.judge(registry, text.getvalue())
        mapped = [
            {
                name: ALIASES.get(cell.strip().lower(), cell.strip()) if name == "code" else cell.strip()
                for name, cell in row.items()
            }
            for row in rows
        ]
        issues, lines = judge_all(
            [{name: cell or None for name, cell in row.items()} for row in mapped], required, ordered_key
        )
        assert {(line, column, code) for line, column, _, code in judged.found} == issues
        assert len(judged.found) == len(issues)
        assert judged.column("_line_number") == lines
