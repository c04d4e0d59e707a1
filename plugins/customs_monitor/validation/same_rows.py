"""Whether two Parquet files have the same rows, whatever library wrote them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from customs_monitor.validation.quoting import literal


def rows_not_in(rows: Path, others: Path) -> int:
    """Return how many rows a Parquet file has that another has not, or not as often.

    Files with other columns have no row in common.
    """
    one, other = (pq.read_schema(path).remove_metadata() for path in (rows, others))
    if one != other:
        return int(pq.read_metadata(rows).num_rows)
    read = [f"SELECT * FROM read_parquet({literal(path.as_posix())})" for path in (rows, others)]
    with duckdb.connect(config={"temp_directory": str(rows.parent)}) as connection:
        found = connection.execute(f"SELECT count(*) FROM ({read[0]} EXCEPT ALL {read[1]})").fetchone()
    return int(found[0]) if found else 0
