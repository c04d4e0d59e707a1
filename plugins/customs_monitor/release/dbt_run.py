"""One run of dbt in this process, its events caught and returned as results."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from customs_monitor.release import dbt_parsed
from customs_monitor.release.errors import ReleaseError

DATABASE_VARIABLE = "CUSTOMS_MONITOR_BUILD_DATABASE"
NodeKind = Literal["model", "test", "unit_test"]
NodeStatus = Literal["success", "pass", "warn", "fail", "error", "skipped"]


class DbtError(ReleaseError):
    """The dbt project cannot be read, or a model or test cannot be run.

    Attributes:
        problems: one text per node or file, `<kind> <name>: <message>`.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class NodeResult:
    """What became of one node of the project.

    Attributes:
        schema: where a model lies; empty for tests.
        failures: rows a data test found, 0 for models.
        title: of a model, as its `meta` says; empty where it says none.
        description: what the project says of it.
        columns: names and descriptions of a model's columns.
        key: of a test `unique_combination`, the columns it is about.
        depends_on: the models (`int_senders`) and sources (`accepted.it_systems`) it reads; of a test, what it tests.
        sql: of a model, as dbt has compiled it.
    """

    name: str
    kind: NodeKind
    status: NodeStatus
    schema: str
    failures: int
    message: str
    seconds: float
    title: str = ""
    description: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    key: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    sql: str = ""


def dbt_build(project: Path, database: Path, scratch: Path, *, unit_tests: bool, threads: int) -> list[NodeResult]:
    """Run `dbt build` once on a database; one at a time per process, for dbt-duckdb keeps one connection.

    Args:
        project: the folder with dbt_project.yml and profiles.yml; nothing is written into it.
        database: DuckDB file with the sources, closed.
        scratch: where dbt puts its target and log folders.
        unit_tests: whether the unit tests of the models run, too. They judge the code and not the data.
        threads: nodes that run side by side.

    Returns:
        the results of all nodes, models first, each kind by name.

    Raises:
        DbtError: if the project cannot be compiled, or a node ended in an error. A data test that found rows is no
            error but a result.
    """
    results = _invoke(
        [
            # Exposures say what is published; there is nothing to build.
            "build", "--threads", str(threads), "--exclude-resource-type", "exposure",
            *([] if unit_tests else ["--exclude-resource-type", "unit_test"]),
        ],
        project,
        database,
        scratch,
    )  # fmt: skip
    nodes = sorted(map(_node_result, results), key=lambda item: (item.kind, item.name))
    if errors := [item for item in nodes if item.status == "error"]:
        raise DbtError([f"{item.kind} {item.name}: {item.message}" for item in errors])
    return nodes


@dataclass(frozen=True)
class CompiledModel:
    """A model as the SQL that dbt makes of it."""

    name: str
    schema: str
    sql: str


def compiled_models(
    project: Path, database: Path, scratch: Path, select: Sequence[str] = (), engine: str = "duckdb"
) -> list[CompiledModel]:
    """Compile models without running them.

    Args:
        project: the folder with dbt_project.yml and profiles.yml.
        database: DuckDB file, closed; it may be missing, nothing in it is read.
        scratch: where dbt puts its target and log folders.
        select: node selectors of dbt, all models by default.
        engine: the engine the SQL is written for, duckdb or spark.

    Returns:
        the models, each after those it reads.
    """
    results = _invoke(
        [
            "compile", "--threads", "1", "--vars", f"sql_engine: {engine}", "--no-introspect", "--no-populate-cache",
            *(["--select", *select] if select else []),
        ],
        project,
        database,
        scratch,
    )  # fmt: skip
    return [
        CompiledModel(result.node.name, result.node.schema, result.node.compiled_code)
        for result in results
        if result.node.resource_type == "model"
    ]


