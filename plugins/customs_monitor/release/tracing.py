"""The models' SQL, rewritten so that every figure carries the accepted rows it rests on.

The rewriting follows the SQL itself and nothing is declared twice: a new indicator can be explained as soon as it has a
model. The rules are those of why-provenance (Buneman, Khanna and Tan 2001), made for the SQL that models use:

- a row of a feed rests on itself, a row of a codelist or of the list of deliveries on nothing;
- a row of a join rests on the rows that were joined, a group on the rows of its group;
- an aggregate rests on the rows that enter it: of `sum(CASE WHEN x THEN y ELSE 0 END)` those where `x` holds, of
  `count(y)` those with a `y`, of `count(*)` all;
- an expression rests on what its columns rest on, a column that no aggregate made on the rows of its table;
- `SELECT DISTINCT` tells what there is. That a question was asked, say, is no figure, and rests on nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

#: Where the rewritten models are.
TRACED = "traced"
#: The rows that a row of a traced relation rests on, a list of structs (feed, period, sender, delivery_id, line).
ROWS = "_rows"
_ACCEPTED = "accepted"
#: Tables of the accepted schema whose rows no figure is made of.
_CONTROL = {"deliveries", "expected_senders"}
_NONE = "[]"


class Untraceable(ValueError):
    """A model uses SQL that this module does not follow; the message names model and construct."""


@dataclass(frozen=True)
class Relation:
    """A table, view or query, as one that reads it sees it.

    Attributes:
        columns: in their order, without those that carry rows.
        rests: whether its rows rest on accepted rows at all, and it has `_rows`.
        own: the columns (in lower case) that rest on other rows than their row does; each has a column `_rows_<name>`.
    """

    columns: tuple[str, ...]
    rests: bool = False
    own: frozenset[str] = frozenset()

    def carrier(self, column: str) -> str | None:
        """Return the column with the rows that a column rests on, None if it rests on none."""
        if column.lower() in self.own:
            return f"{ROWS}_{column.lower()}"
        return ROWS if self.rests else None


class Tracer:
    """Rewrites models, one after the other.

    Args:
        sources: returns the columns of a table that is no model, by schema and name; None if there is none.
    """

    def __init__(self, sources: Callable[[str, str], tuple[str, ...] | None]) -> None:
        self._sources = sources
        #: The models rewritten so far.
        self.models: dict[str, Relation] = {}

    def rewritten(self, name: str, sql: str) -> str:
        """Return the SQL of a model that carries its rows; those it reads have been rewritten before.

        Args:
            name: of the model, under which it is known from now on, in the schema `TRACED`.
            sql: its SQL for DuckDB.

        Raises:
            Untraceable: if it cannot be followed.
        """
        try:
            query, relation = _Query(self.models, self._sources).traced(sqlglot.parse_one(sql, read="duckdb"), {})
        except (Untraceable, sqlglot.ParseError) as error:
            raise Untraceable(f"{name}: {error}") from error
        self.models[name] = relation
        return query.sql("duckdb")


@dataclass
class _Source:
    """A relation in FROM under its alias."""

    alias: str
    relation: Relation

    def carrier(self, column: str) -> exp.Expr | None:
        name = self.relation.carrier(column)
        return exp.column(name, self.alias) if name else None


@dataclass
class _Select:
    """A SELECT that is followed and does not carry its rows yet.

    Attributes:
        rests: the expression for the rows of a row, None where it rests on none.
        own: expressions for columns that rest on others, by their place.
    """

    query: exp.Select
    columns: tuple[str, ...]
    rests: exp.Expr | None = None
    own: dict[int, exp.Expr] = field(default_factory=dict)


class _Query:
    """Follows the queries of one model."""

    def __init__(self, models: Mapping[str, Relation], sources: Callable[[str, str], tuple[str, ...] | None]) -> None:
        self._models, self._sources = models, sources

    def traced(self, query: exp.Expr, scope: Mapping[str, Relation]) -> tuple[exp.Expr, Relation]:
        """Return a query that carries its rows, and what one that reads it sees; the query given is changed."""
        known = dict(scope)
        for cte in query.ctes if isinstance(query, exp.Query) else ():
            inner, known[cte.alias_or_name.lower()] = self.traced(cte.this, known)
            cte.set("this", inner)
        branches = [self._select(select, known) for select in _branches(query)]
        first = branches[0]
        if _tells_what_there_is(query):
            return query, Relation(branches[0].columns)
        rests = any(branch.rests is not None for branch in branches)
        own = sorted({place for branch in branches for place in branch.own})
        for branch in branches:
            of_row = branch.rests if branch.rests is not None else _nothing()
            carried = [(ROWS, of_row)] if rests or own else []
            carried += [(f"{ROWS}_{first.columns[place].lower()}", branch.own.get(place, of_row)) for place in own]
            for name, expression in carried:
                branch.query.select(exp.alias_(expression.copy(), name), append=True, copy=False)
        return query, Relation(
            first.columns, bool(rests or own), frozenset(first.columns[place].lower() for place in own)
        )

    def _select(self, query: exp.Select, scope: Mapping[str, Relation]) -> _Select:
        sources = [self._source(item, scope) for item in _from(query)]
        for table in list(query.find_all(exp.Table)):
            self._placed(table, scope)
        projections = [item for given in query.expressions for item in _unfolded(given, sources)]
        query.set("expressions", projections)
        if unnamed := next((item for item in projections if not isinstance(item, exp.Alias | exp.Column)), None):
            raise Untraceable(f"a column without a name: {unnamed.sql('duckdb')}")
        columns = tuple(item.alias_or_name for item in projections)
        found = _Select(query, columns)
        if query.args.get("distinct"):
            return found
        resting = [source for source in sources if source.relation.rests]
        of_row = _joined([exp.column(ROWS, source.alias) for source in resting])
        if of_row is None:
            return found
        grouped = query.args.get("group") is not None or any(_aggregates(item) for item in projections)
        found.rests = _gathered(of_row) if grouped else of_row
        for place, item in enumerate(projections):
            expression = item.unalias()
            parts = (
                [_entering(aggregate, sources, of_row) for aggregate in _aggregates(expression)]
                if grouped
                else _carriers(expression.find_all(exp.Column), sources)
            )
            rests = _joined(parts)
            if rests is not None and rests != found.rests:
                found.own[place] = rests
        return found

    def _source(self, item: exp.Expr, scope: Mapping[str, Relation]) -> _Source:
        if isinstance(item, exp.Subquery) and isinstance(item.this, exp.Query):
            inner, relation = self.traced(item.this, scope)
            item.set("this", inner)
            return _Source(item.alias_or_name, relation)
        if isinstance(item, exp.Table):
            found = self._read(item, scope)
            if found is None:
                raise Untraceable(f"reads {item.sql('duckdb')}, which is no model, feed or codelist")
            return _Source(item.alias_or_name, found)
        raise Untraceable(f"reads from {item.sql('duckdb')[:80]}")

    def _read(self, table: exp.Table, scope: Mapping[str, Relation]) -> Relation | None:
        """Return a table, which a feed gives way to as its rows that rest on themselves."""
        if not table.db:
            return scope.get(table.name.lower())
        columns = self._sources(table.db, table.name)
        if columns is None:
            return self._models.get(table.name)
        if table.db != _ACCEPTED or table.name in _CONTROL:
            return Relation(columns)
        itself = (
            f"SELECT *, [struct_pack(feed := '{table.name}', period := _period, sender := _sender,"
            f" delivery_id := _delivery_id, line := _line_number)] AS {ROWS} FROM {_ACCEPTED}.{table.name}"
        )
        subquery = exp.Subquery(this=sqlglot.parse_one(itself, read="duckdb"))
        table.replace(exp.alias_(subquery, table.alias_or_name, table=True))
        return Relation(columns, rests=True)

    def _placed(self, table: exp.Table, scope: Mapping[str, Relation]) -> None:
        """Let a table name the traced model in the place of the built one; a CTE hides a model of its name."""
        if not table.db:
            return
        table.set("catalog", None)
        if self._sources(table.db, table.name) is None and table.name in self._models:
            table.set("db", exp.to_identifier(TRACED))


def _tells_what_there_is(query: exp.Expr) -> bool:
    """Tell whether a union drops what occurs twice."""
    return isinstance(query, exp.Union) and bool(query.args.get("distinct"))


def _branches(query: exp.Expr) -> Iterable[exp.Select]:
    """Return the SELECTs of a union from the first to the last, or the one SELECT."""
    if isinstance(query, exp.Select):
        return [query]
    if isinstance(query, exp.Subquery) and isinstance(query.this, exp.Query) and not query.alias:
        return _branches(query.this)
    if isinstance(query, exp.Union):
        return [*_branches(query.left), *_branches(query.right)]
    raise Untraceable(f"{type(query).__name__}: {query.sql('duckdb')[:80]}")


def _from(query: exp.Select) -> list[exp.Expr]:
    clause = query.args.get("from_") or query.args.get("from")
    items = [clause.this] if clause is not None else []
    return [*items, *(join.this for join in query.args.get("joins") or ())]


def _unfolded(item: exp.Expr, sources: Sequence[_Source]) -> list[exp.Expr]:
    """Return what a projection stands for: of a star every column of its tables."""
    star = item if isinstance(item, exp.Star) else item.this if isinstance(item, exp.Column) else None
    if not isinstance(star, exp.Star):
        return [item]
    if any(star.args.get(part) for part in ("except_", "except", "replace", "rename")):
        raise Untraceable("a star that leaves out or replaces columns")
    table = item.table if isinstance(item, exp.Column) else ""
    return [
        exp.column(column, source.alias)
        for source in sources
        if not table or source.alias.lower() == table.lower()
        for column in source.relation.columns
    ]


def _aggregates(expression: exp.Expr) -> list[exp.Expr]:
    """Return the aggregates of an expression with their filters.

    Not those inside others, over a window or in a query of its own.
    """
    if isinstance(expression, exp.Window | exp.Query):
        return []
    if isinstance(expression, exp.AggFunc | exp.Filter):
        return [expression]
    return [found for part in expression.iter_expressions() for found in _aggregates(part)]


def _entering(aggregate: exp.Expr, sources: Sequence[_Source], of_row: exp.Expr) -> exp.Expr:
    """Return the rows that enter an aggregate."""
    conditions: list[exp.Expr] = []
    if isinstance(aggregate, exp.Filter):
        conditions.append(aggregate.expression.this.copy())
        aggregate = aggregate.this
    value = aggregate.this
    if isinstance(value, exp.Distinct):
        (value,) = value.expressions
    if value is None or isinstance(value, exp.Star):
        return _gathered(of_row, exp.and_(*conditions) if conditions else None)
    if isinstance(value, exp.Case) and value.this is None and _is_nothing(value.args.get("default")):
        branches = value.args["ifs"]
        conditions.append(exp.or_(*(branch.this.copy() for branch in branches)))
        columns = [column for branch in branches for column in branch.args["true"].find_all(exp.Column)]
    else:
        columns = list(value.find_all(exp.Column))
        if columns:
            conditions.append(exp.not_(exp.Is(this=exp.paren(value.copy()), expression=exp.null())))
    return _gathered(_joined(_carriers(columns, sources)) or of_row, exp.and_(*conditions) if conditions else None)


def _is_nothing(default: exp.Expr | None) -> bool:
    """Tell whether a value adds nothing to a sum or count."""
    return (
        default is None or isinstance(default, exp.Null) or (isinstance(default, exp.Literal) and default.this == "0")
    )


def _carriers(columns: Iterable[exp.Column], sources: Sequence[_Source]) -> list[exp.Expr]:
    found = []
    for column in columns:
        for source in sources:
            named = {name.lower() for name in source.relation.columns}
            if column.table.lower() in ("", source.alias.lower()) and column.name.lower() in named:
                carrier = source.carrier(column.name)
                found += [carrier] if carrier is not None else []
                break
    return found


def _joined(lists: Sequence[exp.Expr]) -> exp.Expr | None:
    """Return the lists as one; None of none. Of an outer join one may be NULL, which counts as empty."""
    different = [item for place, item in enumerate(lists) if item not in lists[:place]]
    if len(different) <= 1:
        return different[0] if different else None
    safe = ", ".join(f"coalesce({item.sql('duckdb')}, {_NONE})" for item in different)
    return sqlglot.parse_one(f"flatten([{safe}])", read="duckdb")


def _gathered(lists: exp.Expr, condition: exp.Expr | None = None) -> exp.Expr:
    """Return the aggregate that makes one list of the lists of a group."""
    chosen = f" FILTER (WHERE {condition.sql('duckdb')})" if condition is not None else ""
    return sqlglot.parse_one(f"coalesce(flatten(list({lists.sql('duckdb')}){chosen}), {_NONE})", read="duckdb")


def _nothing() -> exp.Expr:
    return sqlglot.parse_one(_NONE, read="duckdb")
