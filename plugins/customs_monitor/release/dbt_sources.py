"""The dbt sources, generated from contracts, concepts and codelists: `models/staging/_sources.yml`.

`python -m customs_monitor.release.dbt_sources` writes the file; a test shows that the committed one has no diff.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import ACCEPTED, CODELISTS, alias_files, codelist_columns, feed_columns

_HEAD = (
    "# Generated from expectations/ and seeds/codelists/ by `python -m customs_monitor.release.dbt_sources`;"
    " do not edit.\n"
)
_DELIVERIES = {
    "feed": ("VARCHAR", "Feed of the delivery."),
    "period": ("VARCHAR", "Period of the delivery; _Z where it spans several."),
    "sender": ("VARCHAR", "Who sent it."),
    "delivery_id": ("VARCHAR", "Identifier from the hash of its bytes."),
    "layout": ("VARCHAR", "Layout of the contract the file had."),
    "received_sequence": ("BIGINT", "Place among the deliveries of the same feed, period and sender, from 1."),
    "is_synthetic": ("BOOLEAN", "Whether the delivery is made up."),
    "path": ("VARCHAR", "Where its accepted rows are during the build."),
}
_EXPECTED = {
    "feed": ("VARCHAR", "Feed of which there is a delivery."),
    "period": ("VARCHAR", "Period for which there is a delivery."),
    "sender": ("VARCHAR", "Sender expected by the contract for the period, whether or not it delivered."),
}


def sources_path(registry: Registry) -> Path:
    """Return where the file is in the project."""
    return registry.project.dbt / "models" / "staging" / "_sources.yml"


def render(registry: Registry) -> str:
    """Return the sources as YAML: a table per feed and per codelist, columns with type and description."""
    feeds = [
        {
            "name": feed,
            "description": contract.description.purpose.strip(),
            "columns": [_column(*column) for column in feed_columns(feed, registry)],
        }
        for feed, contract in sorted(registry.feeds.items())
    ]
    control = [
        _control("deliveries", "The accepted deliveries in force.", _DELIVERIES),
        _control("expected_senders", "Who was expected to deliver, for feeds and periods with a delivery.", _EXPECTED),
    ]
    lists = [
        {"name": name, "columns": [_column(*column) for column in _codelist(registry, name)]}
        for name in sorted(registry.codelists)
    ]
    lists += [
        {"name": path.stem, "columns": [_column(*column) for column in codelist_columns(path)]}
        for path in alias_files(registry)
    ]
    document = {
        "version": 2,
        "sources": [
            {"name": ACCEPTED, "schema": ACCEPTED, "tables": [*control, *feeds]},
            {"name": CODELISTS, "schema": CODELISTS, "tables": lists},
        ],
    }
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=118)


def _column(name: str, kind: str, description: str = "") -> dict[str, Any]:
    column = {"name": name, "data_type": kind}
    if text := " ".join(description.split()):
        column["description"] = text
    return column


def _control(name: str, description: str, columns: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "columns": [_column(column, kind, text) for column, (kind, text) in columns.items()],
    }


def _codelist(registry: Registry, name: str) -> list[tuple[str, str]]:
    columns: dict[str, str] = {}
    for path in registry.codelists.paths(name):
        columns |= dict(codelist_columns(path))
    return list(columns.items())


def main() -> None:
    """Write the file."""
    registry = Registry.load()
    sources_path(registry).write_text(render(registry), encoding="utf-8")


if __name__ == "__main__":
    main()
