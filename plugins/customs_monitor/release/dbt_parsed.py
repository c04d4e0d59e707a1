"""What dbt has read of a project, kept from run to run: reading it takes five seconds and depends on the code alone.

dbt's own partial parsing does not help: it reads everything anew where the connection differs, and every build has a
database of its own. Here the key is all that the reading depends on, so that what is kept is right or not found.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from customs_storage.hashing import sha256_of

_PACKAGES = ("dbt-core", "dbt-duckdb", "dbt-adapters", "dbt-common")
_READ_BY_DBT = frozenset({".sql", ".yml", ".yaml", ".md", ".csv", ".py"})
#: Checkouts and tests that change the project share the folder; each file has some 4 MB.
_KEPT = 8


def folder() -> Path:
    """Return where manifests are kept: with the environment whose dbt has made them."""
    return Path(sys.prefix) / "share" / "customs-monitor" / "dbt"


def place(project: Path, database: Path, variables: str) -> Path:
    """Return the file in which dbt's reading of a project is kept.

    Args:
        project: the folder with dbt_project.yml and profiles.yml.
        database: the DuckDB file; its name, not its folder, is part of the name of every table.
        variables: of the command line, as YAML.
    """
    parts = [*(f"{name} {version(name)}" for name in _PACKAGES), str(project.resolve()), database.stem, variables]
    parts += [
        f"{path.relative_to(project).as_posix()} {sha256_of(path)}"
        for path in sorted(project.rglob("*"))
        if path.suffix in _READ_BY_DBT and path.is_file()
    ]
    return folder() / f"{sha256_of(chr(10).join(parts).encode())}.msgpack"


def load(file: Path) -> Any | None:
    """Return the manifest of a file; None if there is none, or none that this dbt can read."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        manifest = Manifest.from_msgpack(file.read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception:
        return None
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


def keep(manifest: Any, file: Path) -> None:
    """Keep a manifest, if the folder can be written."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as partial:
            partial.write(manifest.to_msgpack(extended_mashumaro_encoder))
        Path(partial.name).replace(file)
        _forget(sorted(file.parent.glob("*.msgpack"), key=lambda kept: kept.stat().st_mtime)[:-_KEPT])


def _forget(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
