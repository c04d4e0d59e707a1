"""Registers with a row per authorisation, risk profile or risk information form: as long as one asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from customs_monitor.synth.magnitudes import (
    AEO_TYPES,
    FORMS_PER_THOUSAND_AND_QUARTER,
    PROFILES_PER_THOUSAND,
    SIZES,
)
from customs_monitor.synth.world import Row, World, end_of

#: Not earlier than the first authorisations.
_FIRST_DAY = date(2008, 1, 1).toordinal()


def aeo_register(world: World, period: str) -> Iterator[Row]:
    """Yield the authorisations granted up to the end of the quarter, ended and suspended ones among them.

    Those granted last and ended first lie on the last day of the quarter itself: what is in force then is what counts.
    """
    chance = world.random("aeo_register")
    last = end_of(period).toordinal()
    types, type_shares = list(AEO_TYPES), list(accumulate(AEO_TYPES.values()))
    members = sorted(SIZES)
    shares = list(accumulate(SIZES[member] for member in members))
    # Who is no Member State at the end of the period is not in the register.
    present = set(world.codes("eu_member_state", period))
    span = end_of(world.quarters[-1]).toordinal() + 1 - _FIRST_DAY
    for number in range(1, world.authorisations + 1):
        member = chance.choices(members, cum_weights=shares)[0]
        kind = chance.choices(types, cum_weights=type_shares)[0]
        begun = _FIRST_DAY + int(span * chance.random() ** 0.5)
        fate, length, pause = chance.random(), chance.randrange(200, 4000), chance.randrange(1, 120)
        if member not in present or begun > last:
            continue
        ended = begun + length if fate < 0.15 else None
        suspended = begun + length if 0.15 <= fate < 0.2 else None
        if number % 500 == 1:
            begun, ended, suspended = _edge_cases(number // 500, last)
        resumed = suspended + pause if suspended is not None and fate < 0.19 else None
        if number % 500 == 1 and resumed is not None:
            resumed = last
        yield {
            "reference_period": period,
            "authorisation_id": f"{member}{kind}{number:07d}",
            "member_state": member,
            "aeo_type": kind,
            "active_from": _day(begun),
            "active_to": _day(ended),
            "suspended_from": _day(suspended),
            "suspended_to": _day(resumed),
        }


def _edge_cases(number: int, last: int) -> tuple[int, int | None, int | None]:
    """Return first day, last day and first day of suspension around the last day of the quarter."""
    return ((last, None, None), (last - 900, last, None), (last - 900, None, last), (last - 900, last - 1, None))[
        number % 4
    ]


def risk_profiles(world: World, period: str) -> Iterator[Row]:
    """Yield the risk profiles of the Member States, past ones and some that are planned among them."""
    chance = world.random("risk_profiles")
    last = end_of(period).toordinal()
    categories = world.codes("rif_category", period)
    members = sorted(SIZES)
    shares = list(accumulate(20 + SIZES[member] for member in members))
    present = set(world.codes("eu_member_state", period))
    span = end_of(world.quarters[-1]).toordinal() + 100 - date(2019, 1, 1).toordinal()
    for number in range(1, max(30, world.authorisations * PROFILES_PER_THOUSAND // 1000) + 1):
        member = chance.choices(members, cum_weights=shares)[0]
        category = chance.choice(categories)
        begun = date(2019, 1, 1).toordinal() + chance.randrange(span)
        ends, length = chance.random() < 0.6, chance.randrange(30, 1500)
        # A profile that is planned is in the register from the quarter before.
        if member in present and begun <= last + 90:
            yield {
                "reference_period": period,
                "profile_id": f"RP-{number:06d}",
                "member_state": member,
                "rif_category": category,
                "active_from": _day(begun),
                "active_to": _day(begun + length) if ends else None,
            }


def risk_information_forms(world: World, period: str) -> Iterator[Row]:
    """Yield the forms issued in the quarter, some by administrations outside the Union."""
    chance = world.random("risk_information_forms", period)
    last = end_of(period)
    first = date(last.year, last.month - 2, 1)
    days = (last - first).days
    categories = world.codes("rif_category", period)
    issuers = sorted({*world.codes("eu_member_state", period), "CH", "NO"})
    if period < "2021":
        issuers = sorted({*issuers, "UK"})
    for number in range(1, max(40, world.authorisations * FORMS_PER_THOUSAND_AND_QUARTER // 1000) + 1):
        yield {
            "reference_period": period,
            "rif_id": f"RIF-{period}-{number:06d}",
            "rif_category": chance.choice(categories),
            "issuing_administration": chance.choice(issuers),
            "issued_date": (first + timedelta(days=_within(chance, days))).isoformat(),
        }


def _within(chance: Random, days: int) -> int:
    """Draw a day of the quarter, often its first or last."""
    drawn = chance.random()
    return 0 if drawn < 0.02 else days if drawn < 0.04 else chance.randint(0, days)


def _day(ordinal: int | None) -> str | None:
    return None if ordinal is None else date.fromordinal(ordinal).isoformat()


#: The long registers, delivered every quarter.
LONG: dict[str, Callable[[World, str], Iterator[Row]]] = {
    maker.__name__: maker for maker in (aeo_register, risk_profiles, risk_information_forms)
}
