"""What a reader sees, who knows nothing but `latest.json`."""

from __future__ import annotations

from customs_storage import ObjectStore
from customs_storage.manifest import read_manifest, verify
from customs_storage.pointer import read_latest


def data_files(store: ObjectStore) -> dict[str, str] | None:
    """Return the SHA-256 of every data file of the release in force, None where there is none.

    Fails if the release is not whole: every file is hashed again.
    """
    latest = read_latest(store)
    if latest is None:
        return None
    assert verify(store, latest.release_id) == []
    files = read_manifest(store, latest.release_id).files
    return {file.path: file.sha256 for file in files if file.path.startswith(("indicators/", "marts/"))}
