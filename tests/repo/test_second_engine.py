"""The models are SQL that Apache Spark reads, too: they are compiled for it and parsed, without a Spark.

That Spark computes the same cells is for the rig to say (tests/rigs/test_spark.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import exp

from customs_monitor.contracts import Project
from customs_monitor.release.dbt_run import compiled_models

PROJECT = Project.locate()
MODELS = sorted(path.stem for path in (PROJECT.dbt / "models").rglob("*.sql"))
#: Functions of Spark that the parser has no expression of its own for.
SPARK_FUNCTIONS = {"last_day", "add_months", "max_by", "lpad"}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of every model, written for Spark."""
    scratch = tmp_path_factory.mktemp("compiled")
    models = compiled_models(PROJECT.dbt, scratch / "empty.duckdb", scratch, engine="spark")
    return {model.name: model.sql for model in models}


def test_every_model_is_compiled(compiled: dict[str, str]) -> None:
    assert sorted(compiled) == MODELS


@pytest.mark.parametrize("model", MODELS)
def test_spark_can_read_the_model(model: str, compiled: dict[str, str]) -> None:
    assert sorted(_foreign(compiled[model])) == []


def test_what_spark_lacks_is_found() -> None:
    foreign = "SELECT CAST(x AS VARCHAR), list_sort(y), * EXCEPT (z) FROM t QUALIFY row_number() OVER () = 1"
    assert sorted(_foreign(foreign)) == ["EXCLUDE", "QUALIFY", "VARCHAR without a length", "list_sort"]


def _foreign(sql: str) -> Iterator[str]:
    """Yield what Spark would refuse, though the parser does not: it reads more than Spark does."""
    if re.search(r"\bvarchar\b(?!\s*\()", sql, re.IGNORECASE):
        yield "VARCHAR without a length"
    for node in sqlglot.parse_one(sql, read="spark", error_level=sqlglot.ErrorLevel.RAISE).walk():
        if isinstance(node, exp.Anonymous) and node.name.lower() not in SPARK_FUNCTIONS:
            yield node.name
        elif isinstance(node, exp.Qualify):
            yield "QUALIFY"
        elif isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("except")):
            yield "EXCLUDE"
