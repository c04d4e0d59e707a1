"""Figures in sentences, for the progress report."""

from __future__ import annotations

from collections.abc import Iterator

from customs_monitor.release.site.observations import EU, Observations
from customs_monitor.release.site.wording import POINTS, counted, figure, listed

_STATES = {
    "COUNT_COMPLETED": "completed",
    "COUNT_ONGOING": "ongoing",
    "COUNT_PERMANENT": "permanent",
    "COUNT_NOT_STARTED": "not started",
}
_NAMED = 3


def told(seen: Observations, period: str, earlier: str | None) -> Iterator[str]:
    """Yield sentences on the figures of an indicator.

    Args:
        seen: its observations.
        period: the period to tell of.
        earlier: the period to compare with, None if there is none.
    """
    if seen.spec.stock_flow == "score":
        yield from _score(seen, period)
    elif "SHARE_COMPLETED" in seen.measures:
        yield from _states(seen, period)
    else:
        yield from _figure(seen, period)
    if earlier and (change := change_of(seen, period, earlier)):
        before, _, difference = change
        yield f"In {earlier} it was {before}: a change of {difference}."
    coverage = next((item for item in seen.coverage if item.period == period), None)
    if coverage and coverage.senders < coverage.expected:
        missing = listed([seen.label("REF_AREA", area) for area in coverage.missing], 8)
        named = f" Missing: {missing}." if missing else ""
        yield f"The figures rest on {coverage.senders} of {coverage.expected} senders.{named}"


def change_of(seen: Observations, period: str, earlier: str) -> tuple[str, str, str] | None:
    """Return the Union's figure of the earlier period, that of the later, and the change; None if one is missing."""
    old, new = seen.value(earlier), seen.value(period)
    if old is None or new is None:
        return None
    unit = seen.units[seen.key_measure]
    if unit in ("FRACTION", POINTS):
        difference = f"{100 * (new - old):+.1f} percentage points"
    elif unit == "SCORE":
        difference = f"{new - old:+.2f}"
    else:
        sign = "+" if new > old else "-" if new < old else "\u00b1"
        difference = f"{sign}{figure(abs(new - old))}"
    return figure(old, unit), figure(new, unit), difference.replace("-", "\u2212")


def _score(seen: Observations, period: str) -> Iterator[str]:
    mean, share, number = (seen.value(period, EU, measure) for measure in ("MEAN", "SHARE_3_4", "RESPONDENTS"))
    silent = seen.value(period, EU, "NO_REPLY")
    if mean is None:
        return
    text = f"The mean score is {figure(mean, 'SCORE')} on a scale from 1 to 4"
    if share is not None and number is not None:
        text += f"; {figure(share, 'FRACTION')} of {counted(int(number), 'score')} are 3 or 4"
    yield f"{text}." + (f" {counted(int(silent), 'question')} had no answer." if silent else "")


def _states(seen: Observations, period: str) -> Iterator[str]:
    counts = {word: seen.value(period, EU, measure) for measure, word in _STATES.items()}
    known = {word: value for word, value in counts.items() if value}
    if known:
        parts = listed([f"{figure(value)} {word}" for word, value in known.items()])
        share = seen.value(period, EU, "SHARE_COMPLETED")
        ended = f" ({figure(share, 'FRACTION')} completed)" if share is not None else ""
        yield f"Of {counted(int(sum(known.values())), 'item')} in {period}, {parts}{ended}."


def _figure(seen: Observations, period: str) -> Iterator[str]:
    measure = seen.key_measure
    value, unit = seen.value(period), seen.units[measure]
    what = seen.spec.unit if measure == "NUMBER" else seen.label("MEASURE", measure).lower()
    if value is not None:
        text = (
            f"{figure(value, unit)} {what}"
            if measure == "NUMBER"
            else f"{what[0].upper()}{what[1:]}: {figure(value, unit)}"
        )
        yield f"{text} in {period}."
    own = {area: found for area in seen.areas if (found := seen.value(period, area)) is not None}
    if len(own) > _NAMED:
        first = sorted(own, key=lambda area: (-own[area], area))[:_NAMED]
        named = listed([f"{seen.label('REF_AREA', area)} ({figure(own[area], unit)})" for area in first])
        yield f"The highest figures are those of {named}."
