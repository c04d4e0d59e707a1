"""Which columns an SQL expression of a contract reads, by DuckDB's own parser."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from customs_monitor.validation.quoting import literal


class ContractSqlError(ValueError):
    """An SQL expression of a contract is wrong; the contract has to be mended, not the delivery."""


def columns_read(connection: duckdb.DuckDBPyConnection, expression: str, place: str) -> tuple[str, ...]:
    """Return the names of the columns an expression reads, each once, in order.

    Args:
        connection: any session.
        expression: an SQL expression.
        place: where it stands, for the error.

    Raises:
        ContractSqlError: if it is no SQL expression.
    """
    answer = connection.execute(f"SELECT json_serialize_sql({literal(f'SELECT {expression}')})").fetchone()
    tree: dict[str, Any] = json.loads(answer[0]) if answer else {}
    if tree.get("error"):
        raise ContractSqlError(f"{place}: {expression!r} is no SQL: {tree.get('error_message')}")
    found: dict[str, None] = {}
    _walk(tree["statements"], found, frozenset())
    return tuple(found)


def _walk(node: object, found: dict[str, None], parameters: frozenset[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(item, found, parameters)
    elif isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            name = node["column_names"][0]
            if name not in parameters:
                found[name] = None
            return
        if node.get("class") == "LAMBDA":
            names: dict[str, None] = {}
            _walk(node["lhs"], names, frozenset())
            _walk(node["expr"], found, parameters | names.keys())
            return
        for value in node.values():
            _walk(value, found, parameters)
