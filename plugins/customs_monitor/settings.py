"""Where the platform reads and writes, from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from customs_monitor.contracts import Project
from customs_storage import ObjectStore, open_store

STORE_VARIABLE = "CUSTOMS_MONITOR_STORE"
INBOX_VARIABLE = "CUSTOMS_MONITOR_INBOX"
#: Set where DAGs run only when asked, as in the embedded Airflow of `make run`.
ON_DEMAND_VARIABLE = "CUSTOMS_MONITOR_ON_DEMAND"
#: Slots of its Airflow pool that a build takes; 1 by default.
BUILD_SLOTS_VARIABLE = "CUSTOMS_MONITOR_BUILD_SLOTS"
#: Folder of the embedded Airflow's database and logs, of one run at a time; `.airflow` in the project by default.
AIRFLOW_HOME_VARIABLE = "CUSTOMS_MONITOR_AIRFLOW_HOME"


def store_url(given: str | None = None) -> str:
    """Return the URL of the store: the one given, else `CUSTOMS_MONITOR_STORE`, else `data/` in the project."""
    url = given or os.environ.get(STORE_VARIABLE) or str(Project.locate().root / "data")
    return url if "://" in url else Path(url).resolve().as_uri()


def airflow_home(project: Project) -> Path:
    """Return the folder of the embedded Airflow: `CUSTOMS_MONITOR_AIRFLOW_HOME`, else `.airflow` in the project."""
    named = os.environ.get(AIRFLOW_HOME_VARIABLE)
    return Path(named).resolve() if named else project.root / ".airflow"


def store(given: str | None = None) -> ObjectStore:
    """Open the store."""
    return open_store(store_url(given))


def inbox_urls(given: list[str] | None = None) -> list[str]:
    """Return the inboxes: those given, else `CUSTOMS_MONITOR_INBOX` (separated by commas), else the samples."""
    if given:
        return given
    named = [url.strip() for url in os.environ.get(INBOX_VARIABLE, "").split(",") if url.strip()]
    return named or [str(Project.locate().samples)]
