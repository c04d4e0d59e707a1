"""Airflow in a home of its own, so that no test reads the state or configuration of another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_LIST = """
import json, sys
import airflow.sdk
heavy = ("pandas", "pyarrow", "dbt", "great_expectations", "duckdb")
loaded_before = {name for name in heavy if name in sys.modules}
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1], safe_mode=True)
def condition(dag):
    return getattr(dag.timetable, "asset_condition", None) or dag.timetable
def described(dag):
    return {
        "tags": sorted(dag.tags),
        "doc": dag.doc_md or "",
        "assets": sorted(asset.uri for asset in getattr(condition(dag), "objects", ())),
        "runs_on": type(condition(dag)).__name__,
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "tasks": {
            task.task_id: {
                "owner": task.owner,
                "retries": task.retries,
                "outlets": sorted(outlet.uri for outlet in task.outlets if hasattr(outlet, "uri")),
                "outlet_aliases": sorted(outlet.name for outlet in task.outlets if not hasattr(outlet, "uri")),
                "downstream": sorted(task.downstream_task_ids),
                "priority": task.priority_weight,
            }
            for task in dag.tasks
        },
    }
print("RESULT" + json.dumps({
    "import_errors": bag.import_errors,
    "dags": {dag_id: described(dag) for dag_id, dag in bag.dags.items()},
    "heavy": sorted(name for name in heavy if name in sys.modules and name not in loaded_before),
}))
"""


@pytest.fixture(scope="session")
def dag_bag(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow reads from dags/, in a process of its own."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    done = subprocess.run(
        [sys.executable, "-c", _LIST, str(root / "dags")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    result: dict[str, Any] = json.loads(line.removeprefix("RESULT"))
    return result
