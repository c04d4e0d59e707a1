"""The dbt exposures, generated from specifications and contracts: `models/exposures.yml`.

They end the lineage where a reader begins: feed -> models -> indicator -> page, and all tables -> site and catalogue.
`python -m customs_monitor.release.dbt_exposures` writes the file; a test shows that the committed one has no diff.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from customs_monitor.contracts import Registry
from customs_monitor.release.specs import IndicatorSpec, load_specs

_HEAD = (
    "# Generated from the specifications by `python -m customs_monitor.release.dbt_exposures`; do not edit.\n"
    "# What is published: a page and files per indicator, the site, the catalogue. Addresses are within a release.\n"
)
#: Who publishes.
_PUBLISHER = "Customs Monitor"


def exposures_path(registry: Registry) -> Path:
    """Return where the file is in the project."""
    return registry.project.dbt / "models" / "exposures.yml"


def render(registry: Registry) -> str:
    """Return the exposures as YAML: one per indicator, and those that show all tables."""
    specs = load_specs(registry.project)
    public = [spec for spec in specs.values() if spec.audience == "public"]
    tables = [*(spec.table for spec in public), *_marts(registry)]
    exposures = [
        *(_indicator(spec, registry) for spec in specs.values()),
        _whole(
            "site", "dashboard", "Site of the release", "site/index.html", tables,
            "Pages for all indicators and further tables, with charts, definitions, coverage and origin.",
        ),
        _whole(
            "catalogue", "application", "Catalogue of the release (DCAT-AP)", "catalog.jsonld", tables,
            "What data portals read: every table with its files, licence, periods and hashes.",
        ),
    ]  # fmt: skip
    document = {"version": 2, "exposures": exposures}
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=118)


def _indicator(spec: IndicatorSpec, registry: Registry) -> dict[str, Any]:
    owners = sorted({registry.feeds[feed].owner for feed in spec.source_feeds})
    public = spec.audience == "public"
    return {
        "name": f"indicator_{spec.table}",
        "label": f"{spec.id}: {spec.title}",
        "type": "dashboard",
        "url": f"site/indicators/{spec.id}.html" if public else f"indicators/{spec.id}/{spec.id}.parquet",
        "description": " ".join(spec.purpose.split()),
        "depends_on": [f"ref('{spec.table}')"],
        "owner": {"name": ", ".join(owners)},
        "config": {
            "meta": {
                "id": spec.id,
                "audience": spec.audience,
                "frequency": spec.frequency,
                "version": spec.version,
                "feeds": list(spec.source_feeds),
            }
        },
    }


def _whole(name: str, kind: str, label: str, url: str, tables: Iterable[str], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": kind,
        "url": url,
        "description": description,
        "depends_on": [f"ref('{table}')" for table in tables],
        "owner": {"name": _PUBLISHER},
    }


def _marts(registry: Registry) -> list[str]:
    return sorted(path.stem for path in (registry.project.dbt / "models" / "marts").glob("*.sql"))


def main() -> None:
    """Write the file."""
    registry = Registry.load()
    exposures_path(registry).write_text(render(registry), encoding="utf-8")


if __name__ == "__main__":
    main()
