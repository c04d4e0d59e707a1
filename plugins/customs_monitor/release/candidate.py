"""The candidate: everything of a release under its own id, before anybody is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from customs_monitor.collection.closing import Closing, last_closings
from customs_monitor.collection.explanations import Explanation, valid_explanations
from customs_monitor.collection.in_force import InForce, in_force
from customs_monitor.contracts import Registry
from customs_monitor.release.fingerprint import (
    code_fingerprint,
    code_version,
    contract_fingerprints,
    input_fingerprint,
    lock_fingerprint,
)
from customs_monitor.release.inputs import local_deliveries
from customs_monitor.release.records import AREAS, Candidate, Draft
from customs_monitor.release.steps import recorded
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import (
    FileArea,
    Manifest,
    ManifestClosing,
    ManifestDelivery,
    ManifestExplanation,
    ManifestFile,
    read_manifest,
)
from customs_storage.pointer import Latest, read_latest

#: Requests at a time; a server answers each in some ten milliseconds, and a release has hundreds of files.
_UPLOADS = 8


def prepare(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    run_id: str,
    scratch: Path,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Candidate | None:
    """Build a release from the deliveries in force and write it under a new id.

    Data files depend on the deliveries and the code alone; the site also tells how the collections stand and how
    senders explain their figures. Nothing that a reader looks at changes.

    Args:
        store: where the deliveries are and the release goes.
        layout: the keys of the store.
        registry: the contracts.
        run_id: the run, for its outcome record.
        scratch: an empty folder of the caller, who removes it.
        now: the clock.

    Returns:
        None if the release in force rests on the same deliveries, closings, explanations and code.

    Raises:
        ReleaseError: if the accepted rows are not what was judged.
        DbtError: if a model cannot be built.
        StoreError: if the store fails.
    """
    # What builds tables and draws charts takes seconds to import: a run with nothing new shall not pay for it.
    with recorded(store, layout, run_id, "prepare") as step:
        with step.timed("look"):
            deliveries = in_force(store, layout, registry)
            closings = [item for feed in registry.collections for item in last_closings(store, layout, feed).values()]
            explanations = valid_explanations(store, layout, registry, now().date())
            code = code_fingerprint(registry.project)
            fingerprint = input_fingerprint(deliveries, code, closings, explanations)
            latest = read_latest(store)
            in_place = read_manifest(store, latest.release_id) if latest else None
        if in_place and in_place.input_fingerprint == fingerprint:
            step.result, step.release_id = "nothing new", in_place.release_id
            return None

        from customs_monitor.release.build import build
        from customs_monitor.release.catalogue import write_catalogue
        from customs_monitor.release.describing import describe
        from customs_monitor.release.site import write_site
        from customs_monitor.release.structure import write_structures
        from customs_monitor.release.writing import write_data

        folders = {"release_file": scratch / "public", "restricted_file": scratch / "restricted"}
        created_at = now().astimezone(UTC).replace(microsecond=0)
        if in_place:
            # Also where the clock was put back: the order of ids and times is that of the releases.
            created_at = max(created_at, in_place.created_at + timedelta(seconds=1))
        release_id, created_at = _free_id(store, layout, created_at, fingerprint)
        step.release_id = release_id
        with step.timed("fetch"):
            local = local_deliveries(store, deliveries, scratch / "accepted")
        with step.timed("build"):
            built = build(local, registry, scratch / "build")
        with step.timed("data"):
            contents = describe(built, registry, deliveries)
            step.rows = write_data(
                built.database, contents, folders["release_file"], folders["restricted_file"], registry
            )
        manifest = _Making(
            registry, release_id, created_at, code, fingerprint, deliveries, closings, explanations, latest
        )
        with step.timed("catalogue"):
            write_structures(contents, registry, folders["release_file"], release_id, created_at)
            write_catalogue(contents, registry, manifest.of([]), folders["release_file"])
        with step.timed("site"):
            write_site(
                store, layout, registry, manifest.of([]), contents, folders["release_file"], closings, explanations
            )
        with step.timed("store"):
            files = {area: _upload(store, layout, area, release_id, folders[area]) for area in AREAS}
            draft = Draft(
                public=manifest.of(files["release_file"]),
                restricted=manifest.of(files["restricted_file"]) if files["restricted_file"] else None,
            )
            key = layout.key("outcome", run_id=run_id, name=f"release.prepare.{release_id}")
            store.put(key, draft.to_bytes())
        step.result = "candidate written"
        return Candidate(
            release_id=release_id,
            run_id=run_id,
            input_fingerprint=fingerprint,
            draft=key,
            draft_sha256=sha256_of(draft.to_bytes()),
            replaces=latest,
            files=sum(len(found) for found in files.values()),
            indicators=len(contents.published),
            deliveries=len(deliveries),
        )


class _Making:
    """The manifest of the release that is being made, for any set of files."""

    def __init__(
        self,
        registry: Registry,
        release_id: str,
        created_at: datetime,
        code: str,
        fingerprint: str,
        deliveries: Iterable[InForce],
        closings: Iterable[Closing],
        explanations: Iterable[Explanation],
        latest: Latest | None,
    ) -> None:
        self._fixed = Manifest(
            release_id=release_id,
            created_at=created_at,
            replaces=latest.release_id if latest else None,
            code_version=code_version(registry.project, code),
            input_fingerprint=fingerprint,
            contract_fingerprints=contract_fingerprints(registry),
            lock_fingerprint=lock_fingerprint(registry.project),
            files=(),
            deliveries=tuple(_listed(item) for item in deliveries),
            gate=(),
            closings=tuple(
                ManifestClosing(feed=item.feed, period=item.period, number=item.number) for item in closings
            ),
            explanations=tuple(
                ManifestExplanation(feed=item.feed, period=item.period, sender=item.sender, number=item.number)
                for item in explanations
            ),
        )

    def of(self, files: Iterable[ManifestFile]) -> Manifest:
        return self._fixed.model_copy(update={"files": tuple(sorted(files, key=lambda file: file.path))})


def _listed(item: InForce) -> ManifestDelivery:
    receipt = item.receipt
    return ManifestDelivery(
        feed=receipt.feed,
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        sha256=receipt.sha256,
        received_at=receipt.received_at,
        # Without the inbox, whose path or bucket is nobody's business: the manifest is public.
        origin="/".join(receipt.origin.rstrip("/").split("/")[-2:]),
        synthetic=receipt.synthetic,
        accepted_sha256=item.judgement.accepted_sha256,
        revision=item.judgement.revision,
    )


def _free_id(store: ObjectStore, layout: Layout, moment: datetime, fingerprint: str) -> tuple[str, datetime]:
    """Return an id that sorts by time and that no release has; one second on where an earlier try was killed."""
    while True:
        release_id = f"{moment:%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"
        if not any(next(iter(store.list(layout.prefix(area, release_id=release_id))), None) for area in AREAS):
            return release_id, moment
        moment += timedelta(seconds=1)


def _upload(store: ObjectStore, layout: Layout, area: FileArea, release_id: str, folder: Path) -> list[ManifestFile]:
    def put(path: Path) -> ManifestFile:
        name = path.relative_to(folder).as_posix()
        store.put(layout.key(area, release_id=release_id, path=name), path)
        return ManifestFile(path=name, sha256=sha256_of(path), size=path.stat().st_size)

    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(_UPLOADS) as pool:
        return list(pool.map(put, paths))
