"""What tasks import, imported once by the scheduler: at its start Airflow imports a module of this name from the path.

LocalExecutor forks its workers from the scheduler and each worker forks its tasks, so they share what was imported
before. Great Expectations takes four seconds of a core, and every feed's task needs it. Importing these opens no
connection and starts no thread of Python, which would not survive the fork; those of the native libraries (OpenBLAS,
jemalloc, the default database of DuckDB, which nothing here uses) are idle then, and hold no lock.
"""

import dbt.cli.main  # noqa: F401
import great_expectations.expectations  # noqa: F401

import customs_monitor.collection.inbox
import customs_monitor.collection.judging
import customs_monitor.collection.landing
import customs_monitor.release.build
import customs_monitor.release.describing
import customs_monitor.release.site
import customs_monitor.release.writing
import customs_monitor.validation.gx_duckdb  # noqa: F401

#: Airflow takes over the names of this module as settings; there are none.
__all__: list[str] = []
