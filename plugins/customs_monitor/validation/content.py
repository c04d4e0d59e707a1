"""What a delivery's figures are asked about beyond the file itself: ESS validation levels 2 to 5.

The questions depend on what else has arrived, so they are no part of a judgement: the same file gets the same verdict
at any time and in any order of arrival, and its questions whenever they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

import duckdb
import pyarrow as pa

from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.content_checks import ContentCheck
from customs_monitor.contracts.model import Severity
from customs_monitor.contracts.periods import last_day
from customs_monitor.validation.findings import fill
from customs_monitor.validation.quoting import identifier, literal
from customs_monitor.validation.references import ContractSqlError

#: Earlier periods that a figure is compared with: three years of quarters.
_PERIODS = 12
#: A range over fewer others could tell what one of them has sent.
_FEWEST_SENDERS = 8
#: Makes the median absolute deviation comparable with a standard deviation.
_CONSISTENT = 1.4826
_FREE = "coalesce(conf_status, 'F') NOT IN ('C', 'N')"


@dataclass(frozen=True)
class AcceptedRows:
    """The accepted rows of one delivery, as a local Parquet file."""

    feed: str
    period: str
    sender: str
    path: Path


@dataclass(frozen=True)
class Question:
    """A figure that asks for an explanation.

    Attributes:
        rule: the id of the check in the contract.
        subject: the group of rows the figure is about, like `movement=ENTRY`; empty for all rows.
        value: the figure.
        lower, upper: what would have been usual; None where only one side is bounded.
        compared: how many periods, senders or figures it was compared with.
    """

    rule: str
    severity: Severity
    level: int
    subject: str
    column: str
    value: float
    lower: float | None
    upper: float | None
    compared: int
    message: str
    cure: str

    @property
    def code(self) -> str:
        """The code under which the question is listed."""
        return self.rule.upper()


@dataclass(frozen=True)
class _Figure:
    value: float
    size: float
    """What tells whether the figure is large enough to ask about: itself, or what it is a share of."""


_NONE = _Figure(0.0, 0.0)
_ByGroup = dict[tuple[str, ...], _Figure]


class ContentComparison:
    """Compares deliveries of one feed with all that is in force; figures are computed once, however many ask.

    Use it as a context manager.
    """

    def __init__(self, contract: Contract, registry: Registry, known: Sequence[AcceptedRows]) -> None:
        """Make ready.

        Args:
            contract: the contract of the feed.
            registry: says which columns a feed has.
            known: deliveries in force, of this and other feeds, all real or all synthetic.
        """
        self._contract = contract
        self._known = known
        self._has_status = any(item.name == "conf_status" for item in contract.schema_.properties)
        self._other_feeds = {check.other.feed for check in contract.schema_.contentChecks if check.other is not None}
        self._connection = duckdb.connect()
        self._connection.execute("SET autoinstall_known_extensions = false")
        self._connection.execute("SET autoload_known_extensions = false")
        self._figures: dict[tuple[str, bool], dict[AcceptedRows, _ByGroup]] = {}
        self._mirrored: dict[str, dict[str, float]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def questions(self, delivered: AcceptedRows) -> list[Question]:
        """Compare one delivery; what is known of the same period and sender is passed over.

        Returns:
            The questions in the order of the contract's checks, then of the groups.

        Raises:
            ContractSqlError: if an SQL expression of a check is wrong.
        """
        found: list[Question] = []
        for check in self._contract.schema_.contentChecks:
            match check.against:
                case "own_history":
                    found += self._against_history(check, delivered)
                case "other_senders":
                    found += self._against_senders(check, delivered)
                case "other_collection":
                    found += self._against_collection(check, delivered)
                case "mirror":
                    found += self._against_mirror(check, delivered)
        return found

    def _others(self, delivered: AcceptedRows, feed: str) -> list[AcceptedRows]:
        place = (delivered.feed, delivered.period, delivered.sender)
        return [item for item in self._known if item.feed == feed and (item.feed, item.period, item.sender) != place]

    def _against_history(self, check: ContentCheck, delivered: AcceptedRows) -> list[Question]:
        until = last_day(delivered.period)
        if until is None:
            return []
        earlier = [
            (day, item)
            for item in self._others(delivered, self._contract.id)
            if item.sender == delivered.sender and (day := last_day(item.period)) is not None and day < until
        ]
        earlier.sort(key=lambda entry: entry[0])
        return self._outliers(check, delivered, [item for _, item in earlier[-_PERIODS:]], check.fewest)

    def _against_senders(self, check: ContentCheck, delivered: AcceptedRows) -> list[Question]:
        same = [item for item in self._others(delivered, self._contract.id) if item.period == delivered.period]
        return self._outliers(check, delivered, same, max(check.fewest, _FEWEST_SENDERS), free_only=True)

    def _outliers(
        self,
        check: ContentCheck,
        delivered: AcceptedRows,
        compared: Sequence[AcceptedRows],
        fewest: int,
        free_only: bool = False,
    ) -> list[Question]:
        if len(compared) < fewest:
            return []
        own = self._figures_of(check, delivered)
        known = [self._figures_of(check, item, free_only) for item in compared]
        found = []
        for group in sorted({group for figures in (own, *known) for group in figures}):
            # A count that is not named is none; a share or a mean of nothing is no share.
            if check.per is not None or check.scale == "linear":
                if group not in own:
                    continue
                series = [figures[group] for figures in known if group in figures]
                if check.per is not None:
                    series = [item for item in series if item.size >= check.least]
            else:
                series = [figures.get(group, _NONE) for figures in known]
            if len(series) < fewest:
                continue
            figure = own.get(group, _NONE)
            lower, usual, upper = _bounds([item.value for item in series], check)
            largest = figure.size if check.per is not None else max(figure.size, *(item.size for item in series))
            if not lower <= figure.value <= upper and largest >= check.least:
                found.append(_question(check, group, figure.value, lower, upper, usual, len(series)))
        return found

    def _against_collection(self, check: ContentCheck, delivered: AcceptedRows) -> list[Question]:
        assert check.other is not None
        theirs = [
            item
            for item in self._others(delivered, check.other.feed)
            if item.sender == delivered.sender and item.period == delivered.period
        ]
        if not theirs:
            return []
        own = self._figures_of(check, delivered).get((), _NONE).value
        condition = f"WHERE {check.other.where}" if check.other.where else ""
        ((other,),) = self._fetch(check, theirs, f"SELECT CAST({check.other.value} AS DOUBLE) FROM rows {condition}")
        upper = (other or 0.0) * check.factor
        if own <= upper or own < check.least:
            return []
        return [_question(check, (), own, None, upper, other or 0.0, 1)]

    def _against_mirror(self, check: ContentCheck, delivered: AcceptedRows) -> list[Question]:
        same = [item for item in self._others(delivered, self._contract.id) if item.period == delivered.period]
        mirrored = self._mirror(check)
        amounts = {
            item.sender: self._figures_of(check, item).get((), _NONE).value
            for item in (delivered, *same)
            if item.sender in mirrored
        }
        own, whole = amounts.get(delivered.sender, 0.0), sum(amounts.values())
        mirrored_whole = sum(mirrored[sender] for sender in amounts)
        if delivered.sender not in amounts or len(amounts) < _FEWEST_SENDERS or own < check.least or not mirrored_whole:
            return []
        part, usual = own / whole, mirrored[delivered.sender] / mirrored_whole
        lower, upper = usual / check.factor, usual * check.factor
        return [] if lower <= part <= upper else [_question(check, (), part, lower, upper, usual, len(amounts))]

    def _figures_of(self, check: ContentCheck, delivered: AcceptedRows, free_only: bool = False) -> _ByGroup:
        """Return the check's figure of a delivery by group; those of all that is known are computed at once."""
        kept = self._figures.setdefault((check.id, free_only), {})
        if delivered not in kept:
            known = [item for item in self._known if item.feed == self._contract.id and item not in kept]
            wanted = list(dict.fromkeys([delivered, *known]))
            kept.update(zip(wanted, self._computed(check, wanted, free_only), strict=True))
        return kept[delivered]

    def _computed(self, check: ContentCheck, wanted: Sequence[AcceptedRows], free_only: bool) -> list[_ByGroup]:
        groups = ", ".join(f"coalesce(CAST({identifier(name)} AS VARCHAR), '')" for name in check.groupBy)
        conditions = [check.where] if check.where else []
        if free_only and self._has_status:
            conditions.append(_FREE)
        where = f"WHERE {' AND '.join(f'({condition})' for condition in conditions)}" if conditions else ""
        rows = self._fetch(
            check,
            wanted,
            f"""SELECT place, [{groups}]::VARCHAR[] AS codes, CAST({check.value} AS DOUBLE),
                CAST({check.per or check.value} AS DOUBLE)
            FROM rows {where} GROUP BY place, codes""",
        )
        found: list[_ByGroup] = [{} for _ in wanted]
        for place, codes, value, size in rows:
            if value is None or (check.per is not None and not size):
                continue
            found[place][tuple(codes)] = _Figure(value / size if check.per is not None else value, abs(size))
        return found

    def _mirror(self, check: ContentCheck) -> dict[str, float]:
        """Return the other feed's figure by sender."""
        assert check.other is not None
        other = check.other
        if check.id not in self._mirrored:
            theirs = [item for item in self._known if item.feed == other.feed]
            condition = f"WHERE {other.where}" if other.where else ""
            sender = f"CAST({identifier(other.sender)} AS VARCHAR)" if other.sender else "sender"
            sql = f"SELECT {sender} AS who, CAST({other.value} AS DOUBLE) FROM rows {condition} GROUP BY who"
            found = self._fetch(check, theirs, sql) if theirs else []
            self._mirrored[check.id] = {who: value for who, value in found if who is not None and value}
        return self._mirrored[check.id]

    def _fetch(self, check: ContentCheck, deliveries: Sequence[AcceptedRows], sql: str) -> list[tuple[Any, ...]]:
        """Run SQL over `rows`: those of the deliveries, each with its `place` among them and its `sender`."""
        places = pa.table(
            {
                "path": [str(item.path) for item in deliveries],
                "place": pa.array(range(len(deliveries)), pa.int64()),
                "sender": [item.sender for item in deliveries],
            }
        )
        self._connection.register("places", places)
        paths = ", ".join(literal(str(item.path)) for item in deliveries)
        rows = f"""WITH rows AS (
            SELECT delivered.* EXCLUDE (filename), places.place, places.sender
            FROM read_parquet([{paths}], union_by_name = true, filename = true) AS delivered
            JOIN places ON places.path = delivered.filename) """
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(rows + sql).fetchall()
        except duckdb.Error as error:
            place = f"feeds/{self._contract.id}.yml: content check {check.id}"
            raise ContractSqlError(f"{place}: {error}") from error
        return found


