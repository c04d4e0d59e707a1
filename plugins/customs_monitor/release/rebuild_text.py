"""What became of a release that was built again, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from customs_monitor.release.diff import table_lines
from customs_monitor.release.rebuild import Rebuilt

#: Files of a kind that are told by name; `--json` has all.
_FILES_TOLD = 12


def as_text(rebuilt: Rebuilt) -> str:
    """Return a rebuilt release for a terminal."""
    return "\n".join(_lines(rebuilt)) + "\n"


def _lines(told: Rebuilt) -> Iterator[str]:
    files = f"{told.files:,} data files, {told.bytes:,} bytes, from {told.deliveries} deliveries"
    yield f"release {told.release_id}: {files}"
    yield f"SHA-256 of their list {told.sha256}"
    if told.same_code:
        yield f"code    the same, {told.code}"
    else:
        yield f"code    {told.code}; the release was made with {told.release_code}"
        yield f"uv.lock {'the same' if told.same_lock else 'another than that of the release'}"
    for problem in told.problems:
        yield f"  {problem}"
    yield {
        "equal": "All files are equal, byte for byte.",
        "equal under other code": "All files are equal, byte for byte, although the code is another.",
        "differs under other code": "Under other code these files and cells are others:",
        "differs": "THE SAME CODE GIVES OTHER BYTES:",
        "not possible": "It cannot be built again before this is mended; nothing was compared.",
    }[told.verdict]
    for change in ("gone", "new", "changed", "written differently"):
        paths = [item.path for item in told.changes if item.change == change]
        if paths:
            what = "written differently, with the same cells" if change == "written differently" else change
            more = f" and {len(paths) - _FILES_TOLD} more" if len(paths) > _FILES_TOLD else ""
            yield f"  {len(paths)} {what}: {', '.join(paths[:_FILES_TOLD])}{more}"
    for table in told.tables:
        yield from table_lines(table)
    if told.libraries:
        yield "Libraries are not those of uv.lock, which may be why; make install sets them up:"
        yield from (f"  {library}" for library in told.libraries)
    if told.how:
        yield told.how
