"""Lock-out: tries to sign in are counted in the store, before the password is looked at.

The place of a try is an object that is created once. So of a thousand tries at once at several processes no more are
looked at than there are places. They are counted for a name from one address, and, with more patience, for a name from
everywhere: somebody who fails on purpose keeps out her own address long before she keeps out the officer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: Tries within a quarter of an hour, without a right one among them.
FROM_ONE_ADDRESS = 10
FROM_EVERYWHERE = 50
_MINUTES = 15


@dataclass(frozen=True)
class Attempt:
    """A try that may be looked at: its places among the others."""

    places: tuple[tuple[str, str, str], ...]


class Lockout:
    """The tries to sign in of a store.

    Args:
        store: where they are.
        layout: its keys.
        now: the clock, in UTC.
    """

    def __init__(self, store: ObjectStore, layout: Layout, now: Callable[[], datetime]) -> None:
        self._store, self._layout, self._now = store, layout, now

    def attempt(self, name: str, address: str) -> Attempt | None:
        """Take a place for a try; None if there were too many, and the password must not be looked at."""
        window = self._window()
        limits = ((f"{name}\n{address}", FROM_ONE_ADDRESS), (name, FROM_EVERYWHERE))
        places = [self._place(_subject(text), window, limit) for text, limit in limits]
        taken = tuple(place for place in places if place is not None)
        return Attempt(taken) if len(taken) == len(limits) else None

    def passed(self, attempt: Attempt) -> None:
        """Say that the try was right: the count begins anew."""
        for subject, window, number in attempt.places:
            key = self._layout.key("attempt_passed", subject=subject, window=window, number=number)
            self._store.put_if_absent(key, b"{}")

    def _place(self, subject: str, window: str, limit: int) -> tuple[str, str, str] | None:
        while True:
            last = passed = 0
            for info in self._store.list(self._layout.prefix("attempt", subject=subject, window=window)):
                if (number := self._number("attempt", info.key)) is not None:
                    last = max(last, number)
                elif (number := self._number("attempt_passed", info.key)) is not None:
                    passed = max(passed, number)
            if last - passed >= limit:
                return None
            number_text = f"{last + 1:06}"
            key = self._layout.key("attempt", subject=subject, window=window, number=number_text)
            if self._store.put_if_absent(key, b"{}"):
                return subject, window, number_text

    def _number(self, template: str, key: str) -> int | None:
        is_passed = "/passed/" in key
        if is_passed != (template == "attempt_passed"):
            return None
        return int(self._layout.parse(template, key)["number"])

    def _window(self) -> str:
        now = self._now()
        return f"{now.replace(minute=now.minute - now.minute % _MINUTES):%Y%m%dT%H%MZ}"


def _subject(text: str) -> str:
    """Return the name of what is counted: no address and no name, which may be a mistyped password, is kept."""
    return sha256_of(text.encode("utf-8", "surrogatepass"))[:32]
