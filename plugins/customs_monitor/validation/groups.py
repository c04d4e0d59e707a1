"""Rules about groups of rows, judged when the rows are known.

A group that has lost a row to an error is not judged: its sums would be wrong for a reason that is reported already. A
failing group is one issue, at its first line; if the rule is an error, all of its rows are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from customs_monitor.contracts import Contract, Layout, Quality
from customs_monitor.validation.columns import received
from customs_monitor.validation.findings import fill_sql, shortened_sql
from customs_monitor.validation.key_hashes import Positions
from customs_monitor.validation.mapping import Mapped
from customs_monitor.validation.one_pass import LINE_NUMBER
from customs_monitor.validation.pass_run import PassResult
from customs_monitor.validation.quoting import identifier
from customs_monitor.validation.references import ContractSqlError
from customs_monitor.validation.repeats import PART, POSITION, every_row, numbered_rows

# Begin with a blank, as no property can.
_VALUE, _COLUMN = " value.", " column."


@dataclass(frozen=True)
class FailedGroups:
    """What one rule found: issues as SQL by `ROW_ISSUE_SCHEMA`, and the accepted rows it refuses."""

    sql: str
    refused: Positions


def group_rules(contract: Contract, layout: Layout) -> tuple[Quality, ...]:
    """Return the rules about groups that hold for a layout."""
    return tuple(
        rule
        for rule in contract.schema_.quality
        if rule.kind == "group" and (not rule.layouts or layout.id in rule.layouts)
    )


def shown_of_rows(rules: Iterable[Quality], mapped: Mapped) -> dict[str, str]:
    """Return what issues of the rules show of a row as its sender wrote it: SQL over the typed row, by name."""
    shown: dict[str, str] = {}
    for name in map(_about, rules):
        shown[_VALUE + name] = received(name)
        shown[_COLUMN + name] = mapped.columns[name]
    return shown


def find_failed_groups(
    connection: duckdb.DuckDBPyConnection,
    result: PassResult,
    contract: Contract,
    rule: Quality,
    number: int,
    refused: Positions,
    repeated: Positions,
) -> FailedGroups | None:
    """Judge all groups by one rule.

    Args:
        connection: the session.
        result: the rows, with what is shown of them (`shown_of_rows`).
        contract: has the columns.
        rule: the rule.
        number: the number of the rule in the list of issues.
        refused: rows the pass accepted that were refused since.
        repeated: rows the pass accepted that are copies of others.

    Returns:
        The failed groups; None if there are none.
    """
    names = [item.name for item in contract.schema_.properties]
    every = every_row(result, names)
    connection.register("refused_rows", pa.table({POSITION: refused}))
    connection.register("repeated_rows", pa.table({POSITION: repeated}))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE faulty_groups AS SELECT DISTINCT {_columns(rule)} FROM ({every})
        WHERE {PART} = 1 OR {POSITION} IN (SELECT {POSITION} FROM refused_rows)"""
    )
    rows = f"""SELECT * FROM ({every}) AS "rows"
        WHERE {PART} = 0 AND {POSITION} NOT IN (SELECT {POSITION} FROM repeated_rows)
        AND NOT EXISTS (SELECT 1 FROM faulty_groups AS faulty WHERE {_same(rule, "faulty")})"""
    when = f"WHERE TRY({rule.when})" if rule.when else ""
    failing = f"""CREATE OR REPLACE TEMP TABLE failed_groups AS
        SELECT {_columns(rule)}, min({POSITION}) AS {POSITION}
        FROM ({rows}) {when} GROUP BY {_columns(rule)} HAVING NOT ({rule.check})"""
    try:
        connection.execute(failing)
    except duckdb.Error as error:
        raise ContractSqlError(f"feeds/{contract.id}.yml: rule {rule.id}: {error}") from error
    if connection.execute("SELECT count(*) FROM failed_groups").fetchone() == (0,):
        return None
    lost: Positions = np.empty(0, np.int64)
    if rule.severity == "error":
        lost = connection.execute(
            f"""SELECT {POSITION} FROM ({rows}) AS "rows"
            WHERE EXISTS (SELECT 1 FROM failed_groups AS failed WHERE {_same(rule, "failed")}) ORDER BY {POSITION}"""
        ).fetchnumpy()[POSITION]
    column = "NULL::VARCHAR" if rule.column is None else f"shown.{identifier(_COLUMN + rule.column)}"
    value = f"shown.{identifier(_VALUE + _about(rule))}"
    known = {item: f"CAST(accepted.{identifier(item)} AS VARCHAR)" for item in names}
    known |= {"value": value, "column": column}
    name = f"group_issues_{number}"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {name} AS
        SELECT accepted.{LINE_NUMBER} AS line, {number}::INTEGER AS number, {column} AS "column",
            {shortened_sql(value)} AS "value", {fill_sql(rule.message, known)} AS message,
            {fill_sql(rule.cure, known)} AS cure
        FROM failed_groups JOIN {numbered_rows(result.accepted)} AS accepted
            ON accepted.file_row_number = failed_groups.{POSITION}
        JOIN {numbered_rows(result.shown)} AS shown ON shown.file_row_number = failed_groups.{POSITION}"""
    )
    return FailedGroups(f"SELECT * FROM {name}", lost)


def _columns(rule: Quality) -> str:
    return ", ".join(identifier(name) for name in rule.groupBy)


def _same(rule: Quality, other: str) -> str:
    return " AND ".join(
        f'{other}.{identifier(name)} IS NOT DISTINCT FROM "rows".{identifier(name)}' for name in rule.groupBy
    )


def _about(rule: Quality) -> str:
    return rule.column or rule.groupBy[0]
