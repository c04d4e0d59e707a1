"""Files of reports on this machine: objects never change, so that a copy once made stays right."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from customs_monitor.portal.dependencies import Services

#: Copies that are kept where objects are no files.
_KEPT = 64


def local_file(services: Services, key: str) -> Path:
    """Return an object as a file, to be read only.

    Raises:
        ObjectNotFound: if there is none.
    """
    own = services.store.local_path(key)
    if own is not None:
        return own
    folder = services.scratch / "reports"
    folder.mkdir(exist_ok=True)
    copy = folder / f"{sha256(key.encode()).hexdigest()}{Path(key).suffix}"
    if copy.is_file():
        copy.touch()
        return copy
    services.store.download(key, copy)
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)  # whoever reads it goes on reading
    return copy
