"""What nobody needs any more is removed: sessions, ways to the provider and tries to sign in. The audit stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Longer than the longest session, and than anything that is counted.
_KEPT_FOR = timedelta(days=7)
_ENDING = ("session", "flow", "attempt")


def remove_expired(store: ObjectStore, layout: Layout, now: Callable[[], datetime]) -> int:
    """Remove what is older than a week, and return how many objects that were.

    The end of a session goes in the same round as its beginning or after it, so none comes back to life.
    """
    old = now() - _KEPT_FOR
    keys = [
        info.key
        for template in _ENDING
        for info in store.list(layout.prefix(template))
        if info.modified < old
    ]  # fmt: skip
    opened = [key for key in keys if key.endswith("/opened.json")]
    for key in [*opened, *(key for key in keys if not key.endswith("/opened.json"))]:
        store.delete(key)
    return len(keys)
