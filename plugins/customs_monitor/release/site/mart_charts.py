"""Charts of the published tables that are no indicators: one function per table that is worth one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from customs_monitor.release.site.drawing import GREY, PALETTE, Chart, bars, lines, stacked_bars
from customs_monitor.release.site.wording import Labels

_TOP = 15
_SERIES = 6
_SYSTEMS = {"RASFF": "Rapid Alert System for Food and Feed", "SAFETY_GATE": "Safety Gate"}
#: Currencies with a euro rate near one, which one axis can show.
_CURRENCIES = ("USD", "GBP", "CHF")


def mart_charts(name: str, parquet: Path, labels: Labels) -> list[Chart]:
    """Return the charts of a table, none where there is no function for it or no row to draw."""
    draw = _CHARTS.get(name)
    if draw is None:
        return []
    with duckdb.connect() as database:
        database.read_parquet(str(parquet)).create_view("mart")
        return list(draw(_Query(database), labels))


class _Query:
    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def __call__(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return list(self._database.execute(sql, values).fetchall())

    def one(self, sql: str, *values: object) -> Any:
        row = self._database.execute(sql, values).fetchone()
        return row[0] if row else None


def _external_trade(query: _Query, labels: Labels) -> Iterator[Chart]:
    """Draw the largest products and partners of the Union's last year, else of its last period of any kind."""
    # The period with most products: the last month may have come for one product only.
    last = query(
        """SELECT freq, time_period FROM mart WHERE declarant = 'EU27_2020' AND NOT partner_is_group
        GROUP BY freq, time_period
        ORDER BY freq = 'A' DESC, count(DISTINCT product_code) DESC, time_period DESC LIMIT 1"""
    )
    if not last:
        return
    freq, period = last[0]
    # Codes of several levels contain each other: one level only, the one with most codes.
    rows = """WITH chosen AS (
        SELECT * FROM mart
        WHERE declarant = 'EU27_2020' AND NOT partner_is_group AND freq = $1 AND time_period = $2
            AND product_code <> 'TOTAL'
    ), level AS (
        SELECT length(product_code) AS digits FROM chosen GROUP BY digits
        ORDER BY count(DISTINCT product_code) DESC, digits LIMIT 1
    ), trade AS (
        SELECT *, CAST(value_eur AS DOUBLE) / 1e6 AS value FROM chosen
        WHERE length(product_code) = (FROM level) AND value_eur IS NOT NULL
    )"""
    texts = dict(query("SELECT product_code, any_value(product_text) FROM mart GROUP BY product_code"))

    def product(code: str) -> str:
        return f"{code} {texts[code]}" if texts[code] else code

    def partner(code: str) -> str:
        return labels.of("area", code)

    for column, named, what in (("product_code", product, "products"), ("partner", partner, "partners")):
        found = query(
            f"""{rows} SELECT {column}, coalesce(sum(value) FILTER (flow_code = '1'), 0) AS imports,
                coalesce(sum(value) FILTER (flow_code = '2'), 0) AS exports
            FROM trade GROUP BY {column} HAVING imports + exports > 0
            ORDER BY imports + exports DESC, {column} LIMIT {_TOP}""",
            freq,
            period,
        )
        if found:
            # A flow that nobody delivered would look like trade of zero.
            flows = [
                (place, text, PALETTE[place - 1])
                for place, text in ((1, "imports"), (2, "exports"))
                if any(row[place] for row in found)
            ]
            yield stacked_bars(
                f"external_trade-{what}",
                f"Largest {what} in the trade of the EU with others among what was delivered: "
                f"{' and '.join(text for _, text, _ in flows)} {period}, million euro",
                {named(row[0]): [row[place] for place, _, _ in flows] for row in found},
                [(text, colour) for _, text, colour in flows],
            )


