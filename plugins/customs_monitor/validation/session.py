"""The private DuckDB in which one delivery is judged."""

from __future__ import annotations

from pathlib import Path

import duckdb

_SETTINGS = {
    # Beside the reader, the Parquet writer and Python, this keeps a delivery of any size within 2 GiB.
    "memory_limit": "'900MB'",
    "threads": "2",
    # Rows leave in the order in which they came: the same delivery gives the same bytes. It holds where there
    # is no join; else threads hand rows on as they come. A long IN would become one (in_clause, below).
    "preserve_insertion_order": "true",
    "TimeZone": "'UTC'",
    # Nothing is fetched, whatever a contract's SQL asks for.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # DuckDB draws one where it takes the process for an interactive one, as it does a forked worker.
    "enable_progress_bar": "false",
    # Texts leave with 64-bit offsets: a batch of long ones passes 2 GiB.
    "arrow_large_buffer_size": "true",
    # What two expressions have in common is computed before either, and is in the TRY of neither then. And where rows
    # are joined, those that are many stay on the left; swapped, they would be held in memory.
    "disabled_optimizers": "'in_clause,common_subexpressions,join_order,build_side_probe_side'",
    # Hundreds of rules are one OR.
    "max_expression_depth": "10000",
}


def bound_sessions(*, memory: int, threads: int, spilled: int) -> None:
    """Bound the sessions that this process will open, where it may take less than others.

    Args:
        memory: of each, in bytes.
        threads: of each.
        spilled: the most bytes that each may put on disk.
    """
    _SETTINGS["memory_limit"] = f"'{memory // 1024}KiB'"
    _SETTINGS["threads"] = str(threads)
    _SETTINGS["max_temp_directory_size"] = f"'{spilled // 1024}KiB'"


def open_session(scratch: Path) -> duckdb.DuckDBPyConnection:
    """Open an empty database in memory that spills to the folder.

    Args:
        scratch: a folder for temporary files.
    """
    connection = duckdb.connect()
    for name, value in _SETTINGS.items():
        connection.execute(f"SET {name} = {value}")
    spill = (scratch / "spill").as_posix().replace("'", "''")
    connection.execute(f"SET temp_directory = '{spill}'")
    return connection
