"""Axes with round figures at their ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)
_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """A linear scale from figures to places on the plane.

    Attributes:
        low, high: the first and last tick.
        start, end: where they are; `end` may lie before `start` (upwards).
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return the place of a figure."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def length(self, value: float) -> float:
        """Return how long a bar of this figure is."""
        return abs(self.at(value) - self.at(0))


def axis(low: float, high: float, start: float, end: float) -> Axis:
    """Return an axis over a range, its ends rounded outwards to ticks; a range of nothing gets one from 0 to 1."""
    if high <= low:
        high = low + 1.0
    rough = (high - low) / (_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    # From 1 on up steps are whole: most figures are counts.
    step = next(
        factor * power
        for factor in _STEPS
        if factor * power >= rough * 0.999 and not (power == 1 and factor != int(factor))
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], start, end, ticks)