def _alerts(query: _Query, labels: Labels) -> Iterator[Chart]:
    """Draw, for each system, the countries of origin with most alerts in its last full year, cut by hazard."""
    for (system,) in query("SELECT DISTINCT alert_system FROM mart ORDER BY alert_system"):
        where = "alert_system = $1 AND freq = 'A' AND time_period = $2"
        period = query.one(
            """SELECT time_period FROM mart WHERE alert_system = $1 AND freq = 'A' AND origin_country = '_T'
            AND hazard_code = '_T' ORDER BY alerts_count DESC, time_period DESC LIMIT 1""",
            system,
        )
        if period is None:
            continue
        countries = [
            code
            for (code,) in query(
                f"""SELECT origin_country FROM mart WHERE {where} AND hazard_code = '_T'
                AND origin_country NOT IN ('_T', '_X') ORDER BY alerts_count DESC, origin_country LIMIT {_TOP}""",
                system,
                period,
            )
        ]
        hazards = [
            code
            for (code,) in query(
                f"""SELECT hazard_code FROM mart WHERE {where} AND origin_country = '_T'
                AND hazard_code NOT IN ('_T', '_X') ORDER BY alerts_count DESC, hazard_code LIMIT {_SERIES}""",
                system,
                period,
            )
        ]
        counts = {
            (country, hazard): float(count)
            for country, hazard, count in query(
                f"SELECT origin_country, hazard_code, alerts_count FROM mart WHERE {where} AND hazard_code <> '_T'",
                system,
                period,
            )
        }
        if not countries:
            continue
        rows = {}
        for country in countries:
            shown = [counts.get((country, hazard), 0.0) for hazard in hazards]
            rest = sum(count for (other, hazard), count in counts.items() if other == country and hazard not in hazards)
            rows[labels.of_column("origin_country", None, country)] = [*shown, rest]
        series = [
            *((labels.of_column("hazard_code", None, code), PALETTE[number]) for number, code in enumerate(hazards)),
            ("other", GREY),
        ]
        yield stacked_bars(
            f"alerts-{str(system).lower()}",
            f"{_SYSTEMS.get(system, system)} {period}: alerts by country of origin and hazard "
            "(an alert with two hazards is in both)",
            rows,
            series,
        )


def _exchange_rates(query: _Query, labels: Labels) -> Iterator[Chart]:
    series: dict[str, Mapping[str, float]] = {}
    for currency in _CURRENCIES:
        found = dict(
            query(
                """SELECT time_period, average_units_per_eur FROM mart WHERE currency_code = $1 AND freq = 'M'
                AND average_units_per_eur IS NOT NULL ORDER BY time_period""",
                currency,
            )
        )
        if found:
            series[labels.of("currency", currency)] = found
    if series:
        yield lines("exchange_rates", "Units of currency for one euro, monthly averages", series)


def _action_plan(query: _Query, labels: Labels) -> Iterator[Chart]:
    period = query.one("SELECT max(reference_period) FROM mart")
    found = query(
        """SELECT objective_code, not_started_count, ongoing_count, completed_count, permanent_count
        FROM mart WHERE reference_period = $1 AND objective_code <> '_T' ORDER BY objective_code""",
        period,
    )
    if found:
        yield stacked_bars(
            "action_plan",
            f"Sub-actions of the action plan by objective and status, {period}",
            {f"Objective {objective}": counts for objective, *counts in found},
            [("not started", GREY), ("ongoing", PALETTE[1]), ("completed", PALETTE[0]), ("permanent", PALETTE[2])],
        )


def _mirror_trade(query: _Query, labels: Labels) -> Iterator[Chart]:
    found = query(
        f"""SELECT reporter || ' / ' || partner || ', ' || product_code || ', ' || time_period AS label,
            abs(value_gap_eur) / 1e6 AS gap
        FROM mart WHERE value_gap_eur IS NOT NULL
        ORDER BY gap DESC, label LIMIT {_TOP}"""
    )
    if found:
        yield bars(
            "mirror_trade",
            "Largest gaps between what UN Comtrade and Comext say of the same trade, million euro "
            "(reporter / partner, product, period)",
            dict(found),
        )


_CHARTS: Mapping[str, Callable[[_Query, Labels], Iterator[Chart] | Sequence[Chart]]] = {
    "action_plan": _action_plan,
    "alerts": _alerts,
    "exchange_rates": _exchange_rates,
    "external_trade": _external_trade,
    "mirror_trade": _mirror_trade,
}
