"""What one check may cost."""

from __future__ import annotations

from dataclasses import dataclass

from customs_monitor.intake.limits import MIB


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """Bounds of one job: a file that is judged, or an archive that is opened.

    Attributes:
        memory: anonymous memory of the job's processes together, in bytes; the session that judges gets a part of it.
        address_space: RLIMIT_AS of each process. Libraries reserve far more than they use, so this is the wall
            behind `memory`, which is watched.
        cpu_seconds: RLIMIT_CPU of each process.
        wall_seconds: time from the start of the job to its end.
        file_bytes: RLIMIT_FSIZE, the largest file that may be written.
        scratch_bytes: all files of the job's scratch folder together.
        open_files: RLIMIT_NOFILE.
        processes: processes and threads that may be added to those of the user (RLIMIT_NPROC).
        threads: of the session that judges.
        members: the most files of an archive.
        unpacked_bytes: all files of an archive together.
    """

    memory: int = 1024 * MIB
    address_space: int = 6 * 1024 * MIB
    cpu_seconds: int = 300
    wall_seconds: float = 300.0
    file_bytes: int = 8 * 1024 * MIB
    scratch_bytes: int = 16 * 1024 * MIB
    open_files: int = 256
    processes: int = 256
    threads: int = 2
    members: int = 100
    unpacked_bytes: int = 4 * 1024 * MIB
