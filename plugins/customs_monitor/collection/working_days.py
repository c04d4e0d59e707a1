"""Public holidays of the institutions, by which deadlines are counted.

Regulation (EEC, Euratom) No 1182/71, Article 2(1): public holidays are those designated as such in the Member State or
in the institution in which action is to be taken. A delivery is due at the Commission, so its holidays count, and one
deadline holds for all senders (docs/adr/0018-completeness-clock.md).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache


@cache
def holidays_of(year: int) -> frozenset[date]:
    """Return the public holidays of the institutions in a year.

    The list is the one that the Official Journal (series C) has each year for the institutions; what it moves in a
    single year is not known to a rule.
    """
    # The library takes half a second to import, and only a clock needs it.
    from holidays.groups import ChristianHolidays, InternationalHolidays
    from holidays.holiday_base import HolidayBase

    class InstitutionHolidays(HolidayBase, ChristianHolidays, InternationalHolidays):  # type: ignore[misc]
        """Days on which the institutions of the EU are closed."""

        country = "EU"

        def __init__(self, **options: int) -> None:
            ChristianHolidays.__init__(self)
            InternationalHolidays.__init__(self)
            super().__init__(**options)

        def _populate_public_holidays(self) -> None:
            self._add_new_years_day("New Year's Day")
            self._add_new_years_day_two("Day after New Year's Day")
            self._add_holy_thursday("Maundy Thursday")
            self._add_good_friday("Good Friday")
            self._add_easter_monday("Easter Monday")
            self._add_labor_day("Labour Day")
            self._add_europe_day("Anniversary of the Schuman Declaration")
            ascension = self._add_ascension_thursday("Ascension Day")
            self._add_holiday("Day after Ascension Day", ascension + timedelta(days=1))
            self._add_pentecost_monday("Whit Monday")
            self._add_holiday("Belgian National Day", date(self._year, 7, 21))
            self._add_assumption_of_mary_day("Assumption")
            self._add_all_saints_day("All Saints' Day")
            self._add_all_souls_day("All Souls' Day")
            for day in range(24, 32):
                self._add_holiday("End-of-year days", date(self._year, 12, day))

    return frozenset(InstitutionHolidays(years=year))


def is_working_day(day: date) -> bool:
    """Tell whether a day is no Saturday, Sunday or public holiday of the institutions."""
    return day.weekday() < 5 and day not in holidays_of(day.year)


def working_day_from(day: date) -> date:
    """Return the day if it is a working day, else the next one (Regulation No 1182/71, Article 3(4))."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
