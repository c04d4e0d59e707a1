"""Which rules a row breaks, as bits: cheap to compute for every row, where nearly all rows break none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt

from customs_monitor.validation.quoting import identifier

#: Bits of a word; the sum of all stays within a BIGINT.
_BITS = 62

Words = Sequence[npt.NDArray[np.int64]]
Flags = npt.NDArray[np.bool_]


class BrokenRules:
    """Writes the bits in SQL and reads them from its result.

    Args:
        conditions: SQL that is true where a row breaks a rule, by the number of the rule.
    """

    def __init__(self, conditions: Mapping[int, str]) -> None:
        self._numbers = tuple(conditions)
        self._conditions = tuple(conditions.values())
        self._place = {number: divmod(at, _BITS) for at, number in enumerate(self._numbers)}
        self.columns = tuple(f"_broken_{word}" for word in range(-(-len(self._numbers) // _BITS)))

    def sql(self) -> list[str]:
        """Return the columns to select: one BIGINT for every 62 rules."""
        return [
            " + ".join(
                f"CASE WHEN {condition} THEN {1 << bit}::BIGINT ELSE 0::BIGINT END"
                for bit, condition in enumerate(self._conditions[word * _BITS : (word + 1) * _BITS])
            )
            + f" AS {identifier(name)}"
            for word, name in enumerate(self.columns)
        ]

    def any_of(self, words: Words, numbers: Collection[int] | None = None) -> Flags | None:
        """Tell which rows break any of the rules; None if no row does.

        Args:
            words: the columns as read.
            numbers: the rules to look for; all by default.
        """
        found: Flags | None = None
        for word, bits in enumerate(words):
            wanted = -1 if numbers is None else self._wanted(word, numbers)
            if not wanted:
                continue
            here = (bits & np.int64(wanted)) != 0
            if here.any():
                found = here if found is None else found | here
        return found

    def broken(self, words: Words) -> tuple[int, ...]:
        """Return the rules that any row breaks."""
        every = [int(np.bitwise_or.reduce(bits, initial=0)) for bits in words]
        return tuple(number for number, (word, bit) in self._place.items() if every[word] >> bit & 1)

    def _wanted(self, word: int, numbers: Collection[int]) -> int:
        bits = (1 << bit for number in numbers for at, bit in [self._place[number]] if at == word)
        return reduce(int.__or__, bits, 0)