def _question(
    check: ContentCheck,
    group: Sequence[str],
    value: float,
    lower: float | None,
    upper: float | None,
    usual: float,
    compared: int,
) -> Question:
    subject = ", ".join(f"{name}={code}" for name, code in zip(check.groupBy, group, strict=True))
    share = check.per is not None or check.against == "mirror"
    texts: Mapping[str, str | None] = {
        "group": ", ".join(group) or "all rows",
        "value": _written(value, share),
        "lower": _written(lower, share),
        "upper": _written(upper, share),
        "usual": _written(usual, share),
        "compared": str(compared),
    }
    return Question(
        rule=check.id,
        severity=check.severity,
        level=check.level,
        subject=subject,
        column=check.column,
        value=value,
        lower=lower,
        upper=upper,
        compared=compared,
        message=fill(check.message, texts),
        cure=fill(check.cure, texts),
    )


def _bounds(series: Sequence[float], check: ContentCheck) -> tuple[float, float, float]:
    """Return lower bound, median and upper bound of what is usual; amounts and shares are never below nothing."""
    logs = check.scale == "log"
    values = [math.log1p(max(value, 0.0)) for value in series] if logs else list(series)
    middle = median(values)
    deviation = max(_CONSISTENT * median(abs(value - middle) for value in values), check.leeway)
    ends = (middle - check.spread * deviation, middle, middle + check.spread * deviation)
    lower, usual, upper = (math.expm1(value) for value in ends) if logs else ends
    return max(lower, 0.0), usual, upper


def _written(value: float | None, share: bool) -> str | None:
    """Write a figure for people; a bound of an amount is rounded to whole figures."""
    if value is None:
        return None
    if share:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:.2f}"
