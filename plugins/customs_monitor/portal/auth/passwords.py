"""Passwords: Argon2id (RFC 9106, the second recommended option: 64 MiB), never kept or logged in clear."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST = 12
#: A password of megabytes costs the server, not the attacker.
LONGEST = 256

#: Each takes 64 MiB: a crowd that signs in at once shall wait, not fill the memory.
_AT_ONCE = threading.BoundedSemaphore(2)
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class WeakPassword(ValueError):
    """The password cannot be taken; the message says why, without it."""


def hashed(password: str) -> str:
    """Return the hash of a new password.

    Raises:
        WeakPassword: if it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"a password has {SHORTEST} to {LONGEST} characters: choose another")
    if len(set(password)) < 4:
        raise WeakPassword("this password repeats too few characters: choose another")
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed; without a hash the same work is done for nothing."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept or _nobodys(), password[: LONGEST + 1]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(kept: str | None) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return kept is not None and _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    """The hash that a password is held against where there is no account."""
    return _HASHER.hash("nobody has this password")
