"""The shape of the code that reviews should not have to ask for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

#: DAG files are read every few seconds: nothing heavy at their top, nor in what they import.
HEAVY = {"pandas", "pyarrow", "dbt", "great_expectations", "duckdb", "boto3"}
CATCH_ALLS = {"utils", "util", "helpers", "helper", "common", "misc"}


def modules(root: Path) -> list[Path]:
    folders = ("plugins/customs_monitor", "storage/customs_storage", "dags", "tests")
    return [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]


def test_no_module_is_called_after_nothing(root: Path) -> None:
    assert [path.name for path in modules(root) if path.stem in CATCH_ALLS] == []


def test_dag_files_import_nothing_heavy(root: Path) -> None:
    for path in sorted((root / "dags").glob("*.py")):
        imported = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
        assert imported & HEAVY == set(), path.name


def test_airflow_does_not_take_the_package_for_plugins(root: Path) -> None:
    ignored = (root / "plugins" / ".airflowignore").read_text(encoding="utf-8").split()
    assert "customs_monitor/" in ignored


def test_tests_do_not_depend_on_the_folder_they_are_started_in(root: Path) -> None:
    offenders = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in sorted((root / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Path"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and node.args[0].value.split("/")[0] in {"tests", "dags", "expectations", "plugins", "storage", ".."}
    ]
    assert offenders == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "uv.lock"])
def test_the_repository_has_what_a_newcomer_looks_for(root: Path, name: str) -> None:
    assert (root / name).stat().st_size > 500
