"""From the text that names a store to the store."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from customs_storage.errors import InvalidLocation
from customs_storage.keys import check_key
from customs_storage.local import LocalStore
from customs_storage.store import ObjectStore

_DEFAULT = "data"


def open_store(location: str | Path | None = None) -> ObjectStore:
    """Open the store at a URL or folder.

    Nothing is created, and no server is asked, before the first use.

    Args:
        location: `file:///folder`, `s3://bucket/prefix` or a folder; None reads `CUSTOMS_MONITOR_STORE`, and without
            it takes the folder `data` of the working directory.

    Raises:
        InvalidLocation: if the location names no store.
        InvalidKey: if the prefix in the bucket could be no key.
    """
    if location is None:
        location = os.environ.get("CUSTOMS_MONITOR_STORE") or _DEFAULT
    if isinstance(location, Path) or "://" not in location:
        if not str(location):
            raise InvalidLocation("the store's location is empty: give file:///folder, s3://bucket/prefix or a folder")
        return LocalStore(Path(location))
    parts = urlsplit(location)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and len(parts.path) > 1:
        return LocalStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc and not (parts.query or parts.fragment):
        # boto3 takes longer to import than a local store takes to use.
        from customs_storage.s3 import S3Store

        prefix = parts.path.strip("/")
        return S3Store(parts.netloc, check_key(prefix) if prefix else "")
    raise InvalidLocation(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path} is no store: give file:///folder (three "
        "slashes), s3://bucket/prefix (credentials from the AWS environment variables) or a folder"
    )
