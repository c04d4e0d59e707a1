"""The data files of an old release, built again from its manifest and compared with it: bytes, or cells."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.collection.records import Record
from customs_monitor.contracts import Registry
from customs_monitor.release.comparing import TableChange, compare
from customs_monitor.release.contents import Contents
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.dbt_run import DbtError
from customs_monitor.release.describing import describe
from customs_monitor.release.errors import ReleaseError
from customs_monitor.release.fingerprint import (
    CodeVersion,
    code_fingerprint,
    code_version,
    libraries_unlike_lock,
    lock_fingerprint,
)
from customs_monitor.release.history import manifest_of
from customs_monitor.release.listed import Fetched, fetch
from customs_monitor.release.records import AREAS
from customs_monitor.release.writing import write_data
from customs_storage import ChecksumMismatch, ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import FileArea, Manifest, ManifestFile, read_manifest

#: The folders of a release whose files depend on the deliveries and the code alone.
_DATA = ("indicators/", "marts/")
_TABLE = ".parquet"
#: How the two areas of a release are called in results and below `--out`.
FOLDERS: Mapping[FileArea, str] = {"release_file": "published", "restricted_file": "restricted"}

Verdict = Literal["equal", "equal under other code", "differs under other code", "differs", "not possible"]


class FileChange(Record):
    """A data file that is not what the manifest lists; `path` begins with `published/` or `restricted/`.

    Attributes:
        change: `new` and `gone` as seen from the release; `written differently`: its table has the same cells.
    """

    path: str
    change: Literal["new", "gone", "changed", "written differently"]


class Rebuilt(Record):
    """What became of a release that was built again.

    Attributes:
        files, bytes: of the data files that the manifests list, public and restricted.
        sha256: of the list of these files as `sha256sum` writes it: releases with the same data files have the same.
        release_code, code: code versions of then and now.
        same_code, same_lock: whether all files that decide what a release says are those of then, uv.lock among them.
        libraries: installed in other versions than uv.lock says; looked at where the same code gives other bytes.
        problems: what is missing or altered in the store, and what today's code has no contract for.
        changes: the files that are not the same.
        tables: the cells that are not, of tables that are in both.
        how: how to get the code of then, where it is not the code of now.
    """

    release_id: str
    verdict: Verdict
    files: int
    bytes: int
    sha256: str
    deliveries: int
    release_code: str
    code: str
    same_code: bool
    same_lock: bool
    libraries: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    changes: tuple[FileChange, ...] = ()
    tables: tuple[TableChange, ...] = ()
    how: str = ""


@dataclass(frozen=True)
class _Listed:
    """The data files that the manifests of a release list, by area."""

    public: Manifest
    files: Mapping[FileArea, Mapping[str, ManifestFile]]

    @classmethod
    def of(cls, store: ObjectStore, manifest: Manifest) -> _Listed:
        files: dict[FileArea, dict[str, ManifestFile]] = {}
        for area in AREAS:
            try:
                listed = manifest if area == "release_file" else read_manifest(store, manifest.release_id, area=area)
            except ObjectNotFound:
                files[area] = {}  # everything is public
                continue
            files[area] = {file.path: file for file in listed.files if file.path.startswith(_DATA)}
        return cls(manifest, files)

    @property
    def lines(self) -> list[str]:
        """A line for each file as `sha256sum` writes it."""
        return [
            f"{file.sha256}  {FOLDERS[area]}/{path}"
            for area in AREAS
            for path, file in sorted(self.files[area].items())
        ]


def rebuild(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    release_id: str,
    scratch: Path,
    out: Path | None = None,
    tell: Callable[[str], None] = lambda _text: None,
    say: Callable[[str], None] = lambda _text: None,
    rows: int | None = None,
) -> Rebuilt:
    """Build the data files of a release again, from the deliveries that its manifest lists.

    Args:
        store: where the release and the deliveries are; nothing in it changes.
        layout: the keys of the store.
        registry: the contracts.
        release_id: the release, in force or not.
        scratch: an empty folder of the caller, who removes it.
        out: where the files go, below `published/` and `restricted/`; by default into the scratch folder.
        tell: is told in detail what is at work.
        say: is told of every step.
        rows: cells to tell per table; all by default.

    Raises:
        NothingPublished: if there is no such release.
        ReleaseError: if the code cannot build it.
    """
    manifest = manifest_of(store, release_id)
    listed = _Listed.of(store, manifest)
    fingerprint = code_fingerprint(registry.project)
    then = CodeVersion.of(manifest.code_version)
    result = Rebuilt(
        release_id=release_id,
        verdict="not possible",
        files=len(listed.lines),
        bytes=sum(file.size for files in listed.files.values() for file in files.values()),
        sha256=sha256_of("".join(f"{line}\n" for line in listed.lines).encode()),
        deliveries=len(manifest.deliveries),
        release_code=manifest.code_version,
        code=code_version(registry.project, fingerprint),
        same_code=fingerprint.startswith(then.fingerprint),
        same_lock=lock_fingerprint(registry.project) == manifest.lock_fingerprint,
    )
    say(f"fetching {len(manifest.deliveries)} deliveries")
    fetched = fetch(store, layout, manifest.deliveries, scratch / "accepted", tell)
    if fetched.problems:
        return result.model_copy(update={"problems": tuple(fetched.problems)})
    problems = _without_contract(fetched, registry)
    say("building the tables")
    tell("the tables")
    target = out or scratch / "rebuilt"
    _build(fetched, registry, scratch, target, result)
    say("comparing")
    found = _Comparison(store, layout, listed, target, rows)
    return result.model_copy(
        update={
            "verdict": _verdict(result.same_code, bool(found.changes)),
            "problems": (*problems, *found.altered),
            "changes": tuple(found.changes),
            "tables": tuple(found.tables),
            "libraries": tuple(libraries_unlike_lock(registry.project)) if found.changes and result.same_code else (),
            "how": "" if result.same_code else _how(then, manifest),
        }
    )


def _verdict(same_code: bool, differs: bool) -> Verdict:
    if same_code:
        return "differs" if differs else "equal"
    return "differs under other code" if differs else "equal under other code"


def _without_contract(fetched: Fetched, registry: Registry) -> list[str]:
    """Leave out deliveries of feeds that today's code does not have; return what to say of them."""
    lost = sorted({item.receipt.feed for item in fetched.deliveries} - set(registry.feeds))
    fetched.deliveries = [item for item in fetched.deliveries if item.receipt.feed not in lost]
    fetched.local = [item for item in fetched.local if item.feed not in lost]
    return [f"{feed}: today's code has no contract of this feed; its deliveries are left out" for feed in lost]


