"""Build the indicators with dbt on a local Apache Spark; run by the rig in the environment beside this file.

`python build.py PROJECT TABLES SCRATCH`: `TABLES/<schema>/<table>.parquet` are the sources, and the indicators go to
`SCRATCH/indicators/<model>`, Parquet. Prints what failed and ends with 1 if anything did.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

#: The shuffles of small tables into many parts are most of the time otherwise.
_PARTITIONS = "2"


def main(project: Path, tables: Path, scratch: Path) -> int:
    """Load the sources, build the indicators and all they rest on, write them down."""
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "2g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", _PARTITIONS)
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:metastore;create=true")
        .enableHiveSupport()
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    for schema in sorted(path for path in tables.iterdir() if path.is_dir()):
        session.sql(f"CREATE DATABASE IF NOT EXISTS {schema.name}")
        for table in sorted(schema.glob("*.parquet")):
            session.sql(f"CREATE TABLE {schema.name}.{table.stem} USING parquet LOCATION '{table}'")
    os.chdir(scratch)
    outcome = dbtRunner().invoke(
        [
            "run", "--target", "spark", "--threads", "1", "--select", "+path:models/indicators",
            "--project-dir", str(project), "--profiles-dir", str(project),
            "--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs"),
            "--no-send-anonymous-usage-stats", "--no-version-check", "--log-level", "none", "--no-print",
        ]
    )  # fmt: skip
    if outcome.exception is not None:
        print(outcome.exception)
        return 1
    failed = [result for result in outcome.result.results if result.status != "success"]
    for result in failed:
        print(f"{result.node.name}: {result.status}: {result.message}")
    for row in session.sql("SHOW TABLES IN indicators").collect():
        session.table(f"indicators.{row.tableName}").coalesce(1).write.parquet(
            str(scratch / "indicators" / row.tableName)
        )
    session.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*(Path(argument).resolve() for argument in sys.argv[1:4])))
