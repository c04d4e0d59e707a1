"""What the bench measures: each step runs in a process of its own, which prints its figures as one line of JSON.

`python -m customs_monitor.bench.steps STEP FILE FOLDER`

Starting Python and importing libraries is not measured: Great Expectations alone takes seconds for it.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from customs_monitor.bench.declarations import FEED, bench_registry
from customs_monitor.bench.memory import peak_kib
from customs_monitor.contracts import Project

if TYPE_CHECKING:
    from customs_monitor.validation.judge import Delivery

Counts = Mapping[str, int]


def bare_copy(file: Path, folder: Path) -> Counts:
    """Copy the CSV to Parquet with DuckDB, as it comes: the yardstick."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.execute(f"COPY (FROM read_csv('{file}')) TO '{folder / 'copy.parquet'}' (FORMAT parquet)")
    return {}


def land(file: Path, folder: Path) -> Counts:
    """Store and receipt the bytes, judge every row by every rule, store the accepted rows; return issues by rule."""
    from customs_monitor.collection.claims import Claim
    from customs_monitor.collection.inbox import Inbox, InboxFile
    from customs_monitor.collection.landing import land as land_file
    from customs_monitor.validation.judge import judge
    from customs_storage import open_store
    from customs_storage.layout import Layout

    registry = bench_registry(Project.locate(), folder / "project")
    contract = registry.feeds[FEED]
    store, layout = open_store((folder / "store").as_uri()), Layout.load()
    # An inbox of its own: beside the file lie the working folders of the bench.
    (folder / "inbox").mkdir()
    inbox = Inbox.open(str(folder / "inbox"))
    landed = land_file(
        store,
        layout,
        registry,
        InboxFile(inbox, f"{FEED}/{file.name}", file),
        Claim(FEED, contract.layouts[0].id, fits=True),
    ).receipt
    place = {"feed": FEED, "period": landed.period, "sender": landed.sender, "delivery_id": landed.delivery_id}
    bytes_landed = store.local_path(layout.key("landing", **place, name=landed.file))
    assert bytes_landed is not None
    judgement = judge(
        bytes_landed, _delivery(landed.file, landed.sha256), contract, contract.layouts[0], registry, folder / "judged"
    )
    assert judgement.accepted is not None
    store.put(layout.key("accepted", **place), judgement.accepted)
    return {issue.rule: issue.count for issue in judgement.issue_counts}


def second_reading(file: Path, folder: Path) -> Counts:
    """Judge the same file once more, with Great Expectations on DuckDB; return unexpected rows by rule."""
    from customs_monitor.validation.expectations import BatchSource, judge_batch

    registry = bench_registry(Project.locate(), folder / "project")
    contract = registry.feeds[FEED]
    source = BatchSource(file, contract.layouts[0], _delivery(file.name, "0" * 64))
    verdict = judge_batch(registry, contract, [source], folder / "batch")
    return {result.rule: result.unexpected_count for result in verdict.results if result.comparable}


def pandas_reading(file: Path, folder: Path) -> Counts:
    """Judge the same file by the same rules with Great Expectations on pandas; return unexpected rows by rule."""
    from customs_monitor.bench.pandas_reading import read_with_pandas

    return read_with_pandas(file, bench_registry(Project.locate(), folder / "project"))


def _delivery(file_name: str, sha256: str) -> Delivery:
    from customs_monitor.validation.judge import Delivery

    return Delivery(
        feed=FEED,
        delivery_id=sha256[:16],
        sender="TAXUD",
        period="_Z",
        received_at=datetime.now(UTC),
        file_name=file_name,
        sha256=sha256,
    )


STEPS: Mapping[str, Callable[[Path, Path], Counts]] = {
    "copy": bare_copy,
    "land": land,
    "second reading": second_reading,
    "pandas": pandas_reading,
}

#: What a step imports, by its modules: done before the clock starts.
_IMPORTED: Mapping[str, tuple[str, ...]] = {
    "copy": (),
    "land": ("customs_monitor.collection.landing", "customs_monitor.validation.judge"),
    "second reading": ("customs_monitor.validation.gx_duckdb", "customs_monitor.validation.expectations"),
    "pandas": ("great_expectations.expectations", "pandas", "customs_monitor.bench.pandas_reading"),
}


def main(name: str, file: Path, folder: Path) -> dict[str, Any]:
    """Run one step and return its figures: wall and CPU seconds, peak memory in MiB, and the counts it found."""
    folder.mkdir(parents=True)
    for module in _IMPORTED[name]:
        importlib.import_module(module)
    clock, cpu = time.perf_counter(), time.process_time()
    counts = STEPS[name](file, folder)
    return {
        "seconds": time.perf_counter() - clock,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": peak_kib() / 1024,
        "counts": dict(counts),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))) + "\n")
