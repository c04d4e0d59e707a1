"""The header of a delivery against the columns its layout reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.intake.sdmx_csv import MESSAGE_COLUMNS
from customs_monitor.validation.findings import Issue, RuleText
from customs_monitor.validation.references import columns_read


@dataclass(frozen=True)
class Header:
    """The columns of a file as the layout sees them; names are matched without regard to case.

    Attributes:
        columns: the names as found, in file order.
        unpivoted: the columns whose cells become rows.
        absent: names the layout reads that the file does not have; they stand for empty values.
        unfillable: properties that lack a column they need; only the column is reported, not every row.
        issues: what the sender has to be told.
        is_complete: whether every column the layout needs is there.
    """

    columns: tuple[str, ...]
    unpivoted: tuple[str, ...]
    absent: tuple[str, ...]
    unfillable: frozenset[str]
    issues: tuple[Issue, ...]
    is_complete: bool

    def name_of(self, source: str) -> str | None:
        """Return the name in the file of a column the layout names; None if the file does not have it."""
        return next((name for name in self.columns if name.casefold() == source.casefold()), None)


def read_header(
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[str, ...],
    contract: Contract,
    layout: Layout,
    registry: Registry,
    looks_like: tuple[str, ...] = (),
) -> Header:
    """Compare the columns of a file with its layout.

    Args:
        connection: the session, whose parser reads the SQL of the layout.
        columns: the header as found.
        contract: the contract, for messages.
        layout: the layout of the file.
        registry: has the rules.
        looks_like: other feeds that have this header.

    Raises:
        ContractSqlError: if an SQL expression of the layout is wrong.
    """
    place = f"feeds/{contract.id}.yml: layouts.{layout.id}"
    needed: dict[str, bool] = {}  # name: whether it may be absent
    present = {column.casefold() for column in columns}
    if layout.unpivot is not None:
        present |= {layout.unpivot.nameTo.casefold(), layout.unpivot.valueTo.casefold()}
    unfillable: set[str] = set()
    for name, mapping in layout.mapping.items():
        read: tuple[str, ...] = () if mapping.source is None else (mapping.source,)
        if mapping.sql is not None:
            read += columns_read(connection, mapping.sql, f"{place}.mapping.{name}")
        for column in read:
            needed[column] = needed.get(column, True) and mapping.optional
            if not mapping.optional and column.casefold() not in present:
                unfillable.add(name)
    unpivot = layout.unpivot
    if unpivot is not None:
        made = {unpivot.nameTo.casefold(), unpivot.valueTo.casefold()}
        needed = {column: optional for column, optional in needed.items() if column.casefold() not in made}
        needed |= {column: column in unpivot.optional for column in unpivot.columns}
    if layout.where is not None:
        for column in columns_read(connection, layout.where, f"{place}.where"):
            needed[column] = needed.get(column, True) and column in layout.whereOptional

    absent = [column for column in needed if column.casefold() not in present]
    used = {column.casefold() for column in needed}
    if layout.format.type == "sdmx-csv":
        used |= {column.casefold() for column in MESSAGE_COLUMNS}
    unknown = [column for column in columns if column.casefold() not in used]
    unpivoted = _unpivoted(layout, columns)
    missing = [column for column in absent if not needed[column]]
    if unpivot is not None and not unpivoted and not missing:
        missing = list(unpivot.columns[:1]) or [unpivot.valueTo]
    required = [column for column, may_be_absent in needed.items() if not may_be_absent]
    if 2 * len(missing) > len(required):
        # A list of nearly all columns as missing would not tell the sender that the file is another one.
        unlike = RuleText.of_catalogue(
            registry, "LAYOUT_UNKNOWN", "header", elsewhere(looks_like) or _wanted(layout, required)
        )
        issue = Issue.of(unlike, value=", ".join(columns))
        return Header(columns, unpivoted, tuple(dict.fromkeys(absent)), frozenset(unfillable), (issue,), False)
    strict = layout.strictColumns and not (unpivot is not None and unpivot.exclude)
    untold = {
        name: mapping.nameLike or contract.id
        for name, mapping in layout.mapping.items()
        if mapping.is_untold and contract.property(name).required
    }
    unfillable |= set(untold)
    issues = [
        Issue.of(RuleText.of_catalogue(registry, "FILE_NAME_UNTOLD", "file", like), column=name)
        for name, like in untold.items()
    ]
    issues += [
        Issue.of(
            RuleText.of_catalogue(registry, "COLUMN_MISSING", "header", _hint(column, unknown, columns)), column=column
        )
        for column in missing
    ]
    if not missing and (strange := _not_claimed(layout, columns)):
        issues.append(
            Issue.of(
                RuleText.of_catalogue(registry, "LAYOUT_NOT_EXACT", "header", layout.title), value=", ".join(strange)
            )
        )
    if strict:
        issues += [
            Issue.of(
                RuleText.of_catalogue(
                    registry, "COLUMN_UNKNOWN", "header", ", ".join(_similar(column, absent) or sorted(needed))
                ),
                column=column,
            )
            for column in unknown
        ]
    return Header(
        columns, unpivoted, tuple(dict.fromkeys(absent)), frozenset(unfillable), tuple(issues), not (missing or untold)
    )


def _not_claimed(layout: Layout, columns: tuple[str, ...]) -> list[str]:
    """Return the names by which a table is known to have the layout and that it does not have."""
    if layout.format.type not in ("csv", "excel", "sdmx-csv"):
        return []
    header = {column.casefold() for column in columns}
    return [name for name in layout.claims.header if not layout.claims.has(header, name)]


def elsewhere(looks_like: tuple[str, ...]) -> str:
    """Return what to do with a file that has the header of other feeds; nothing where it has that of none."""
    if not looks_like:
        return ""
    feeds = " or ".join(looks_like)
    return f"It looks like a file of the feed {feeds}: send it under that feed, in the folder {feeds}"


def _wanted(layout: Layout, required: list[str]) -> str:
    return f"Send a file with the columns {', '.join(required)} ({layout.title})"


def _unpivoted(layout: Layout, columns: tuple[str, ...]) -> tuple[str, ...]:
    unpivot = layout.unpivot
    if unpivot is None:
        return ()
    if unpivot.exclude:
        kept = {name.casefold() for name in unpivot.exclude}
        return tuple(column for column in columns if column.casefold() not in kept)
    wanted = {name.casefold() for name in unpivot.columns}
    return tuple(column for column in columns if column.casefold() in wanted)


def _hint(missing: str, unknown: Iterable[str], columns: tuple[str, ...]) -> str:
    similar = _similar(missing, unknown)
    if similar:
        return f"the column {similar[0]} looks like it under another name"
    return f"the file has the columns {', '.join(columns)}"


def _similar(name: str, candidates: Iterable[str]) -> list[str]:
    by_fold = {_comparable(candidate): candidate for candidate in candidates}
    return [by_fold[found] for found in difflib.get_close_matches(_comparable(name), by_fold, n=3, cutoff=0.6)]


def _comparable(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
