"""What can go wrong with a store. Every message names the object, the cause and the cure, never a secret."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store cannot do what it was asked; the platform is at fault, not the data."""


class InvalidKey(StoreError, ValueError):
    """The text is no key: empty, absolute, climbing out of the store, or with characters no store keeps."""


class InvalidLocation(StoreError, ValueError):
    """The text names no store: an unknown scheme, no bucket, a file in place of a folder."""


class ObjectNotFound(StoreError, LookupError):
    """No object has this key."""


class ObjectExists(StoreError):
    """Another object, with other bytes, has this key already; objects are immutable."""


class PreconditionFailed(StoreError):
    """The object is not in the state that the writer had read: somebody else wrote in between."""


class StoreBusy(StoreError):
    """Another process holds the lock, and still held it when the wait was over."""


class StoreUnavailable(StoreError):
    """The store did not answer, or broke off; trying again may help."""


class ChecksumMismatch(StoreError):
    """The bytes read are not the bytes written."""
