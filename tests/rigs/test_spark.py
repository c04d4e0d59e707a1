"""The second engine: every indicator that DuckDB builds, built by dbt on Apache Spark from the same accepted rows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from customs_monitor.collection.in_force import in_force
from customs_monitor.contracts import Registry
from customs_monitor.release.build import build
from customs_monitor.release.inputs import local_deliveries
from customs_storage import open_store
from customs_storage.layout import Layout
from support.command import CUSTOMS_MONITOR

pytestmark = [pytest.mark.rig, pytest.mark.timeout(900)]

_RIG = Path(__file__).parent / "spark"
#: The oldest Java that Spark 4 runs on.
_JAVA = 17
_SOURCES = ("accepted", "codelists")


@pytest.fixture(scope="module")
def spark_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with dbt-spark and pyspark, as `spark/uv.lock` has it."""
    if (found := _java_version()) < _JAVA:
        pytest.skip(f"Spark needs Java {_JAVA}: install Debian's openjdk-17-jre-headless (found {found or 'none'})")
    environment = tmp_path_factory.mktemp("spark") / "venv"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [uv, "sync", "--quiet", "--frozen", "--project", _RIG],
        check=True,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(environment)},
    )
    return environment / "bin" / "python"


def test_spark_builds_every_cell_that_duckdb_builds(spark_python: Path, tmp_path: Path) -> None:
    registry, layout = Registry.load(), Layout.load()
    store = open_store((tmp_path / "store").as_uri())
    subprocess.run([*CUSTOMS_MONITOR, "run", "--store", store.url], check=True, stdout=subprocess.DEVNULL)
    deliveries = local_deliveries(store, in_force(store, layout, registry), tmp_path / "accepted")
    built = build(deliveries, registry, tmp_path / "build")
    _export(built.database, tmp_path / "tables")
    scratch = tmp_path / "spark"
    scratch.mkdir()
    ran = subprocess.run(
        [spark_python, _RIG / "build.py", registry.project.dbt, tmp_path / "tables", scratch],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr[-4000:]}"
    assert {path.name for path in (scratch / "indicators").iterdir()} == {table.name for table in built.indicators}
    with duckdb.connect(str(built.database), read_only=True) as database:
        for table in built.indicators:
            ours = database.execute(f"SELECT * FROM {table.relation}").fetchall()
            theirs = pq.read_table(scratch / "indicators" / table.name).select(list(table.columns)).to_pylist()
            assert sorted(map(repr, ours)) == sorted(repr(tuple(row.values())) for row in theirs), table.name
    assert any(table.rows for table in built.indicators)


def _export(database: Path, folder: Path) -> None:
    """Write the sources of the models as Parquet: the accepted rows in force, and the codelists."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE list_contains(?, table_schema)",
            [list(_SOURCES)],
        ).fetchall()
        for schema, name in names:
            (folder / schema).mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"COPY (SELECT * FROM {schema}.{name}) TO '{folder / schema / name}.parquet' (FORMAT parquet)"
            )


def _java_version() -> int:
    """Return the major version of the Java on the PATH, 0 if there is none."""
    if shutil.which("java") is None:
        return 0
    told = subprocess.run(
        ["java", "-version"], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    found = re.search(r'version "(\d+)', told.stdout)
    return int(found.group(1)) if found else 0
