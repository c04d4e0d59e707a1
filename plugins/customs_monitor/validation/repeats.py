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
    quoted_key = ", ".join(identifier(name) for name in key)
    every = every_row(result, names)
    takes_part = KEY_KNOWN if contract.schema_.key else TYPED
    accepted, refused = result.hashes.shared()
    if not len(accepted) + len(refused):
        return Repeats(None, np.empty(0, np.int64), np.empty(0, np.int64))
    parts = np.repeat(np.array([0, 1], np.int32), [len(accepted), len(refused)])
    candidates = {PART: parts, POSITION: np.concatenate([accepted, refused])}
    connection.register("candidates", pa.table(candidates))
    whole = ", ".join(identifier(name) for name in names)
    unlike = f"CASE WHEN {TYPED} THEN -1 ELSE {POSITION} END"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE repeats AS
        SELECT *, n_key > n_whole AS contradicts FROM (
            SELECT {LINE_NUMBER} AS line, {PART}, {POSITION},
                count(*) OVER same_key AS n_key,
                count(*) OVER (PARTITION BY {whole}, {unlike}) AS n_whole,
                row_number() OVER (PARTITION BY {whole}, {unlike} ORDER BY {LINE_NUMBER}, {PART}, {POSITION}) AS nth,
                row_number() OVER in_order AS nth_of_key,
                first_value({LINE_NUMBER}) OVER in_order AS first_line,
                lead({LINE_NUMBER}) OVER in_order AS next_line
            FROM ({every}) SEMI JOIN candidates USING ({PART}, {POSITION})
            WHERE {takes_part}
            WINDOW same_key AS (PARTITION BY {quoted_key}),
                in_order AS (PARTITION BY {quoted_key} ORDER BY {LINE_NUMBER}, {PART}, {POSITION})
        ) WHERE n_key > 1 AND (n_key > n_whole OR nth > 1)"""
    )
    other = "CAST(CASE WHEN contradicts AND nth_of_key = 1 THEN next_line ELSE first_line END AS VARCHAR)"
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
        CASE {branches["message"]} END AS message, CASE {branches["cure"]} END AS cure FROM repeats"""
    return Repeats(sql, _positions(connection, "contradicts"), _positions(connection, "NOT contradicts"))


def _positions(connection: duckdb.DuckDBPyConnection, condition: str) -> Positions:
    found = connection.execute(f"SELECT {POSITION} FROM repeats WHERE {PART} = 0 AND {condition} ORDER BY {POSITION}")
    positions: Positions = found.fetchnumpy()[POSITION]
    return positions