def _build(fetched: Fetched, registry: Registry, scratch: Path, target: Path, result: Rebuilt) -> None:
    # Takes seconds to import, with dbt behind it; what is missing is told before.
    from customs_monitor.release.build import build

    try:
        built = build(fetched.local, registry, scratch / "build")
    except DbtError as error:
        if result.same_code:
            raise
        raise ReleaseError(
            f"{result.release_id} cannot be built with the code of today, {result.code}; it was made with "
            f"{result.release_code}:\n{error}"
        ) from error
    contents = describe(built, registry, fetched.deliveries)
    write_data(
        built.database, contents, target / FOLDERS["release_file"], target / FOLDERS["restricted_file"], registry
    )


def _how(then: CodeVersion, manifest: Manifest) -> str:
    what = f"version {then.package} with the fingerprint {then.fingerprint}"
    way = (
        f"git checkout {then.commit} && make install"
        if then.commit
        else "check out the commit it was installed from, then make install"
    )
    return (
        f"The release was made with {what} and the uv.lock with SHA-256 {manifest.lock_fingerprint[:12]}. To have its "
        f"bytes again: {way} && .venv/bin/customs-monitor rebuild {manifest.release_id}. If that, too, says that the "
        "code is another, the release was made from files that were never committed"
    )


class _Comparison:
    """Holds built files against those that manifests list."""

    def __init__(self, store: ObjectStore, layout: Layout, listed: _Listed, target: Path, rows: int | None) -> None:
        self._store, self._layout, self._listed, self._target, self._rows = store, layout, listed, target, rows
        self.changes: list[FileChange] = []
        self.tables: list[TableChange] = []
        self.altered: list[str] = []
        for area in AREAS:
            self._compare(area, listed.files[area], _data_files(target / FOLDERS[area]))

    def _compare(self, area: FileArea, listed: Mapping[str, ManifestFile], built: Mapping[str, Path]) -> None:
        different = [path for path in sorted(listed.keys() & built) if sha256_of(built[path]) != listed[path].sha256]
        stems = {path.removesuffix(_TABLE) for path in listed.keys() & built if path.endswith(_TABLE)}
        other_cells = {
            stem
            for stem in sorted(stems)
            if f"{stem}{_TABLE}" in different and self._has_other_cells(area, stem, built[f"{stem}{_TABLE}"])
        }
        changes = dict.fromkeys(listed.keys() - built, "gone") | dict.fromkeys(built.keys() - listed, "new")
        for path in different:
            stem = path.partition(".")[0]
            changes[path] = "written differently" if stem in stems - other_cells else "changed"
        self.changes += [
            FileChange(path=f"{FOLDERS[area]}/{path}", change=change) for path, change in sorted(changes.items())
        ]

    @cached_property
    def _datasets(self) -> Mapping[str, Dataset]:
        contents = Contents.of(self._store, self._layout, self._listed.public.release_id)
        return {item.stem: item for item in contents.datasets}

    def _has_other_cells(self, area: FileArea, stem: str, built: Path) -> bool:
        released = self._released(area, f"{stem}{_TABLE}")
        if released is None:
            return True
        change = compare(released, pq.read_table(built), self._datasets[stem], self._rows)
        if not change.any:
            return False
        self.tables.append(change.model_copy(update={"table": f"{FOLDERS[area]}/{stem}"}))
        return True

    def _released(self, area: FileArea, path: str) -> pa.Table | None:
        key = self._layout.key(area, release_id=self._listed.public.release_id, path=path)
        try:
            data = self._store.get(key)
        except (ObjectNotFound, ChecksumMismatch):
            data = b""
        if sha256_of(data) == self._listed.files[area][path].sha256:
            return pq.read_table(io.BytesIO(data))
        self.altered.append(f"{key} is not what was published, and cannot be compared: see customs-monitor verify")
        return None


def _data_files(folder: Path) -> dict[str, Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path for name, path in named.items() if name.startswith(_DATA)}
