"""What judging imports: seconds of a core, spent once for all workers (`workers.prepare`).

Great Expectations and what it brings along are most of it.
"""

from customs_monitor.validation.gx_context import import_quietly

import_quietly()

import great_expectations.expectations  # noqa: E402, F401

import customs_monitor.collection.collect  # noqa: E402
import customs_monitor.validation.gx_duckdb  # noqa: E402, F401
