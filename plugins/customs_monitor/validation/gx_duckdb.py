"""DuckDB as a source of Great Expectations, which knows it not.

Importing this module imports Great Expectations (seconds): do it inside functions, through `gx_context`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource, TableAsset
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from customs_monitor.validation.batch import SESSION
from customs_monitor.validation.quoting import literal


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """Runs expectations on one connection that stays open.

    The base class gives the connection back to its pool before the result is read, which empties a DuckDB cursor
    (every expectation then fails with "list index out of range"); for SQLite it keeps the connection, as here.
    """

    _connection: sa.Connection | None

    @contextmanager
    def get_connection(self) -> Generator[sa.Connection, None, None]:
        """Yield the engine's one connection, set up like the one that wrote the batch."""
        connection = self._connection
        if connection is None:
            connection = self._connection = self.engine.connect()
            for name, value in SESSION.items():
                connection.exec_driver_sql(f"SET {name} = {literal(value)}")
        yield connection


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]
    """A DuckDB file, `duckdb:///<path>`; the base class registers it as `data_sources.add_duckdb`."""

    asset_types: ClassVar[list[Any]] = [TableAsset]
    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> Any:
        """The engine above."""
        return DuckDBExecutionEngine


class ColumnValuesMatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]
    """The metric behind `expect_column_values_to_match_regex`, which has no words for DuckDB of its own.

    The whole value has to match, as everywhere in the contracts; the base metric searches on other databases.
    """

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _duckdb(cls, column: sa.ColumnElement[str], regex: str, **_: Any) -> sa.ColumnElement[bool]:  # noqa: N805
        return sa.func.regexp_full_match(column, regex)


class UnexpectedRows(QueryMetricProvider):  # type: ignore[misc]
    """The rows that `unexpected_rows_expectation` asks for beside their number, and leaves out of its result.

    Nothing is fetched: each query would run twice, and no value of the data belongs in a record.
    """

    metric_name = "unexpected_rows_query.table"
    value_keys = ("unexpected_rows_query",)

    @metric_value(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _duckdb(cls, **_: Any) -> list[dict[str, Any]]:  # noqa: N805
        return []


class ColumnTypes(TableMetricProvider):  # type: ignore[misc]
    """The columns of the batch, asked of DuckDB itself: by way of SQLAlchemy's catalogue it takes 0.1 s."""

    metric_name = "table.column_types"
    value_keys = ("include_nested",)
    default_kwarg_values: ClassVar[dict[str, Any]] = {"include_nested": True}

    @metric_value(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _duckdb(
        cls,  # noqa: N805
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_: Any,
    ) -> list[dict[str, Any]]:
        batch, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        described = execution_engine.execute_query(sa.text(f"DESCRIBE {batch}"))
        return [{"name": row[0], "type": row[1]} for row in described]
