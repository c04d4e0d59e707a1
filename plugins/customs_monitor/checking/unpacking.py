"""Opening an archive of deliveries, in a child."""

from __future__ import annotations

from pathlib import Path

from customs_monitor.checking.limits import CheckLimits
from customs_monitor.checking.results import ArchiveProblem, Cost, Unpacked, UnpackedFile
from customs_monitor.collection.claims import header_fits
from customs_monitor.contracts import Registry
from customs_monitor.intake import IntakeError, sniff
from customs_monitor.intake.archive import ArchiveLimits, open_archive


def unpack(file: Path, folder: Path, registry: Registry, limits: CheckLimits) -> Unpacked:
    """Open an archive; see `CheckPool.unpack`."""
    files = folder / "files"
    files.mkdir()
    members, faults = open_archive(file, files, ArchiveLimits(limits.members, limits.unpacked_bytes))
    return Unpacked(
        files=tuple(
            UnpackedFile(name=member.name, path=member.path, size=member.size, feed=_collection(member.path, registry))
            for member in members
        ),
        problems=tuple(
            ArchiveProblem(
                code=fault.code,
                member=fault.member,
                message=f"{registry.rules[fault.code].message} {fault.what}",
                cure=registry.rules[fault.code].cure,
            )
            for fault in faults
        ),
        cost=Cost(cpu_seconds=0, wall_seconds=0, peak_memory=0),
    )


def _collection(path: Path, registry: Registry) -> str | None:
    """Return the one collection that has the header of a file."""
    try:
        look = sniff(path)
    except IntakeError:
        return None
    feeds = [
        contract.id
        for contract in registry.feeds.values()
        if contract.domain == "collections" and any(header_fits(look, layout) for layout in contract.layouts)
    ]
    return feeds[0] if len(feeds) == 1 else None
