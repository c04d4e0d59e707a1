"""The object store: one small interface over a local folder and S3.

`open_store` is the only way in. Keys come from `storage/layout.yml` through `customs_storage.layout`.
"""

from customs_storage.errors import (
    ChecksumMismatch,
    InvalidKey,
    InvalidLocation,
    ObjectExists,
    ObjectNotFound,
    PreconditionFailed,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from customs_storage.locations import open_store
from customs_storage.store import ObjectInfo, ObjectStore

__all__ = [
    "ChecksumMismatch",
    "InvalidKey",
    "InvalidLocation",
    "ObjectExists",
    "ObjectInfo",
    "ObjectNotFound",
    "ObjectStore",
    "PreconditionFailed",
    "StoreBusy",
    "StoreError",
    "StoreUnavailable",
    "open_store",
]
