"""Great Expectations, started in memory, silent, and with usage reporting off.

`import great_expectations` takes seconds, so that everything here imports it on call.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customs_monitor.validation.suite import Expected

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext

#: Read by Great Expectations and what it brings along, at import or at start.
_NO_REPORTING = {"GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def import_quietly() -> Any:
    """Import Great Expectations with its usage reporting off, and return the module."""
    os.environ.update(_NO_REPORTING)
    import great_expectations

    return great_expectations


def _context() -> EphemeralDataContext:
    gx = import_quietly()
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars={"globally": False, "metric_calculations": False},
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def run_suite(name: str, database: Path, table: str, expectations: Iterable[Expected]) -> dict[str, Any]:
    """Let Great Expectations judge one table.

    Args:
        name: the name of the suite.
        database: a DuckDB file that nothing else has open.
        table: the table.
        expectations: what is expected of it.

    Returns:
        The validation result as Great Expectations serialises it (JSON types only). No value of the data is in it.
    """
    context = _context()
    import great_expectations.expectations as catalogue
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.row_conditions import Column

    from customs_monitor.validation.gx_duckdb import DuckDBDatasource

    def built(expected: Expected) -> Any:
        class_name = "".join(part.capitalize() for part in expected.type.split("_"))
        where = {} if expected.judged_where is None else {"row_condition": Column(expected.judged_where).is_not_null()}
        return getattr(catalogue, class_name)(
            **expected.kwargs,
            **where,
            severity=expected.gx_severity,
            description=expected.description,
            meta=expected.meta,
        )

    source = context.add_or_update_datasource(
        datasource=DuckDBDatasource(name=name, connection_string=f"duckdb:///{database}")
    )
    batch = source.add_table_asset(table, table_name=table).add_batch_definition_whole_table(table).get_batch()
    suite = ExpectationSuite(name=name, expectations=[built(item) for item in expectations])
    try:
        # Not by a validation definition: the context's stores, which go with it, cost a fifth of the time.
        result = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()
    record: dict[str, Any] = result.to_json_dict()
    return record
