"""The documentation of models and lineage as one page: feed -> model -> indicator -> publication.

`make docs` writes it. It is dbt's own page with everything inside: no server, no network. Columns are described by the
registry of concepts, as they are in every release, and staging models by their contracts: dbt takes one properties file
per model, which has the model's own contract, and a description typed there would be a second one. Other models without
a description have the comment that their SQL begins with.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import PROVENANCE
from customs_monitor.release.build import build
from customs_monitor.release.datasets import OBSERVATION_COLUMNS
from customs_monitor.release.dbt_run import dbt_docs
from customs_monitor.scratch import working_folder

#: Where dbt's page counts its visitors, if it is asked to. It is not, and does not know where any more.
_COUNTERS = ("fishtownanalytics.sinter-collect.com", "//d1fc8wv8zag5ca.cloudfront.net/2.9.0/sp.js")
_STAGING = "stg_"
_PLACES = {"manifest": '"MANIFEST.JSON INLINE DATA"', "catalog": '"CATALOG.JSON INLINE DATA"'}


def write_docs(registry: Registry, folder: Path, scratch: Path) -> Path:
    """Write the page, and the manifest and catalog that it shows for programs that read these.

    Args:
        registry: the contracts and concepts.
        folder: where to; made if need be.
        scratch: an empty folder of the caller, who removes it.

    Returns:
        The page.

    Raises:
        DbtError: if the project cannot be built.
    """
    # Without deliveries all tables are there, and empty: that is enough to know their columns.
    built = build([], registry, scratch / "build")
    target = dbt_docs(registry.project.dbt, built.database, scratch / "docs")
    told = {name: json.loads((target / f"{name}.json").read_bytes()) for name in _PLACES}
    describe_models(told["manifest"], registry)
    describe_columns(told["manifest"], told["catalog"], registry)
    page = (target / "index.html").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    for name, place in _PLACES.items():
        document = json.dumps(told[name], ensure_ascii=False, sort_keys=True)
        (folder / f"{name}.json").write_text(document, encoding="utf-8")
        # A closing tag in a text would end the script that the text is part of.
        page = page.replace(place, document.replace("</", "<\\/"))
    for counter in _COUNTERS:
        page = page.replace(counter, "")
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def describe_models(manifest: dict[str, Any], registry: Registry) -> None:
    """Describe the models without a description in dbt's manifest: staging by contracts, others by their comments."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and not node["description"]:
            contract = registry.feeds.get(node["name"].removeprefix(_STAGING))
            node["description"] = (
                f"{contract.name}: the rows in force. {contract.description.purpose}"
                if contract is not None and node["name"].startswith(_STAGING)
                else " ".join(_leading_comment(node["raw_code"]))
            )


def _leading_comment(sql: str) -> Iterator[str]:
    """Yield the lines of the comment that a model begins with, which may stand after its config."""
    for line in sql.splitlines():
        if line.startswith("--"):
            yield line.removeprefix("--").strip()
        elif line and not line.startswith("{{ config("):
            return


def describe_columns(manifest: dict[str, Any], catalog: Mapping[str, Any], registry: Registry) -> None:
    """Give every column of every model in dbt's manifest what the registry says of it.

    Args:
        manifest: of dbt; is changed.
        catalog: of dbt: which columns there are.
        registry: the concepts.
    """
    for name, node in manifest["nodes"].items():
        if node["resource_type"] != "model":
            continue
        known = {column["name"].lower(): column for column in node["columns"].values()}
        for column, built in catalog["nodes"].get(name, {"columns": {}})["columns"].items():
            told = known.get(column.lower()) or {"name": column, "data_type": built["type"], "meta": {}, "tags": []}
            told["description"] = " ".join((told.get("description") or meaning(column, registry)).split())
            node["columns"][told["name"]] = told


def meaning(column: str, registry: Registry) -> str:
    """Return what a column of any model means: what SDMX says, else its concept; nothing for an aid of one model."""
    if column in OBSERVATION_COLUMNS:
        return OBSERVATION_COLUMNS[column][1]
    if column in PROVENANCE:
        return PROVENANCE[column][1]
    concept = registry.concepts.get(column.lower())
    return concept.definition if concept else ""


def main() -> None:
    """Write the page into the folder given, by default `build/docs`."""
    registry = Registry.load()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else registry.project.root / "build" / "docs"
    with working_folder() as scratch:
        path = write_docs(registry, folder, scratch)
    print(f"written: {path}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
