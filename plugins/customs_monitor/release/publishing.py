"""A gated candidate becomes the release in force: its manifest, then one compare-and-set."""

from __future__ import annotations

from customs_monitor.release.errors import ReleaseError, ReleaseOvertaken
from customs_monitor.release.history import release_of
from customs_monitor.release.records import Candidate, Draft, GateReport, Release
from customs_monitor.release.steps import recorded
from customs_storage import ObjectStore, PreconditionFailed
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.pointer import Latest, read_latest, swap_latest


def publish(store: ObjectStore, layout: Layout, candidate: Candidate, report: GateReport) -> Release:
    """Put a candidate in force. Killed anywhere, a reader sees the old release or this one, and a repeat completes it.

    Args:
        store: where it is.
        layout: the keys of the store.
        candidate: what `prepare` has written.
        report: what `gate` said of it.

    Raises:
        ReleaseOvertaken: if another release came into force since the candidate was begun; prepare again.
        ReleaseError: if the report is on another candidate, or is no pass.
    """
    with recorded(store, layout, candidate.run_id, "publish") as step:
        step.release_id = candidate.release_id
        if (report.release_id, report.draft_sha256) != (candidate.release_id, candidate.draft_sha256):
            raise ReleaseError(f"the report of the gate is on {report.release_id}: let {candidate.release_id} pass it")
        if any(verdict.verdict == "failed" for verdict in report.verdicts):
            raise ReleaseError(f"{candidate.release_id} did not pass the gate: see its report")
        draft = Draft.of(store, candidate)
        manifest = draft.public.model_copy(update={"gate": report.verdicts})
        key = layout.key("manifest", release_id=candidate.release_id)
        new = Latest(release_id=candidate.release_id, manifest=key, sha256=sha256_of(manifest.to_bytes()))
        current = read_latest(store)
        if current != new:
            if current != candidate.replaces:
                raise _overtaken(candidate, current)
            if draft.restricted is not None:
                restricted = draft.restricted.model_copy(update={"gate": report.verdicts})
                store.put(
                    layout.key("restricted_file", release_id=candidate.release_id, path="manifest.json"),
                    restricted.to_bytes(),
                )
            store.put(key, manifest.to_bytes())
            try:
                swap_latest(store, new, candidate.replaces)
            except PreconditionFailed as error:
                raise _overtaken(candidate, read_latest(store)) from error
        step.result = "published"
        return release_of(manifest, "in force")


def _overtaken(candidate: Candidate, current: Latest | None) -> ReleaseOvertaken:
    return ReleaseOvertaken(
        f"{candidate.release_id} was built when {candidate.replaces.release_id if candidate.replaces else 'nothing'} "
        f"was in force, and now {current.release_id if current else 'nothing'} is: run again; the next candidate takes "
        "in what has arrived since, or finds nothing new"
    )
