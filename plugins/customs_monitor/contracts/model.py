"""The contract of a feed: `expectations/feeds/<feed>.yml`.

Names follow the Open Data Contract Standard 3.1 where it has one (apiVersion, kind, id, version, status, domain,
description, schema.properties, logicalType, primaryKey, quality, severity, dimension); what it lacks is named in the
terms of customs and of SDMX. Unknown keys are refused everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from customs_monitor.contracts.calendar_terms import CalendarTerms
from customs_monitor.contracts.content_checks import ContentCheck
from customs_monitor.contracts.formats import CsvFormat, Format

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Severity = Literal["error", "warning", "information"]
#: Validation level of the ESS handbook "Methodology for data validation" (2017): 0 format and file structure,
#: 1 within the delivery, 2 with other deliveries of the sender, 3 across senders, 4 across collections, 5 plausibility.
EssLevel = Annotated[int, Field(ge=0, le=5)]
Fixer = Literal["sender", "collection manager", "data engineer"]
#: The domain of what Member States are asked for.
COLLECTIONS = "collections"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Description(_Strict):
    """What the feed is for, how to use it and where its limits are."""

    purpose: str
    usage: str | None = None
    limitations: str | None = None


class Property(_Strict):
    """A column of the accepted table: a concept, and what this feed asks of it.

    Attributes:
        name: a concept of the registry.
        required: whether an empty value is an error.
        primaryKey: whether the column is part of the key.
        validAt: the date, timestamp or period column at whose (last) day the code must be valid; without it a code
            that was valid at any time is accepted.
        codelistSeverity: what an unknown code is; `warning` for lists that are known to be incomplete.
        isPast: whether a day more than one after that of receipt (the source's clock may be ahead of UTC), or a period
            that begins later than it, is an error. Periods of the key are always judged.
        note: what a sender should know about this column in this feed.
    """

    name: Identifier
    required: bool = False
    primaryKey: bool = False
    validAt: Identifier | None = None
    codelistSeverity: Severity = "error"
    isPast: bool = False
    note: str | None = None


class Quality(_Strict):
    """A rule of the feed beyond what the concepts and the key already say.

    Attributes:
        id: stable id of the rule.
        kind: `row` judges each row, `group` each group of rows with the same `groupBy`.
        check: SQL condition over the typed columns (for a group: over aggregates of them). A row or group fails
            where it is false; where it is NULL there is nothing to judge. `valid_in(codelist, column, period)` asks
            whether the code was in the list at the end of the period, `attribute_of(codelist, attribute, column)` what
            the list says of it.
        when: SQL condition that a row must meet to be judged.
        layouts: the layouts whose rows are judged; all when empty.
        column: the column shown with the problem, and whose value as received is quoted.
        message, cure: what is wrong and what to do; `{column}` names stand for values of the row.
        source: where the rule comes from (article, document, section).
    """

    id: Identifier
    kind: Literal["row", "group"] = "row"
    check: str
    when: str | None = None
    groupBy: tuple[Identifier, ...] = ()
    layouts: tuple[Identifier, ...] = ()
    severity: Severity
    level: EssLevel
    dimension: Literal["completeness", "conformity", "consistency", "uniqueness", "accuracy", "timeliness"]
    column: Identifier | None = None
    message: str
    cure: str
    fixes: Fixer = "sender"
    source: str | None = None

    @model_validator(mode="after")
    def _group_has_columns(self) -> Quality:
        if (self.kind == "group") != bool(self.groupBy):
            raise ValueError("a rule of kind group, and no other, names groupBy columns")
        return self


class Schema(_Strict):
    """The accepted table: its columns, its rules, and what its figures are compared with."""

    properties: tuple[Property, ...] = Field(min_length=1)
    quality: tuple[Quality, ...] = ()
    contentChecks: tuple[ContentCheck, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Schema:
        names = [item.name for item in self.properties]
        rules = [*(rule.id for rule in self.quality), *(check.id for check in self.contentChecks)]
        for kind, found in (("property", names), ("rule", rules)):
            twice = sorted({name for name in found if found.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} declared twice: {', '.join(twice)}")
        for item in self.properties:
            if item.validAt is not None and item.validAt not in names:
                raise ValueError(f"{item.name}.validAt names {item.validAt}, which is no property of the feed")
        for rule in self.quality:
            unknown = sorted({*rule.groupBy, *([rule.column] if rule.column else [])} - set(names))
            if unknown:
                raise ValueError(f"rule {rule.id} names {', '.join(unknown)}, which is no property of the feed")
        for check in self.contentChecks:
            if unknown := sorted({*check.groupBy, check.column} - set(names)):
                raise ValueError(
                    f"content check {check.id} names {', '.join(unknown)}, which is no property of the feed"
                )
        return self

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the key, in order."""
        return tuple(item.name for item in self.properties if item.primaryKey)


class Claims(_Strict):
    """Which files of an inbox a layout is for.

    Attributes:
        path: glob patterns on `<folder>/<file>`, case-insensitive. A folder named after the feed is always its own.
        header: names that must all be in the header (or among the dimensions of the message); a name with `*` is a
            pattern that one header name must match.
        without: names that must not be in the header.
        detail: what else the look at the head must show, e.g. `dataflow: EXR` (see `customs_monitor.intake.sniff`);
            values are glob patterns, alternatives parted by `|`; one that begins with `!` must not match.
    """

    path: tuple[str, ...] = Field(min_length=1)
    header: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    detail: dict[str, str] = {}

    @staticmethod
    def has(header: Collection[str], name: str) -> bool:
        """Tell whether a header, in lower case, has a name or one that fits a pattern."""
        wanted = name.casefold()
        return wanted in header or ("*" in wanted and any(fnmatchcase(found, wanted) for found in header))


def _with_one_group(path: str) -> None:
    try:
        groups = re.compile(path).groups
    except re.error as error:
        raise ValueError(f"path is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError("path needs exactly one group: what it finds is the value")


class Origin(_Strict):
    """Where the sender or the period of a delivery comes from; exactly one way.

    Attributes:
        constant: the same for every file (`ESTAT`; `_Z` for a file that spans several periods).
        column: the property whose value in the first data row it is.
        path: a regular expression with one group, searched in `<folder>/<file>`.
    """

    constant: str | None = None
    column: Identifier | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Origin:
        if sum(way is not None for way in (self.constant, self.column, self.path)) != 1:
            raise ValueError("give exactly one of constant, column, path")
        if self.path is not None:
            _with_one_group(self.path)
        return self


class Unpivot(_Strict):
    """Columns of the file that are really values of a dimension: a record becomes a row per column.

    Empty cells give no row. Give `columns` (exact names) or `exclude` (all others are unpivoted; a name in it may be
    absent). Of `columns`, those named in `optional` may be absent from a file, as long as one is there.
    """

    columns: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    nameTo: str
    valueTo: str

    @model_validator(mode="after")
    def _is_one_way(self) -> Unpivot:
        if bool(self.columns) == bool(self.exclude):
            raise ValueError("give exactly one of columns, exclude")
        if unknown := sorted(set(self.optional) - set(self.columns)):
            raise ValueError(f"optional names {', '.join(unknown)}, which is none of columns")
        return self


class Mapping(_Strict):
    """How a property is filled from the columns of the file.

    Attributes:
        source: the column of the file (after `unpivot`).
        sql: SQL text expression over the columns of the file, quoted as "NAME", for what `source` cannot say. Given
            with `source`, that is the column whose name and value a sender is shown when something is wrong.
        allColumnsBut: all columns of the file but these (matched without regard to case), as NAME=VALUE joined by
            points: the key of a series whose dimensions differ from message to message. Empty cells are left out.
        constant: one value for all rows.
        path: a regular expression with one group, searched in the name of the file: what the file says only by its
            name (the language of `cn8_2023_de.csv`). Where it finds nothing the property is empty; a file whose name
            does not tell a required one is refused.
        nameLike: a file name that tells it, for who has to name the file anew.
        optional: whether the columns may be absent from the file: a `source` that is leaves the property empty, a
            name in `sql` that is stands for an empty value.
        dateFormats: strptime formats of a date or timestamp, tried in order; ISO 8601 when empty.
        decimalComma: whether figures are written 1.234,5 instead of 1234.5 (a point is then refused, too).
        factor: what a figure is multiplied with to have the concept's unit (100 for 100 kg to kg).
        nullValues: texts that mean a missing value in this column.
        aliases: a list `alias_<name>.csv` (alias, code) that turns labels of this source into codes.
    """

    source: str | None = None
    sql: str | None = None
    allColumnsBut: tuple[str, ...] = ()
    constant: str | None = None
    path: str | None = None
    nameLike: str | None = None
    optional: bool = False
    dateFormats: tuple[str, ...] = ()
    decimalComma: bool = False
    factor: float | None = None
    nullValues: tuple[str, ...] = ()
    aliases: str | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Mapping:
        ways = (self.sql or self.source, self.allColumnsBut or None, self.constant, self.path)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give exactly one of source, sql, allColumnsBut, constant, path (source may go with sql)")
        if self.path is not None:
            _with_one_group(self.path)
            if self.nameLike is not None and not re.search(self.path, self.nameLike):
                raise ValueError(f"path finds nothing in nameLike, {self.nameLike}")
        elif self.nameLike is not None and self.constant is None:
            raise ValueError("nameLike goes with path")
        return self

    @property
    def is_untold(self) -> bool:
        """Whether the name of the file should have told the value, and did not (after `for_file`)."""
        return self.constant == ""

    def for_file(self, name: str) -> Mapping:
        """Return the mapping with what it takes from the name of the file as a constant."""
        if self.path is None:
            return self
        found = re.search(self.path, name)
        return self.model_copy(update={"path": None, "constant": (found.group(1) if found else None) or ""})


def _from_short_form(value: object) -> object:
    return {"source": value} if isinstance(value, str) else value


#: A mapping; a plain text is the name of the column of the file.
MappingOrSource = Annotated[Mapping, BeforeValidator(_from_short_form, json_schema_input_type=str | Mapping)]


class Layout(_Strict):
    """One physical shape in which the feed is delivered.

    Attributes:
        mapping: the properties it fills; a property that is left out stays empty. A plain text is the name of the
            column of the file.
        where: SQL condition over the columns of the file; records that do not meet it are no data of the feed (a
            total line, say) and are counted as skipped.
        whereOptional: the columns of `where` that may be absent from the file; they stand for empty values.
        strictColumns: whether a column of the file that no mapping uses is a warning (the Member States' templates)
            or expected (a source that also sends other things).
    """

    id: Identifier
    title: str
    claims: Claims
    format: Format = CsvFormat()
    sender: Origin
    period: Origin
    unpivot: Unpivot | None = None
    where: str | None = None
    whereOptional: tuple[str, ...] = ()
    mapping: dict[Identifier, MappingOrSource]
    strictColumns: bool = False

    def for_file(self, name: str) -> Layout:
        """Return the layout for one file: what mappings take from the name of the file is constant then."""
        return self.model_copy(update={"mapping": {key: item.for_file(name) for key, item in self.mapping.items()}})


class Senders(_Strict):
    """Who is expected to deliver each period: a list of codes, or a codelist (valid on the period's last day)."""

    codes: tuple[str, ...] = ()
    codelist: str | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Senders:
        if bool(self.codes) == bool(self.codelist):
            raise ValueError("give exactly one of codes, codelist")
        return self


class Contract(_Strict):
    """The contract of a feed.

    Attributes:
        supersession: what a later delivery of the same feed, period and sender does. `delivery`: it replaces the
            earlier one. `key`: rows with the same key replace earlier rows, others stay (files that each carry a
            part). `append`: all rows stay, and the models decide.
        onError: whether a delivery with an error is refused whole or only its faulty rows are.
        precedence: for `key`, the layouts from the least to the most trusted; the order of arrival decides among
            deliveries of the same layout only.
        deadline: days after the end of the period by which the delivery is due.
        calendar: which periods are collected, and in whose time; every collection (domain `collections`) has one.
        expectRows: fewer accepted rows than this in a delivery are a warning.
    """

    apiVersion: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: Identifier
    name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    status: Literal["draft", "active", "deprecated"]
    domain: Identifier
    description: Description
    sourceSystem: str
    owner: str
    legalBasis: str
    licence: str
    cadence: Literal["daily", "weekly", "monthly", "quarterly", "annual", "cycle", "irregular"]
    deadline: int | None = Field(default=None, ge=0)
    calendar: CalendarTerms | None = None
    senders: Senders
    sources: tuple[Literal["file", "s3"], ...] = ("file", "s3")
    supersession: Literal["delivery", "key", "append"] = "delivery"
    precedence: tuple[Identifier, ...] = ()
    onError: Literal["refuse_delivery", "refuse_rows"]
    expectRows: int = Field(default=1, ge=0)
    tags: tuple[str, ...] = ()
    since: date
    schema_: Schema = Field(alias="schema")
    layouts: tuple[Layout, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _layouts_fit_the_schema(self) -> Contract:
        ids = [layout.id for layout in self.layouts]
        problems: list[str] = []
        if len(set(ids)) < len(ids):
            problems.append("two layouts have the same id")
        if unknown := sorted(set(self.precedence) - set(ids)):
            problems.append(f"precedence names {', '.join(unknown)}, which is no layout")
        names = {item.name for item in self.schema_.properties}
        required = {item.name for item in self.schema_.properties if item.required}
        for layout in self.layouts:
            mapped = set(layout.mapping)
            if unknown := sorted(mapped - names):
                problems.append(f"layout {layout.id} fills {', '.join(unknown)}, which is no property")
            if unmapped := sorted(required - mapped):
                problems.append(f"layout {layout.id} does not fill the required {', '.join(unmapped)}")
            problems += [
                f"layout {layout.id}: {part} comes from {origin.column}, which it does not fill"
                for part, origin in (("sender", layout.sender), ("period", layout.period))
                if origin.column is not None and origin.column not in mapped
            ]
        for rule in self.schema_.quality:
            if unknown := sorted(set(rule.layouts) - set(ids)):
                problems.append(f"rule {rule.id} names {', '.join(unknown)}, which is no layout")
        if self.supersession == "key" and not self.schema_.key:
            problems.append("supersession by key needs properties with primaryKey")
        problems += self._calendar_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _calendar_problems(self) -> list[str]:
        if self.calendar is None:
            return ["a collection needs a calendar"] if self.is_collection else []
        if self.deadline is None:
            return ["a calendar needs a deadline"]
        if self.deadline < self.calendar.opens:
            return ["the deadline is before calendar.opens"]
        return self.calendar.problems(self.cadence)

    @property
    def is_collection(self) -> bool:
        """Whether senders are asked for it period by period: the portal takes it, the completeness clock closes it."""
        return self.domain == COLLECTIONS

    def layout(self, layout_id: str) -> Layout:
        """Return a layout by its id; KeyError if there is none."""
        for layout in self.layouts:
            if layout.id == layout_id:
                return layout
        raise KeyError(layout_id)

    def property(self, name: str) -> Property:
        """Return a property by its name; KeyError if there is none."""
        for item in self.schema_.properties:
            if item.name == name:
                return item
        raise KeyError(name)
