"""The expectations of a contract: what Great Expectations is asked about a feed's batch.

This is the second reading of a contract, beside the one-pass SQL of `judge`: the same rules, said in the words of
Great Expectations and counted by it. Where it has words of its own that count the same, those are used; the rest are
queries for the rows that should not be there. The tables are those of `batch`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from customs_monitor.contracts import Concept, Contract, Property, Quality, Registry
from customs_monitor.contracts.model import Severity
from customs_monitor.validation.batch import COPIED, DELIVERIES, PERIODS, REFUSED, codes_table, text_column
from customs_monitor.validation.casts import number_literal, type_code
from customs_monitor.validation.quoting import any_of, identifier, literal

#: Codes of rules.yml that have no expectation, with the reason.
UNREAD: Mapping[str, str] = {
    "FILE_UNREADABLE": "there is no batch without a file that can be read",
    "RECORD_UNREADABLE": "a record that cannot be read is no row of the batch",
    "LAYOUT_UNKNOWN": "the layout is known before there are rows",
    "LAYOUT_NOT_EXACT": "the columns by which a layout is known need not be those that its rows are made of",
    "FILE_NAME_UNTOLD": "a delivery whose name lacks what its rows need is refused before its rows are read",
    "COLUMN_MISSING": "a delivery without a column of its layout is refused before its rows are read",
    "COLUMN_UNKNOWN": "the batch has the columns of the contract only",
    "FEW_ROWS": "counts the accepted rows, which are what the other reading leaves",
    "CORRECTION_APPLIED": "corrections are applied before both readings",
    "CORRECTION_OBSOLETE": "corrections are applied before both readings",
    "ROWS_CHANGED_MUCH": "compares with the previous delivery",
    "PART_MISSING": "compares with the previous delivery",
    "CHECK_NEEDS_MEMORY": "there is no batch of a check that broke a limit",
    "CHECK_NEEDS_TIME": "there is no batch of a check that broke a limit",
    "CHECK_NEEDS_SPACE": "there is no batch of a check that broke a limit",
    "CHECK_BROKE_OFF": "there is no batch of a check that broke off",
    **dict.fromkeys(
        (
            "ARCHIVE_DAMAGED",
            "ARCHIVE_NOT_CLEAN",
            "ARCHIVE_EMPTY",
            "ARCHIVE_TOO_MANY_FILES",
            "ARCHIVE_EXPANDS_TOO_FAR",
            "ARCHIVE_ENCRYPTED",
            "ARCHIVE_METHOD",
            "ARCHIVE_LINK",
            "ARCHIVE_NAME",
            "ARCHIVE_DUPLICATE_NAME",
            "ARCHIVE_NESTED",
        ),
        "there is no batch of an archive that is refused",
    ),
}

#: A codelist of at most so many codes is written out in its expectation; a larger one is joined.
WRITTEN_OUT = 300

_SEVERITY: Mapping[Severity, str] = {"error": "critical", "warning": "warning", "information": "info"}
#: What Great Expectations replaces with the table of the batch.
_BATCH = "{batch}"


@dataclass(frozen=True)
class Expected:
    """One expectation, in words that need no import of Great Expectations.

    Attributes:
        type: the expectation's name there, in snake case.
        kwargs: its arguments.
        rule, code, severity, level: as in the issues of the other reading.
        description: what is expected, for people.
        comparable: whether the other reading counts the same rule.
        judged_where: the column whose empty cells exempt a row.
        fails: for a rule about single rows, the same as SQL; what refuses a row exempts its groups from judgement.
    """

    type: str
    kwargs: Mapping[str, Any]
    rule: str
    code: str
    severity: Severity
    level: int
    description: str
    comparable: bool = True
    judged_where: str | None = None
    fails: str | None = field(default=None, repr=False)

    @property
    def gx_severity(self) -> str:
        """The severity as Great Expectations calls it: critical, warning, info."""
        return _SEVERITY[self.severity]

    @property
    def meta(self) -> dict[str, str | int]:
        """What is kept with the expectation and its result."""
        return {"rule": self.rule, "code": self.code, "severity": self.severity, "level": self.level}


def expectations_of(contract: Contract, registry: Registry) -> tuple[Expected, ...]:
    """Return what a batch of the feed has to meet, in the order of the contract.

    Args:
        contract: the contract of the feed.
        registry: for the concepts, the codelists and the catalogue of rules.
    """
    suite = _Suite(contract, registry)
    return (
        *suite.of_the_batch(),
        *(expected for item in contract.schema_.properties for expected in suite.of_a_property(item)),
        *suite.of_the_rows(),
        *(suite.of_a_rule(rule) for rule in contract.schema_.quality),
    )


def left_out_of_groups(contract: Contract, expectations: Sequence[Expected], table: str) -> Mapping[str, str]:
    """Return the SQL conditions of rows that no rule about groups counts, by the column that shows it.

    Args:
        contract: the contract of the feed.
        expectations: those of the contract.
        table: SQL name of the table with the rows.

    Returns:
        Nothing for a contract without rules about groups.
    """
    if all(rule.kind == "row" for rule in contract.schema_.quality):
        return {}
    refusing = [item.fails for item in expectations if item.fails is not None and item.severity == "error"]
    repeats = _Repeats(contract, table)
    contradicting = [f"_row IN (SELECT _row FROM ({repeats.contradicting}))"] if contract.schema_.key else []
    return {
        REFUSED: any_of([*refusing, *contradicting]),
        COPIED: f"_row IN (SELECT _row FROM ({repeats.repeated}))",
    }


@dataclass(frozen=True)
class _Suite:
    contract: Contract
    registry: Registry

    def of_the_batch(self) -> Iterator[Expected]:
        """Columns and rows, for the batch as a whole and for each delivery of it."""
        columns = [name for item in self.contract.schema_.properties for name in (item.name, text_column(item.name))]
        yield self._expected(
            "expect_table_columns_to_match_set",
            {"column_set": columns, "exact_match": False},
            rule="batch.column_missing",
            code="COLUMN_MISSING",
            description="The batch has every column of the contract",
            comparable=False,
        )
        yield self._expected(
            "expect_table_row_count_to_be_between",
            {"min_value": 1},
            rule="batch.no_rows",
            code="NO_ROWS",
            description="The batch has rows",
            comparable=False,
        )
        yield self._expected(
            "unexpected_rows_expectation",
            _query(
                f"SELECT _id FROM {DELIVERIES} WHERE _unreadable_records = 0 "
                f"AND _id NOT IN (SELECT _delivery_id FROM {_BATCH})"
            ),
            rule="delivery.no_rows",
            code="NO_ROWS",
            description="Every delivery has rows",
        )
        yield from self._origins()

    def _origins(self) -> Iterator[Expected]:
        """The sender and the period of a delivery are those of all its rows, where its rows name them."""
        for part, code in (("sender", "SENDER_MISMATCH"), ("period", "PERIOD_MISMATCH")):
            layouts: dict[str, list[str]] = {}
            for layout in self.contract.layouts:
                column = (layout.sender if part == "sender" else layout.period).column
                if column is not None:
                    layouts.setdefault(column, []).append(layout.id)
            for column, named in layouts.items():
                yield self._rows(
                    f"{identifier(column)} <> (SELECT _{part} FROM {DELIVERIES} WHERE _id = _delivery_id)",
                    layouts=tuple(named),
                    rule=f"{column}.{code.lower()}",
                    code=code,
                    description=f"{column} is the {part} of the delivery",
                )

    def of_a_property(self, item: Property) -> Iterator[Expected]:
        """What the concept and the contract ask of one column."""
        concept, name = self.registry.concepts[item.name], item.name
        text, value, written = text_column(name), identifier(name), identifier(text_column(name))

        def native(type_: str, kwargs: Mapping[str, Any], code: str, what: str, fails: str, **more: Any) -> Expected:
            return self._expected(
                type_,
                kwargs,
                rule=f"{name}.{code.lower()}",
                code=code,
                description=f"{name} {what}",
                fails=fails,
                **more,
            )

        if item.required:
            yield native(
                "expect_column_values_to_not_be_null",
                {"column": text},
                "MISSING_VALUE",
                "is filled in",
                f"{written} IS NULL",
            )
        if (wrong_type := type_code(concept)) is not None:
            yield native(
                "expect_column_values_to_not_be_null",
                {"column": name},
                wrong_type,
                f"is of the type {concept.logicalType}",
                f"{written} IS NOT NULL AND {value} IS NULL",
                judged_where=text,
            )
        if concept.minimum is not None or concept.maximum is not None:
            bounds = [f"{value} < {number_literal(concept.minimum)}"] if concept.minimum is not None else []
            bounds += [f"{value} > {number_literal(concept.maximum)}"] if concept.maximum is not None else []
            yield native(
                "expect_column_values_to_be_between",
                {"column": name, "min_value": concept.minimum, "max_value": concept.maximum},
                "OUT_OF_RANGE",
                "is within its bounds",
                " OR ".join(bounds),
            )
        if concept.maxLength is not None:
            yield native(
                "expect_column_value_lengths_to_be_between",
                {"column": text, "max_value": concept.maxLength},
                "TEXT_TOO_LONG",
                f"has at most {concept.maxLength} characters",
                f"length({written}) > {concept.maxLength}",
            )
        if concept.pattern is not None:
            yield native(
                "expect_column_values_to_match_regex",
                {"column": text, "regex": concept.pattern},
                "PATTERN_MISMATCH",
                "has its form",
                f"NOT regexp_full_match({written}, {literal(concept.pattern)})",
            )
        if concept.codelist is not None:
            yield from self._codes(item, concept.codelist)
        if concept.logicalType == "period":
            yield from self._future(item)
        if concept.logicalType == "date" and item.isPast:
            yield self._rows(
                f"{identifier(item.name)} > (SELECT _received_on FROM {DELIVERIES} WHERE _id = _delivery_id) + 1",
                rule=f"{item.name}.period_future",
                code="PERIOD_FUTURE",
                description=f"{item.name} is not after the day on which the delivery is received",
            )

    def _future(self, item: Property) -> Iterator[Expected]:
        """A period in the key, of the past, or by which a delivery is filed, has begun when the delivery arrives."""
        filing = tuple(layout.id for layout in self.contract.layouts if layout.period.column == item.name)
        always = item.primaryKey or item.isPast
        if always or filing:
            yield self._rows(
                f"(SELECT _first_day FROM {PERIODS} WHERE _period = {identifier(item.name)})"
                f" > (SELECT _received_on FROM {DELIVERIES} WHERE _id = _delivery_id)",
                layouts=() if always else filing,
                rule=f"{item.name}.period_future",
                code="PERIOD_FUTURE",
                description=f"{item.name} has begun when the delivery is received",
            )

    def _codes(self, item: Property, codelist: str) -> Iterator[Expected]:
        """The code is in the list, and was valid where the contract says at which day."""
        name, codes, table = item.name, self.registry.codelists[codelist], codes_table(codelist)
        fails = f"{identifier(name)} NOT IN (SELECT _code FROM {table})"
        unknown: dict[str, Any] = {
            "rule": f"{name}.code_unknown",
            "code": "CODE_UNKNOWN",
            "severity": item.codelistSeverity,
            "description": f"{name} is a code of the list {codelist}",
        }
        if len(codes.by_code) <= WRITTEN_OUT:
            values = {"column": name, "value_set": sorted(codes.by_code)}
            yield self._expected("expect_column_values_to_be_in_set", values, fails=fails, **unknown)
        else:
            yield self._rows(fails, **unknown)
        if item.validAt is not None:
            day = _day_of(self.registry.concepts[item.validAt], item.validAt)
            yield self._rows(
                f"{identifier(name)} IN (SELECT _code FROM {table}) AND {day} IS NOT NULL AND NOT EXISTS ("
                f"SELECT 1 FROM {table} WHERE _code = {identifier(name)} "
                f"AND {day} BETWEEN _valid_from AND _valid_to)",
                rule=f"{name}.code_not_valid",
                code="CODE_NOT_VALID",
                severity=item.codelistSeverity,
                description=f"{name} is a code of the list {codelist} that was valid at {item.validAt}",
            )

    def of_the_rows(self) -> Iterator[Expected]:
        """No row is sent twice, and no two rows with the same key say different things."""
        repeats = _Repeats(self.contract, _BATCH)
        if self.contract.schema_.key:
            yield self._expected(
                "unexpected_rows_expectation",
                _query(repeats.contradicting),
                rule="key.duplicate_key",
                code="DUPLICATE_KEY",
                description="Rows with the same key do not contradict each other",
            )
        yield self._expected(
            "unexpected_rows_expectation",
            _query(repeats.repeated),
            rule="key.duplicate_row",
            code="DUPLICATE_ROW",
            description="No row of a delivery is sent twice",
        )

    def of_a_rule(self, rule: Quality) -> Expected:
        """A rule of the contract itself: the rows, or groups of rows, where its check is false."""
        named: dict[str, Any] = {
            "rule": rule.id,
            "code": rule.id.upper(),
            "severity": rule.severity,
            "level": rule.level,
            "description": rule.message,
        }
        if rule.kind == "row":
            # The condition guards the check, which may not be computable for other rows; nor for some of these.
            fails = f"TRY(CASE WHEN {rule.when or 'true'} THEN NOT ({rule.check}) END)"
            return self._rows(fails, layouts=rule.layouts, **named)
        group = ", ".join(["_delivery_id", *(identifier(name) for name in rule.groupBy)])
        rows = f"SELECT *, bool_or({REFUSED}) OVER (PARTITION BY {group}) AS _faulty FROM {_BATCH}"
        where = [*_in_layouts(rule.layouts), "NOT _faulty", f"NOT {COPIED}", f"TRY({_as_written(rule.when or 'true')})"]
        return self._expected(
            "unexpected_rows_expectation",
            _query(
                f"SELECT {group} FROM ({rows}) WHERE {' AND '.join(where)} "
                f"GROUP BY {group} HAVING NOT ({_as_written(rule.check)})"
            ),
            **named,
        )

    def _rows(self, fails: str, *, layouts: tuple[str, ...] = (), **named: Any) -> Expected:
        """Return the expectation that no row meets a condition."""
        fails = " AND ".join([*_in_layouts(layouts), f"({fails})"])
        query = _query(f"SELECT _delivery_id, _line_number FROM {_BATCH} WHERE {_as_written(fails)}")
        return self._expected("unexpected_rows_expectation", query, fails=fails, **named)

    def _expected(
        self,
        type_: str,
        kwargs: Mapping[str, Any],
        *,
        rule: str,
        code: str,
        description: str,
        severity: Severity | None = None,
        level: int | None = None,
        **more: Any,
    ) -> Expected:
        """Fill in severity and level from the catalogue of rules where the contract does not say them."""
        return Expected(
            type=type_,
            kwargs=kwargs,
            rule=rule,
            code=code,
            severity=self.registry.rules[code].severity if severity is None else severity,
            level=self.registry.rules[code].level if level is None else level,
            description=description,
            **more,
        )


class _Repeats:
    """Rows that share their key, within a delivery.

    A row takes no part where a value of its key is missing or could not be read, and is never the same as another
    where any value could not be read. Without a key, only whole rows are compared.
    """

    def __init__(self, contract: Contract, table: str) -> None:
        names = [item.name for item in contract.schema_.properties]
        is_read = {
            name: f"({identifier(text_column(name))} IS NULL OR {identifier(name)} IS NOT NULL)" for name in names
        }
        key = list(contract.schema_.key) or names
        required = [name for name in contract.schema_.key if contract.property(name).required]
        takes_part = [*(is_read[name] for name in key), *(f"{identifier(name)} IS NOT NULL" for name in required)]
        self._same_key = f"PARTITION BY _delivery_id, {', '.join(identifier(name) for name in key)}"
        self._rows = (
            f"SELECT * FROM {table} WHERE {' AND '.join(takes_part)} QUALIFY count(*) OVER ({self._same_key}) > 1"
        )
        values = ", ".join(identifier(name) for name in names)
        whole = f"row({values}, CASE WHEN NOT ({' AND '.join(is_read.values())}) THEN _row END)"
        self._contents = f"count(DISTINCT {whole}) OVER ({self._same_key})"

    @property
    def contradicting(self) -> str:
        """SQL of the rows that have their key, and not all their values, in common with another."""
        return f"SELECT _delivery_id, _line_number, _row FROM ({self._rows}) QUALIFY {self._contents} > 1"

    @property
    def repeated(self) -> str:
        """SQL of the rows that were sent before."""
        later = f"row_number() OVER ({self._same_key} ORDER BY _line_number, _row) > 1"
        return f"SELECT _delivery_id, _line_number, _row FROM ({self._rows}) QUALIFY {self._contents} = 1 AND {later}"


def _query(sql: str) -> dict[str, str]:
    return {"unexpected_rows_query": sql}


def _day_of(concept: Concept, name: str) -> str:
    """Return the SQL of the day at which the codes of a row must be valid: a date, or the last day of a period."""
    if concept.logicalType == "period":
        return f"(SELECT _last_day FROM {PERIODS} WHERE _period = {identifier(name)})"
    return f"CAST({identifier(name)} AS DATE)"


def _in_layouts(layouts: tuple[str, ...]) -> list[str]:
    return [f"_layout IN ({', '.join(literal(layout) for layout in layouts)})"] if layouts else []


def _as_written(sql: str) -> str:
    """Return SQL of a contract so that it passes two templates unchanged.

    Great Expectations formats the query (braces), then SQLAlchemy looks for bind parameters (`:name`, but not `::`).
    """
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", sql.replace("{", "{{").replace("}", "}}"))
