"""The one-pass SQL and the Great Expectations suite are two readings of one contract: they count the same.

Compared is every rule about rows, groups and deliveries that could be read. Outside the comparison are the codes of
`suite.UNREAD`, each with its reason there.
"""

from __future__ import annotations

import csv
import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from customs_monitor.contracts import Contract, Layout, Project, Registry
from customs_monitor.validation.expectations import BatchSource, BatchVerdict, judge_batch
from customs_monitor.validation.judge import Delivery, judge
from customs_monitor.validation.suite import UNREAD, WRITTEN_OUT, expectations_of
from customs_storage.hashing import sha256_of

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "feeds"
RECEIVED = datetime(2026, 6, 30, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Readings:
    """How often each rule is broken, by both readings.

    Attributes:
        sql: by rule, as the one-pass SQL counts; unread codes left out.
        gx: by rule, as Great Expectations counts; rules of the other reading only.
        codes: the codes the one-pass SQL has used.
    """

    sql: Mapping[str, int]
    gx: Mapping[str, int]
    codes: frozenset[str]
    verdict: BatchVerdict | None


def read_twice(
    registry: Registry, feed: str, deliveries: Sequence[tuple[Path, Layout, Delivery]], scratch: Path
) -> Readings:
    contract = registry.feeds[feed]
    counted: Counter[str] = Counter()
    codes: set[str] = set()
    sources = []
    for path, layout, delivery in deliveries:
        found = judge(path, delivery, contract, layout, registry, scratch / delivery.delivery_id)
        codes |= {issue.code for issue in found.issue_counts}
        if found.readable:
            sources.append(BatchSource(path, layout, delivery))
            for issue in found.issue_counts:
                # The reader's own codes, about records, are not in the catalogue at all.
                if issue.code not in UNREAD and not issue.rule.startswith("record."):
                    counted[issue.rule] += issue.rows
    if not sources:
        return Readings(counted, {}, frozenset(codes), None)
    verdict = judge_batch(registry, contract, sources, scratch / "batch")
    gx = {item.rule: item.unexpected_count for item in verdict.results if item.comparable and item.unexpected_count}
    return Readings(dict(counted), gx, frozenset(codes), verdict)


def golden_deliveries(contract: Contract, folder: Path, scratch: Path) -> list[tuple[Path, Layout, Delivery]]:
    deliveries = []
    for case in sorted(path.parent for path in folder.glob("*/case.yml")):
        known = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))
        source = next(case.glob("delivery.*"))
        path = scratch / case.name / known.get("file_name", source.name)
        path.parent.mkdir(parents=True)
        shutil.copy(source, path)
        delivery = Delivery(
            feed=contract.id,
            delivery_id=case.name,
            sender=known["sender"],
            period=known["period"],
            received_at=RECEIVED,
            file_name=path.name,
            sha256=sha256_of(path),
        )
        deliveries.append((path, contract.layout(known["layout"]), delivery))
    return deliveries


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.mark.parametrize("feed", sorted(path.name for path in GOLDEN.iterdir()))
def test_both_count_the_same_on_the_golden_cases_of_a_feed(feed: str, registry: Registry, tmp_path: Path) -> None:
    deliveries = golden_deliveries(registry.feeds[feed], GOLDEN / feed, tmp_path / "inbox")
    assert deliveries
    readings = read_twice(registry, feed, deliveries, tmp_path)
    assert readings.gx == readings.sql


CONCEPTS = """
concepts:
  item_ref: {label: Ref, definition: d, logicalType: string, maxLength: 4}
  item_number: {label: Number, definition: d, logicalType: integer, minimum: 0, maximum: 100}
  amount_eur: {label: Amount, definition: d, logicalType: decimal, precision: 12, scale: 2, minimum: 0.01, unit: EUR}
  share: {label: Share, definition: d, logicalType: number, maximum: 1}
  event_date: {label: Day, definition: d, logicalType: date}
  event_at: {label: Time, definition: d, logicalType: timestamp}
  is_checked: {label: Checked, definition: d, logicalType: boolean}
  ref_period: {label: Period, definition: d, logicalType: period, frequencies: [A, Q, M, D, cycle]}
  form_code: {label: Form, definition: d, logicalType: string, pattern: "[a-z]{1,3}:[0-9]+"}
  small_code: {label: Small, definition: d, logicalType: code, codelist: small, upper: true}
  large_code: {label: Large, definition: d, logicalType: code, codelist: large}
  dated_code: {label: Dated, definition: d, logicalType: code, codelist: dated}
  note_text: {label: Note, definition: d, logicalType: string}
"""

