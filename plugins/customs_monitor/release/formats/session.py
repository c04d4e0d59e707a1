"""The DuckDB in which files of one format are made from files of another."""

from __future__ import annotations

import os
from functools import cache

import duckdb


def open_session() -> duckdb.DuckDBPyConnection:
    """Return a connection of its own, without tables, to be closed by the caller.

    All share one database in memory: to start one for each of two hundred small files takes longer than to write them.
    """
    session = _database(os.getpid()).cursor()
    session.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
    return session


@cache
def _database(_process: int) -> duckdb.DuckDBPyConnection:
    """Return the database of this process: in a forked one, the threads of its parent's would be missing."""
    return duckdb.connect()
