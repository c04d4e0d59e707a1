"""The ledger of what was delivered: which version of each delivery counts, and what all of them lead to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from . import questionnaire, registers, statistics
from .observations import Coverage, Observation, Row, expected_of

#: Feeds that Member States deliver; all others come from the Commission.
_OF_MEMBERS = {"crc_statistics", "crc_combination_statistics", "control_statistics", "ms_questionnaire"}


class Account:
    """What is kept of an accepted delivery."""

    def __init__(self, feed: str, period: str) -> None:
        self.rows: list[Row] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self._feed = feed
        self._period = period

    def add(self, row: Row) -> None:
        """Take a row into account; of long registers only how many entries count."""
        if self._feed not in registers.LONG:
            # A nil return says that there is nothing to count: it is a delivery without observations.
            if "_T" not in (row.get("crc_code"), row.get("control_type"), row.get("question_id")):
                self.rows.append(row)
            return
        _, counts, area, key = registers.LONG[self._feed]
        if counts(row, self._period):
            self.counts[str(row[area]), str(row[key])] += 1


class Ledger:
    """Accepted deliveries in the order of their arrival."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str, str], list[tuple[int, Account]]] = {}

    def delivery(self, feed: str, period: str, sender: str, wave: int) -> Account:
        """Enter an accepted delivery and return its account; a later one of the same group replaces it."""
        account = Account(feed, period)
        self._accounts.setdefault((feed, period, sender), []).append((wave, account))
        return account

    def observations(self, wave: int) -> Iterator[Observation]:
        """Yield every observation that the deliveries up to a wave lead to."""
        in_force = {
            group: arrived[-1]
            for group, versions in self._accounts.items()
            if (arrived := [account for when, account in versions if when <= wave])
        }
        by_period: dict[tuple[str, str], dict[str, Account]] = {}
        for (feed, period, sender), account in in_force.items():
            by_period.setdefault((feed, period), {})[sender] = account
        for (feed, period), accounts in sorted(by_period.items()):
            coverage = _coverage(feed, period, accounts)
            rows = [row for _, account in sorted(accounts.items()) for row in account.rows]
            match feed:
                case "crc_statistics":
                    yield from statistics.hits(rows, period, coverage)
                case "control_statistics":
                    yield from statistics.controls(rows, period, coverage)
                    yield from statistics.trusted_and_others(rows, period, coverage)
                case "toolbox_views":
                    yield from questionnaire.officials(rows, period, coverage)
                case "ms_questionnaire":
                    yield from questionnaire.scores(rows, period, coverage)
                    yield from questionnaire.numbers(rows, period, coverage)
                case "survey_results":
                    asked = by_period.get(("ms_questionnaire", period), {})
                    answered = {str(row["question_id"]) for account in asked.values() for row in account.rows}
                    yield from questionnaire.distributions(rows, period, answered)
                case _ if feed in registers.READINGS:
                    yield from registers.READINGS[feed](rows, period, coverage)
                case _ if feed in registers.LONG:
                    counts = sum((account.counts for account in accounts.values()), Counter())
                    yield from registers.from_counts(registers.LONG[feed][0], counts, period, coverage)
        for period in sorted({period for feed, period in by_period if feed in ("ms_questionnaire", "eu_agreements")}):
            nationally = by_period.get(("ms_questionnaire", period), {})
            centrally = by_period.get(("eu_agreements", period), {})
            yield from questionnaire.agreements(
                [row for account in nationally.values() for row in account.rows],
                [row for account in centrally.values() for row in account.rows],
                period,
                _coverage("ms_questionnaire", period, nationally),
                _coverage("eu_agreements", period, centrally),
            )


def _coverage(feed: str, period: str, accounts: dict[str, Account]) -> Coverage:
    return Coverage(frozenset(accounts), expected_of(feed in _OF_MEMBERS, period))
