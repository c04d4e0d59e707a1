"""The accepted rows that a published figure rests on: found by computing it again with SQL that carries them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import LocalDelivery, fill
from customs_monitor.release.contents import LineageNode
from customs_monitor.release.errors import ReleaseError
from customs_monitor.release.tracing import ROWS, TRACED, Relation, Tracer, Untraceable

_VALUE = "OBS_VALUE"
#: Sources of models that are no models themselves.
_SOURCES = ("accepted", "codelists")


class RowsUnknown(ReleaseError):
    """It cannot be told which rows a figure rests on; the message says why and what to do."""


@dataclass(frozen=True, order=True)
class RowPlace:
    """A row of an accepted delivery."""

    feed: str
    period: str
    sender: str
    delivery_id: str
    line: int

    @property
    def delivery(self) -> tuple[str, str, str, str]:
        """What makes its delivery the same one everywhere."""
        return self.feed, self.period, self.sender, self.delivery_id


@dataclass(frozen=True)
class CellRows:
    """What a cell rests on.

    Attributes:
        key: its codes, by column.
        value: the figure as it is computed now.
        rows: the rows that enter it.
        looked_at: rows that its models looked at to decide which of them enter it: of a count of one status, those of
            the other statuses, too.
    """

    key: Mapping[str, str]
    value: float | None
    rows: tuple[RowPlace, ...]
    looked_at: int

    def has(self, value: object) -> bool:
        """Tell whether the figure is the given one, to the last digit that a sum of ratios keeps."""
        if self.value is None or not isinstance(value, float):
            return self.value is None and value is None
        return math.isclose(self.value, value, rel_tol=1e-9, abs_tol=1e-12)


class RowFinder:
    """Computes cells of indicators again.

    Args:
        registry: the contracts and codelists.
        lineage: the models of the release.
        deliveries: the accepted rows to compute from.

    Raises:
        RowsUnknown: if today's contracts cannot read the rows.
    """

    def __init__(
        self, registry: Registry, lineage: Mapping[str, LineageNode], deliveries: Sequence[LocalDelivery]
    ) -> None:
        if unknown := sorted({item.feed for item in deliveries} - set(registry.feeds)):
            raise RowsUnknown(f"there is no contract any more of the feed {', '.join(unknown)}")
        self._registry, self._lineage = registry, lineage
        self._tracer = Tracer(self._columns)
        self._database = duckdb.connect()
        try:
            fill(self._database, deliveries, registry)
            self._database.execute(f"CREATE SCHEMA {TRACED}")
        except duckdb.Error as error:
            self._database.close()
            raise RowsUnknown(f"the accepted rows cannot be read with the contracts of today: {error}") from error

    def close(self) -> None:
        """Give up the database."""
        self._database.close()

    def cells(self, table: str, wanted: Mapping[str, str]) -> list[CellRows]:
        """Return the cells of an indicator with the codes wanted, column by column, each with its rows.

        Raises:
            RowsUnknown: if the release does not have the SQL of its models, or it cannot be followed.
        """
        relation = self._traced(table)
        key = [name for name in relation.columns if name != _VALUE]
        rows, looked_at = relation.carrier(_VALUE) or "[]", ROWS if relation.rests else "[]"
        condition = " AND ".join(f'"{name}" = ?' for name in wanted) or "true"
        found = self._database.execute(
            f"SELECT {', '.join(key)}, {_VALUE}, list_distinct({rows}), len(list_distinct({looked_at}))"
            f" FROM {TRACED}.{table} WHERE {condition}",
            list(wanted.values()),
        ).fetchall()
        return [
            CellRows(
                key=dict(zip(key, map(str, codes), strict=True)),
                value=value,
                rows=tuple(sorted(RowPlace(**row) for row in entering if row)),
                looked_at=looked,
            )
            for *codes, value, entering, looked in found
        ]

    def values(self, rows: Sequence[RowPlace]) -> dict[RowPlace, dict[str, object]]:
        """Return what rows say, by column of their contract; empty columns are left out."""
        found: dict[RowPlace, dict[str, object]] = {}
        for feed in sorted({row.feed for row in rows}):
            names = [item.name for item in self._registry.feeds[feed].schema_.properties]
            asked = [(*row.delivery[1:], row.line) for row in rows if row.feed == feed]
            places = ", ".join(["(?, ?, ?, ?)"] * len(asked))
            answers = self._database.execute(
                f"SELECT _period, _sender, _delivery_id, _line_number, {', '.join(names)} FROM accepted.{feed}"
                f" WHERE (_period, _sender, _delivery_id, _line_number) IN ({places})",
                [part for place in asked for part in place],
            ).fetchall()
            for period, sender, delivery_id, line, *values in answers:
                said = {name: value for name, value in zip(names, values, strict=True) if value is not None}
                found[RowPlace(feed, period, sender, delivery_id, line)] = said
        return found

    def _traced(self, table: str) -> Relation:
        for name in _in_order(self._lineage, table):
            if name in self._tracer.models:
                continue
            if not (sql := self._lineage[name].sql):
                raise RowsUnknown(
                    f"the release does not have the SQL of {name}, for the code that made it did not keep it: "
                    "customs-monitor rebuild computes the release again as a whole"
                )
            try:
                self._database.execute(f"CREATE VIEW {TRACED}.{name} AS {self._tracer.rewritten(name, sql)}")
            except (Untraceable, duckdb.Error) as error:
                raise RowsUnknown(f"{name} cannot be computed again with the code of today: {error}") from error
        return self._tracer.models[table]

    def _columns(self, schema: str, table: str) -> tuple[str, ...] | None:
        if schema not in _SOURCES:
            return None
        found = self._database.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?"
            " ORDER BY ordinal_position",
            [schema, table],
        ).fetchall()
        return tuple(name for (name,) in found) or None


def _in_order(lineage: Mapping[str, LineageNode], table: str) -> list[str]:
    """Return a model and all that it reads, each after those it reads."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        node = lineage.get(name)
        if node is None or name in ordered:
            return
        for read in node.depends_on:
            visit(read)
        ordered.append(name)

    visit(table)
    return ordered
