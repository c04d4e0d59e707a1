"""A program that has imported everything and forks a `customs-monitor run` for each line of its input.

A kill -9 of such a child is that of the command, start-up apart, and costs no import. Each line is JSON:
`{"store": URL, "inbox": DIR, "environment": {}, "log": FILE}`; each answer `{"pid": N}`, then, when the child has
ended, `{"status": N}` as `os.waitstatus_to_exitcode` gives it. The one argument is a folder where builds are kept: dbt
works in a folder of its own and writes nothing into the store, so the same deliveries are built once in earnest and
copied afterwards, which leaves the points of time to what can do harm.
"""

from __future__ import annotations

import pickle
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import dbt.adapters.duckdb
import dbt.cli.main
import duckdb_engine
import great_expectations

from customs_monitor import cli
from customs_monitor.collection import collect, summary
from customs_monitor.contracts import Registry
from customs_monitor.release import build, candidate, describing, gate, publishing, site, writing
from customs_monitor.release.accepted import LocalDelivery
from customs_monitor.release.build import BuildResult
from customs_storage.hashing import sha256_of
from support.forking import answer_orders

IMPORTED = (
    *(candidate, collect, dbt.adapters.duckdb, dbt.cli.main, describing, duckdb_engine, gate, great_expectations),
    *(publishing, site, summary, writing),
)
build_in_earnest = build.build


class RememberedBuilds:
    """Stands in for `build`: what was built of the same deliveries before is copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, deliveries: Sequence[LocalDelivery], registry: Registry, scratch: Path) -> BuildResult:
        """Build, or copy."""
        listed = sorted((item.feed, item.period, item.sender, item.delivery_id) for item in deliveries)
        kept = self._folder / sha256_of(repr(listed).encode())
        if not kept.exists():
            made = build_in_earnest(deliveries, registry, scratch / "earnest")
            partial = Path(tempfile.mkdtemp(dir=self._folder))
            shutil.copyfile(made.database, partial / "build.duckdb")
            (partial / "result").write_bytes(pickle.dumps(made))
            partial.rename(kept)
        scratch.mkdir(parents=True, exist_ok=True)
        database = shutil.copyfile(kept / "build.duckdb", scratch / "build.duckdb")
        result: BuildResult = pickle.loads((kept / "result").read_bytes())
        return replace(result, database=Path(database))


def run(order: dict[str, object]) -> None:
    """Become `customs-monitor run`."""
    sys.argv = ["customs-monitor", "run", "--store", str(order["store"]), "--inbox", str(order["inbox"])]
    cli.main()


if __name__ == "__main__":
    build.build = RememberedBuilds(Path(sys.argv[1]))  # type: ignore[assignment]
    answer_orders(run)
