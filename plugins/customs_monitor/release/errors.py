"""What can stop a release. Every message says what is wrong and what to do."""

from __future__ import annotations


class ReleaseError(RuntimeError):
    """No release can be made, published or read as asked; the release in force stays what it is."""


class GateFailed(ReleaseError):
    """The candidate did not pass the gate.

    Attributes:
        reasons: everything that is wrong with it.
    """

    def __init__(self, release_id: str, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__(
            f"the candidate {release_id} did not pass the gate, the release in force stays:\n"
            + "\n".join(f"- {reason}" for reason in reasons)
        )


class ReleaseOvertaken(ReleaseError):
    """Another release came into force while this one was made; run again and it is built on that one."""


class NothingPublished(ReleaseError):
    """There is no release yet, or not the one asked for."""


class NotInRelease(ReleaseError):
    """What was asked for is not in the release: an unknown id, an indicator without data, no such cell."""
