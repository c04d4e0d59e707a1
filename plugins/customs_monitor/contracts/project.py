"""Where the project's own folders are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


class ProjectNotFound(RuntimeError):
    """The folder that holds `expectations/` and `dbt_project/` was not found."""


@dataclass(frozen=True)
class Project:
    """The folders of one checkout or installation of the platform."""

    root: Path

    @property
    def expectations(self) -> Path:
        """Contracts, concepts, rules and corrections."""
        return self.root / "expectations"

    @property
    def feeds(self) -> Path:
        """One contract per feed."""
        return self.expectations / "feeds"

    @property
    def dbt(self) -> Path:
        """The dbt project."""
        return self.root / "dbt_project"

    @property
    def codelists(self) -> Path:
        """Codelists, `cl_<name>.csv`: one file serves dbt and Python."""
        return self.dbt / "seeds" / "codelists"

    @property
    def samples(self) -> Path:
        """Deliveries that come with the platform: the default inbox."""
        return self.root / "storage" / "samples"

    @classmethod
    def locate(cls) -> Project:
        """Return the project named by `CUSTOMS_MONITOR_HOME`, else the checkout this package lies in.

        Raises:
            ProjectNotFound: if the folder found has no `expectations/feeds`.
        """
        named = os.environ.get("CUSTOMS_MONITOR_HOME")
        root = Path(named).resolve() if named else Path(__file__).resolve().parents[3]
        project = cls(root)
        if not project.feeds.is_dir():
            raise ProjectNotFound(
                f"no folder expectations/feeds in {root}: set CUSTOMS_MONITOR_HOME to the checkout of Customs Monitor"
            )
        return project
