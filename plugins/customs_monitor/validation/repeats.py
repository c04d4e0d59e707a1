"""Rows that say the same thing twice, and rows with the same key that say different things.

Whole rows that are equal are one row sent twice: the first counts, the others are left out with a warning. Rows with
the same key and other values contradict each other, and nobody but the sender knows which is right: all of them are
refused. A row whose key could not be read takes no part. A row with another value that could not be read is equal to no
other row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from customs_monitor.contracts import Contract
from customs_monitor.validation.findings import RuleText, fill_sql
from customs_monitor.validation.key_hashes import Positions
from customs_monitor.validation.one_pass import KEY_KNOWN, LINE_NUMBER, TYPED
from customs_monitor.validation.pass_run import PassResult
from customs_monitor.validation.quoting import identifier, literal

#: Where a row is; no property can have these names.
PART = "_part"
POSITION = "_position"
#: A place as one number that orders rows: line, part, position.
_LINES, _PARTS = f"{1 << 64}::HUGEINT", f"{1 << 63}::HUGEINT"


@dataclass(frozen=True)
class NumberedRule:
    """A rule and its number in the list of issues."""

    text: RuleText
    number: int


@dataclass(frozen=True)
class Repeats:
    """What was found.

    Attributes:
        sql: issues by `ROW_ISSUE_SCHEMA`, None if there are none.
        refused: positions of accepted rows that contradict others.
        repeated: positions of accepted rows that were counted already.
    """

    sql: str | None
    refused: Positions
    repeated: Positions


def every_row(result: PassResult, columns: Sequence[str]) -> str:
    """Return SQL of all rows of a delivery: the columns, where the row is, and what is known of it.

    `_part` is 0 for rows the pass accepted and 1 for those it refused; `_position` counts within the part.
    """
    selected = ", ".join([*(identifier(name) for name in columns), LINE_NUMBER, f"file_row_number AS {POSITION}"])
    return (
        f"SELECT {selected}, 0 AS {PART}, true AS {KEY_KNOWN}, true AS {TYPED} FROM {numbered_rows(result.accepted)} "
        f"UNION ALL SELECT {selected}, 1, {KEY_KNOWN}, {TYPED} FROM {numbered_rows(result.refused)}"
    )


def numbered_rows(path: Path) -> str:
    """Return SQL of the rows of a file, with their position as `file_row_number`."""
    return f"read_parquet({literal(path.as_posix())}, file_row_number = true)"


def find_repeats(
    connection: duckdb.DuckDBPyConnection,
    result: PassResult,
    contract: Contract,
    of_row: NumberedRule,
    of_key: NumberedRule,
) -> Repeats:
    """Find them: by value, among the few rows whose hash is not theirs alone.

    Args:
        connection: the session.
        result: the rows.
        contract: has the key; without one, whole rows are compared.
        of_row: the rule of repeated rows.
        of_key: the rule of contradicting rows.
    """
    names = [item.name for item in contract.schema_.properties]
    key = list(contract.schema_.key) or names
    every = every_row(result, names)
    takes_part = KEY_KNOWN if contract.schema_.key else TYPED
    accepted, refused = result.hashes.shared()
    if not len(accepted) + len(refused):
        return Repeats(None, np.empty(0, np.int64), np.empty(0, np.int64))
    parts = np.repeat(np.array([0, 1], np.int32), [len(accepted), len(refused)])
    candidates = {PART: parts, POSITION: np.concatenate([accepted, refused])}
    connection.register("candidates", pa.table(candidates))
    # Files: tables would take from the session's memory what the groups need, and then the issues.
    alike, repeats = (result.accepted.with_name(f"{name}.parquet") for name in ("alike", "repeats"))
    among = f"SELECT * FROM ({every}) SEMI JOIN candidates USING ({PART}, {POSITION}) WHERE {takes_part}"
    connection.execute(f"COPY ({among}) TO {literal(alike.as_posix())} (FORMAT parquet)")
    connection.execute(f"COPY ({_repeats_sql(names, key, alike)}) TO {literal(repeats.as_posix())} (FORMAT parquet)")
    alike.unlink()
    other = "CAST(other_line AS VARCHAR)"
    columns = "NULL::VARCHAR" if not contract.schema_.key else literal(", ".join(key))
    branches = {
        part: " ".join(
            f"WHEN {condition} THEN {fill_sql(template, {'value': other, 'expected': literal(text.expected)})}"
            for condition, text, template in (
                ("contradicts", of_key.text, getattr(of_key.text, part)),
                ("true", of_row.text, getattr(of_row.text, part)),
            )
        )
        for part in ("message", "cure")
    }
    sql = f"""SELECT line, (CASE WHEN contradicts THEN {of_key.number} ELSE {of_row.number} END)::INTEGER AS number,
        CASE WHEN contradicts THEN {columns} END AS "column", {other} AS "value",
        CASE {branches["message"]} END AS message, CASE {branches["cure"]} END AS cure
        FROM read_parquet({literal(repeats.as_posix())})"""
    refused, repeated = (_positions(connection, repeats, condition) for condition in ("contradicts", "NOT contradicts"))
    return Repeats(sql, refused, repeated)


def _repeats_sql(names: Sequence[str], key: Sequence[str], alike: Path) -> str:
    """Return SQL that finds, among rows that may be alike, those that are.

    It groups and joins, and has no window: a session spills groups to disk, and must hold the rows of a window, which a
    delivery of a million equal rows has but one of. The first row of a key, by its place, stands for the key.
    """
    quoted_key = ", ".join(identifier(name) for name in key)
    same_key = " AND ".join(f"alike.{identifier(name)} IS NOT DISTINCT FROM keys.{identifier(name)}" for name in key)
    whole = ", ".join(identifier(name) for name in names)
    # A row with a value that could not be read is equal to no other.
    unlike = f"CASE WHEN {TYPED} THEN -1 ELSE {POSITION} END"
    place = f"{LINE_NUMBER} * {_LINES} + {PART} * {_PARTS} + {POSITION}"
    return f"""WITH alike AS (SELECT * FROM read_parquet({literal(alike.as_posix())})), wholes AS (
            SELECT {quoted_key}, count(*) AS _rows, min({place}) AS _first, min({LINE_NUMBER}) AS _first_line
            FROM alike GROUP BY {whole}, {unlike}
        ), keys AS (
            SELECT {quoted_key}, count(*) > 1 AS _contradicts, min(_first) AS _first, min(_first_line) AS _first_line
            FROM wholes GROUP BY {quoted_key} HAVING sum(_rows) > 1
        ), places AS MATERIALIZED (
            SELECT {LINE_NUMBER} AS line, {PART}, {POSITION}, {place} AS place, _first, _first_line, _contradicts
            FROM alike JOIN keys ON {same_key}
        ), seconds AS (
            SELECT _first, min(line) AS _second_line FROM places WHERE _contradicts AND place <> _first GROUP BY _first
        )
        SELECT line, {PART}, {POSITION}, _contradicts AS contradicts, coalesce(_second_line, _first_line) AS other_line
        FROM places LEFT JOIN seconds ON place = seconds._first
        WHERE _contradicts OR place <> places._first"""


def _positions(connection: duckdb.DuckDBPyConnection, repeats: Path, condition: str) -> Positions:
    found = connection.execute(
        f"SELECT {POSITION} FROM read_parquet({literal(repeats.as_posix())}) WHERE {PART} = 0 AND {condition} "
        f"ORDER BY {POSITION}"
    )
    positions: Positions = found.fetchnumpy()[POSITION]
    return positions
