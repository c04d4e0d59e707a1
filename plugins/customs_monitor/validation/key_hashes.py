"""Hashes of the keys of all rows, on disk: which rows may have the key of another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
#: Positions of rows in the file of accepted or refused rows, ascending.
Positions = npt.NDArray[np.int64]

#: Hashes that are sorted at once, and read at once.
_SORTED, _READ = 16 << 20, 1 << 20


class KeyHashes:
    """Takes them row by row, and finds those that occur more than once within a fixed amount of memory.

    Args:
        folder: where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._accepted = _Spool(folder / "accepted.hashes")
        self._refused = _Spool(folder / "refused.hashes")
        self._refused_positions: list[Positions] = []

    def add(self, accepted: Hashes, refused: Hashes, positions: Positions) -> None:
        """Add rows: all the accepted ones, and of the refused those that take part, with their positions."""
        self._accepted.append(accepted)
        self._refused.append(refused)
        self._refused_positions.append(positions)

    def shared(self) -> tuple[Positions, Positions]:
        """Return the positions of accepted and refused rows whose hash is not theirs alone."""
        rows = self._accepted.count + self._refused.count
        parts = -(-rows // _SORTED)
        twice = [self._twice(part, parts) for part in range(parts)]
        found = np.sort(np.concatenate([np.empty(0, np.uint64), *twice]))
        at = self._refused.positions_of(found)
        return self._accepted.positions_of(found), np.concatenate([np.empty(0, np.int64), *self._refused_positions])[at]

    def _twice(self, part: int, parts: int) -> Hashes:
        """Return the hashes of a part that occur more than once, each once."""
        here = [
            hashes[hashes % np.uint64(parts) == part] if parts > 1 else hashes
            for spool in (self._accepted, self._refused)
            for hashes in spool.pieces()
        ]
        hashes = np.concatenate(here)
        hashes.sort()
        return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


class _Spool:
    """Hashes in a file, in their order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count = 0
        path.touch()

    def append(self, hashes: Hashes) -> None:
        if hashes.size:
            with self._path.open("ab") as file:
                hashes.tofile(file)
            self.count += hashes.size

    def pieces(self) -> Iterator[Hashes]:
        with self._path.open("rb") as file:
            while (hashes := np.fromfile(file, np.uint64, _READ)).size:
                yield hashes

    def positions_of(self, wanted: Hashes) -> Positions:
        """Return where hashes of an ascending list are."""
        found = [np.empty(0, np.int64)]
        start = 0
        if wanted.size:
            for hashes in self.pieces():
                nearest = wanted[np.minimum(np.searchsorted(wanted, hashes), wanted.size - 1)]
                found.append(np.flatnonzero(nearest == hashes).astype(np.int64) + start)
                start += hashes.size
        return np.concatenate(found)