TEXTS = {
    "item_ref": ["R1", "R2", "R3", "R1", "ÄÖÜß", "toolong", "", "'; DROP", "a{b}"],
    "item_number": ["1", "2", "3", "100", "101", "-1", "1.5", "1 000", "x", "", "+7", "9" * 30],
    "amount_eur": ["1.00", "0.01", "0.00", "-3", "1,5", "12.345", "1e3", "", "1.000.000", "99999999999.99", "60.00"],
    "share": ["0.5", "1", "1.0000001", "1e-3", "nan", "inf", "", "2"],
    "event_date": ["2024-02-29", "2023-02-29", "2021-01-31", "2020-01-31", "01/02/2024", "", "0024-01-01", "2024-1-1"],
    "event_at": ["2024-01-01T10:00:00Z", "2024-01-01 25:00", "2024-01-01", "", "2020-01-31T23:59:59+02:00"],
    "is_checked": ["true", "false", "1", "0", "yes", ""],
    "ref_period": [
        "2024-Q4", "2024", "2024-12", "2024-12-31", "2018-2020", "2020-Q1", "2020-01-31", "2024-Q5", "2024-13",
        "2024-02-30", "2020-2018", "2026", "2027", "2026-Q3", "2026-07", "2026-07-01", "2026-06-30", "2027-2028", "_Z",
        "", "0000",
    ],
    "form_code": ["ab:12", "abcd:1", "ab:", "", "AB:1", "ab:12\tx"],
    "small_code": ["A", "b", "C", "X", "", "a b"],
    "large_code": ["L0", "L7", "L399", "L400", "l0", ""],
    "dated_code": ["ALWAYS", "OLD", "NEW", "BACK", "NEVER", ""],
    "note_text": ["", "12", "7", "free {text} :with %s $marks", "x:y", "<b>&</b>"],
}  # fmt: skip

#: Columns of good rows that differ from row to row.
VARIED = ("item_ref", "item_number", "note_text")

RULES = """
    - {id: checked_is_small, check: amount_eur <= 50, when: is_checked, severity: error, level: 1,
       dimension: consistency, column: amount_eur, message: m, cure: c}
    - {id: note_is_a_number, check: CAST(note_text AS INTEGER) > 11, severity: information, level: 5,
       dimension: accuracy, message: m, cure: c}
    - {id: note_has_no_mark, check: "NOT regexp_matches(note_text, '^[a-z]{1,2}:y$') AND note_text <> ':with'",
       severity: warning, level: 1, dimension: conformity, layouts: [plain], message: m, cure: c}
"""
GROUPS = """
    - {id: items_are_few, kind: group, groupBy: [item_ref], check: count(*) <= 2, severity: error, level: 1,
       dimension: consistency, column: item_ref, message: m, cure: c}
    - {id: amounts_agree, kind: group, groupBy: [item_ref, small_code], check: sum(amount_eur) > 1.00,
       when: CAST(note_text AS INTEGER) > 1 OR note_text IS NULL, severity: warning, level: 5, dimension: accuracy,
       message: m, cure: c}
"""

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: made
name: Made
version: 1.0.0
status: active
domain: made
description: {{purpose: p}}
sourceSystem: s
owner: o
legalBasis: l
licence: l
cadence: monthly
senders: {{codes: [X]}}
onError: {on_error}
since: 2024-01-01
schema:
  properties:
{properties}
  quality: {quality}
