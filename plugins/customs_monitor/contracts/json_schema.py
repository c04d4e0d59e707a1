"""JSON Schema of a contract, for editors that complete and check YAML.

`python -m customs_monitor.contracts.json_schema` writes `expectations/contract.schema.json` anew; a test holds it
against the model.
"""

from __future__ import annotations

import json
from pathlib import Path

from customs_monitor.contracts.model import Contract
from customs_monitor.contracts.project import Project

FILE_NAME = "contract.schema.json"


def contract_schema() -> str:
    """Return the JSON Schema (2020-12) of `expectations/feeds/<feed>.yml`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Contract.model_json_schema(by_alias=True),
        "title": "Contract of a feed of Customs Monitor",
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def write(project: Project) -> Path:
    """Write the schema into the project and return the file."""
    path = project.expectations / FILE_NAME
    path.write_text(contract_schema(), encoding="utf-8")
    return path


if __name__ == "__main__":
    write(Project.locate())