def dbt_docs(project: Path, database: Path, scratch: Path) -> Path:
    """Let dbt describe the project.

    Args:
        project: the folder with dbt_project.yml and profiles.yml; nothing is written into it.
        database: a build, closed: the columns are read from it.
        scratch: where dbt puts its target and log folders.

    Returns:
        The folder with `index.html`, `manifest.json` and `catalog.json`.
    """
    _invoke(["docs", "generate", "--threads", "1"], project, database, scratch, artifacts=True)
    return scratch / "target"


def _invoke(
    command: Sequence[str], project: Path, database: Path, scratch: Path, *, artifacts: bool = False
) -> list[Any]:
    """Run a command of dbt in this process and return the results of its nodes.

    Args:
        command: with its own options.
        project: as in `dbt_build`.
        database: as there.
        scratch: as there.
        artifacts: whether dbt writes what it knows as JSON; the command's results are none of nodes then.
    """
    # dbt costs 2 seconds to import: whoever only needs the types of this module shall not pay for it.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    common = [
        "--target", "duckdb",
        "--project-dir", str(project), "--profiles-dir", str(project),
        "--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs"),
        "--no-partial-parse", "--no-send-anonymous-usage-stats", "--no-version-check",
        "--write-json" if artifacts else "--no-write-json",
        "--log-level", "none", "--log-level-file", "none", "--no-print",
    ]  # fmt: skip
    try:
        with _environment(DATABASE_VARIABLE, str(database)):
            manifest = None if artifacts else _parsed(project, database, command, common)
            outcome = dbtRunner(manifest=manifest).invoke([*command, *common])
    finally:
        environment = DuckDBConnectionManager._ENV
        if environment is not None:
            environment.close()
        DuckDBConnectionManager.close_all_connections()
    result = _result_of(outcome)
    return [] if artifacts else list(result.results)


def _parsed(project: Path, database: Path, command: Sequence[str], common: Sequence[str]) -> Any:
    """Return dbt's reading of the project, the one that is kept or a new one."""
    from dbt.cli.main import dbtRunner

    variables = command[command.index("--vars") + 1] if "--vars" in command else "{}"
    file = dbt_parsed.place(project, database, variables)
    manifest = dbt_parsed.load(file)
    if manifest is None:
        manifest = _result_of(dbtRunner().invoke(["parse", "--vars", variables, *common]))
        dbt_parsed.keep(manifest, file)
    return manifest


def _result_of(outcome: Any) -> Any:
    if outcome.exception is not None:
        raise DbtError([f"dbt: {outcome.exception}"]) from outcome.exception
    if outcome.result is None:
        raise DbtError(["dbt: stopped without a result"])
    return outcome.result


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _node_result(result: Any) -> NodeResult:
    kind = str(result.node.resource_type)
    is_model = kind == "model"
    status = str(result.status)
    # A unit test whose rows differ is a failure of the code, as an error is.
    if kind == "unit_test" and status == "fail":
        status = "error"
    return NodeResult(
        name=result.node.name,
        kind=kind,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        schema=result.node.schema if is_model else "",
        failures=result.failures or 0,
        message=" ".join((result.message or "").split()) if kind != "unit_test" else (result.message or ""),
        seconds=result.execution_time,
        title=str(result.node.config.meta.get("title", "")) if is_model else "",
        description=" ".join((result.node.description or "").split()) if is_model else "",
        columns=tuple((item.name, " ".join(item.description.split())) for item in result.node.columns.values())
        if is_model
        else (),
        key=_unique_columns(result.node),
        depends_on=tuple(sorted(map(_relation, result.node.depends_on.nodes))),
        sql=(result.node.compiled_code or "").strip() if is_model else "",
    )


def _unique_columns(node: Any) -> tuple[str, ...]:
    test = getattr(node, "test_metadata", None)
    return tuple(test.kwargs.get("columns", ())) if test is not None and test.name == "unique_combination" else ()


def _relation(unique_id: str) -> str:
    """Return the name of a node by its id in dbt, `model.project.name` or `source.project.schema.name`."""
    kind, _, *name = unique_id.split(".")
    return ".".join(name) if kind == "source" else name[0]
