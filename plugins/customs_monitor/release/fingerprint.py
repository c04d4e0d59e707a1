"""What a release is computed from, as one hash: equal fingerprints need no new release."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import customs_monitor
import customs_storage
from customs_monitor.collection.closing import Closing
from customs_monitor.collection.explanations import Explanation
from customs_monitor.collection.in_force import InForce
from customs_monitor.contracts import Project, Registry
from customs_storage.canonical import Json, canonical_json
from customs_storage.hashing import sha256_of

_PACKAGE = "customs-monitor"
_CODE_VERSION = re.compile(r"(?P<package>[^+]+)\+(?:g(?P<commit>[0-9a-f]+)\.)?(?P<fingerprint>[0-9a-f]{12})")
#: Made by running things, no source of a figure.
_MADE = {"__pycache__", "target", "logs", "dbt_packages", ".user.yml"}


def code_fingerprint(project: Project) -> str:
    """Return the SHA-256 over all files that decide what a release says: contracts, models, codelists, code, lock."""
    trees = {
        "expectations": project.expectations,
        "dbt_project": project.dbt,
        "customs_monitor": Path(customs_monitor.__file__).parent,
        "customs_storage": Path(customs_storage.__file__).parent,
    }
    digest = hashlib.sha256(package_version().encode())
    for name, folder in trees.items():
        for path in _files(folder):
            digest.update(f"\n{name}/{path.relative_to(folder).as_posix()} {sha256_of(path)}".encode())
    digest.update(f"\nuv.lock {lock_fingerprint(project)}".encode())
    return digest.hexdigest()


def input_fingerprint(
    deliveries: Sequence[InForce],
    code: str,
    closings: Sequence[Closing] = (),
    explanations: Sequence[Explanation] = (),
) -> str:
    """Return the SHA-256 over the deliveries in force, the code, how the collections stand and what explains figures.

    Args:
        deliveries: in the order of `in_force`: within a feed, period and sender the order decides what supersedes.
        code: the fingerprint of the code.
        closings: the last of each collection and period.
        explanations: those that are shown: one that expires makes a release without it.
    """
    lines: list[Json] = [
        [item.key, item.receipt.sha256, item.judgement.accepted_sha256, item.receipt.synthetic] for item in deliveries
    ]
    stand: list[Json] = [[item.feed, item.period, item.number] for item in closings]
    said: list[Json] = [[item.feed, item.period, item.sender, item.number] for item in explanations]
    return sha256_of(canonical_json([code, lines, stand, said]))


def contract_fingerprints(registry: Registry) -> dict[str, str]:
    """Return, by feed, the SHA-256 of its contract with all concepts that its columns name."""
    found = {}
    for feed, contract in sorted(registry.feeds.items()):
        concepts = {
            item.name: registry.concepts[item.name].model_dump(mode="json") for item in contract.schema_.properties
        }
        lock = {"contract": contract.model_dump(mode="json", by_alias=True), "concepts": concepts}
        # Not canonical_json: bounds are floats, and this hash is compared by this program only.
        found[feed] = sha256_of(json.dumps(lock, sort_keys=True).encode())
    return found


def lock_fingerprint(project: Project) -> str:
    """Return the SHA-256 of `uv.lock`, of nothing where the platform was installed without it."""
    lock = project.root / "uv.lock"
    return sha256_of(lock) if lock.is_file() else sha256_of(b"")


def package_version() -> str:
    """Return the platform's version."""
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return "0+uninstalled"


def code_version(project: Project, code: str) -> str:
    """Return the version, the commit where there is one, and the beginning of the code's fingerprint.

    A commit alone would not tell that files were changed after it; the fingerprint does.
    """
    commit = _commit(project.root)
    return f"{package_version()}+{f'g{commit}.' if commit else ''}{code[:12]}"


@dataclass(frozen=True)
class CodeVersion:
    """What `code_version` says.

    Attributes:
        package: the platform's version.
        commit: the beginning of the commit's hash, None where there was none.
        fingerprint: the beginning of the fingerprint of all files that decide what a release says.
    """

    package: str
    commit: str | None
    fingerprint: str

    @classmethod
    def of(cls, text: str) -> CodeVersion:
        """Read a code version; ValueError if it is none."""
        found = _CODE_VERSION.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no code version")
        return cls(**found.groupdict())


def libraries_unlike_lock(project: Project) -> list[str]:
    """Return the installed libraries that have another version than `uv.lock` says, with both."""
    lock = project.root / "uv.lock"
    if not lock.is_file():
        return []
    locked: dict[str, set[str]] = {}
    for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]:
        if "version" in package:
            locked.setdefault(package["name"], set()).add(package["version"])
    unlike = []
    for name, versions in sorted(locked.items()):
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        if installed not in versions and name != _PACKAGE:
            unlike.append(f"{name} {installed} (uv.lock: {', '.join(sorted(versions))})")
    return unlike


def _files(folder: Path) -> Iterator[Path]:
    found: Iterable[Path] = (
        path
        for path in folder.rglob("*")
        if path.is_file() and not _MADE.intersection(path.relative_to(folder).parts) and path.suffix != ".pyc"
    )
    yield from sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _commit(root: Path) -> str | None:
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    answer = subprocess.run(
        [git, "-C", str(root), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None