layouts:
  - id: plain
    title: t
    claims: {{path: ["made/*"]}}
    format: {{type: csv, delimiter: ","}}
    sender: {{constant: X}}
    period: {{{period}}}
    mapping:
{mapping}
  - id: other
    title: t
    claims: {{path: ["other/*"]}}
    format: {{type: csv, delimiter: ";"}}
    sender: {{column: item_ref}}
    period: {{constant: 2024-Q4}}
    where: "NOTE_TEXT IS DISTINCT FROM 'total'"
    mapping:
{mapping}
"""


def make_project(root: Path, seed: int) -> Registry:
    """Write a project with one contract, drawn by the seed; every kind of rule is in every third contract or more."""
    choose = random.Random(seed)
    (root / "expectations" / "feeds").mkdir(parents=True)
    (root / "expectations" / "concepts").mkdir()
    lists = root / "dbt_project" / "seeds" / "codelists"
    lists.mkdir(parents=True)
    shutil.copy(Project.locate().expectations / "rules.yml", root / "expectations" / "rules.yml")
    (root / "expectations" / "concepts" / "made.yml").write_text(CONCEPTS, encoding="utf-8")
    header = "code,label,valid_from,valid_to\n"
    (lists / "cl_small.csv").write_text(header + "A,a,,\nB,b,,\nC,c,,\n", encoding="utf-8")
    many = "".join(f"L{number},l,,\n" for number in range(WRITTEN_OUT + 100))
    (lists / "cl_large.csv").write_text(header + many, encoding="utf-8")
    dated = "OLD,o,,2020-12-31\nNEW,n,2021-01-01,\nBACK,b,,2019-12-31\nBACK,b,2022-01-01,2024-12-30\nALWAYS,a,,\n"
    (lists / "cl_dated.csv").write_text(header + dated, encoding="utf-8")

    has_key = choose.random() < 0.7
    valid_at = choose.choice(["event_date", "event_at", "ref_period"])
    properties = []
    for name in TEXTS:
        keys = []
        if has_key and name in ("item_ref", "item_number", "ref_period"):
            keys.append("primaryKey: true")
            keys.append(f"required: {str(choose.random() < 0.7).lower()}")
        elif choose.random() < 0.3:
            keys.append("required: true")
        if name == "dated_code":
            keys.append(f"validAt: {valid_at}")
        if name in ("dated_code", "large_code") and choose.random() < 0.5:
            keys.append("codelistSeverity: warning")
        properties.append(f"    - {{{', '.join([f'name: {name}', *keys])}}}")
    rules = (RULES if choose.random() < 0.8 else "") + (GROUPS if choose.random() < 0.7 else "")
    text = CONTRACT.format(
        on_error=choose.choice(["refuse_rows", "refuse_delivery"]),
        properties="\n".join(properties),
        quality=rules or "[]",
        period=choose.choice(["constant: 2024-12", "column: ref_period"]),
        mapping="\n".join(f"      {name}: {name.upper()}" for name in TEXTS),
    )
    (root / "expectations" / "feeds" / "made.yml").write_text(text, encoding="utf-8")
    return Registry.load(Project(root))


def make_rows(choose: random.Random, rows: int) -> list[list[str]]:
    """Make rows in which a cell is more or less likely wrong, some rows twice, and some twice but for one cell."""
    made: list[list[str]] = []
    defects = choose.choice([0.0, 0.05, 0.3, 0.9])
    for _ in range(rows):
        row = [
            choose.choice(texts if choose.random() < defects else texts[: 3 if name in VARIED else 1])
            for name, texts in TEXTS.items()
        ]
        if made and choose.random() < 0.3:
            row = list(choose.choice(made))
            if choose.random() < 0.5:
                position = choose.randrange(len(row))
                row[position] = choose.choice(list(TEXTS.values())[position])
        made.append(row)
    return made


def write_csv(path: Path, delimiter: str, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow([name.upper() for name in TEXTS])
        writer.writerows(rows)


def made_deliveries(contract: Contract, seed: int, folder: Path) -> list[tuple[Path, Layout, Delivery]]:
    choose = random.Random(1000 + seed)
    deliveries = []
    no_data = [["total"] * len(TEXTS)] * 3
    for number, (layout, delimiter, rows) in enumerate(
        [
            ("plain", ",", make_rows(choose, 60)),
            ("plain", ",", make_rows(choose, 7)),
            ("other", ";", make_rows(choose, 40)),
            ("other", ";", no_data),
        ]
    ):
        path = folder / f"{number}.csv"
        write_csv(path, delimiter, rows)
        delivery = Delivery("made", f"d{number}", "R1", "2024-Q4", RECEIVED, path.name, sha256_of(path))
        deliveries.append((path, contract.layout(layout), delivery))
    return deliveries


SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_both_count_the_same_on_made_deliveries_with_planted_defects(seed: int, tmp_path: Path) -> None:
    registry = make_project(tmp_path / "project", seed)
    deliveries = made_deliveries(registry.feeds["made"], seed, tmp_path)
    readings = read_twice(registry, "made", deliveries, tmp_path)
    assert readings.gx == readings.sql
    assert readings.verdict is not None
    assert readings.verdict.success == (
        not any(item.unexpected_count for item in readings.verdict.results if item.severity == "error")
    )


def test_the_made_deliveries_break_every_rule_there_is(tmp_path: Path) -> None:
    broken: set[str] = set()
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        registry = make_project(folder / "project", seed)
        contract = registry.feeds["made"]
        for path, layout, delivery in made_deliveries(contract, seed, folder):
            found = judge(path, delivery, contract, layout, registry, folder / delivery.delivery_id)
            broken |= {issue.code for issue in found.issue_counts}
    of_contracts = {"CHECKED_IS_SMALL", "NOTE_IS_A_NUMBER", "NOTE_HAS_NO_MARK", "ITEMS_ARE_FEW", "AMOUNTS_AGREE"}
    assert (set(registry.rules) - set(UNREAD)) | of_contracts <= broken


def test_every_rule_of_the_catalogue_is_read_twice_or_said_not_to_be(registry: Registry) -> None:
    read = {expected.code for contract in registry.feeds.values() for expected in expectations_of(contract, registry)}
    assert set(UNREAD) <= set(registry.rules)
    assert not {code for code in UNREAD if code in read and code != "COLUMN_MISSING"}
