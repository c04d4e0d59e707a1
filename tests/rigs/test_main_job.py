"""The main job as servers run it: Airflow with PostgreSQL behind it, the store and an inbox on a real S3 server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import sqlalchemy

from customs_monitor.airflow.embedded import run
from customs_monitor.collection.inbox import Inbox
from customs_monitor.collection.landing import receipts
from customs_monitor.console import RunConsole
from customs_monitor.contracts import Registry
from customs_monitor.release.history import releases
from customs_monitor.settings import AIRFLOW_HOME_VARIABLE
from customs_storage import open_store
from customs_storage.layout import Layout
from rigs.fixtures import Bucket
from support.collection import RATES
from support.command import CUSTOMS_MONITOR
from support.published import data_files

pytestmark = [pytest.mark.rig, pytest.mark.timeout(900)]


def test_on_postgresql_and_s3_it_publishes_what_one_process_publishes_in_a_folder(
    rgw: Bucket, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AIRFLOW_HOME_VARIABLE, str(tmp_path / "airflow"))
    registry = Registry.load()
    folder = tmp_path / "inbox"
    (folder / "exchange_rates").mkdir(parents=True)
    (folder / "exchange_rates" / "eurofxref-hist.csv").write_text(RATES)
    samples = registry.project.samples
    sent = open_store(f"{rgw.url}/inbox")
    for path in sorted(filter(Path.is_file, samples.rglob("*"))):
        sent.put(path.relative_to(samples).as_posix(), path)
    store, layout = open_store(f"{rgw.url}/store"), Layout.load()
    inboxes = [Inbox.open(sent.url), Inbox.open(str(folder))]

    run(registry.project, registry, store.url, inboxes, RunConsole(), postgres_url)

    here = open_store((tmp_path / "store").as_uri())
    command = [*CUSTOMS_MONITOR, "run", "--store", here.url, "--inbox", str(samples), "--inbox", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    published = data_files(store)
    assert published
    assert published == data_files(here)
    assert {"indicators/o4-3/o4-3.parquet", "indicators/o12-3/o12-3.csv"} <= published.keys()
    origins = {
        receipt.origin.partition("://")[0] for feed in registry.feeds for receipt in receipts(store, layout, feed=feed)
    }
    assert origins == {"s3", "file"}
    assert [release.state for release in releases(store, layout)] == ["in force"]
    assert _runs_in(postgres_url) == {
        *(f"feed_{feed}" for feed in registry.feeds),
        "collections_clock",
        "indicators",
    }


def _runs_in(database: str) -> set[str]:
    """Return the DAGs that have a successful run in Airflow's database, which shows that it was the one in use."""
    engine = sqlalchemy.create_engine(database)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sqlalchemy.text("SELECT dag_id FROM dag_run WHERE state = 'success'"))
            return {row.dag_id for row in rows}
    finally:
        engine.dispose()
