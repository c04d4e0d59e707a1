"""Every rule that can be judged from one row, as SQL over the typed row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from customs_monitor.contracts import Concept, Contract, Layout, Property, Registry
from customs_monitor.contracts.periods import last_day
from customs_monitor.validation import casts
from customs_monitor.validation.codes import UNKNOWN_CODE, Codes
from customs_monitor.validation.columns import before, code_number, corrected, received, text, valid_from, valid_to
from customs_monitor.validation.corrections import Correction
from customs_monitor.validation.findings import RuleText, fill_sql, names_in
from customs_monitor.validation.mapping import Mapped, is_column_name
from customs_monitor.validation.patterns import matches
from customs_monitor.validation.quoting import identifier, literal


@dataclass(frozen=True)
class Addressee:
    """What a delivery claims to be, which its rows have to agree with."""

    sender: str
    period: str
    received_at: datetime


@dataclass(frozen=True)
class RowRule:
    """A rule compiled for one layout.

    Attributes:
        text: what is shown.
        about: the property it is about, None if about several.
        fails: SQL condition; true where a row breaks the rule.
        column, value, message, cure: SQL texts of the row.
        is_typing: whether it says that a value could not be read as what it should be.
    """

    text: RuleText
    about: str | None
    fails: str
    column: str
    value: str
    message: str
    cure: str
    is_typing: bool = False

    @property
    def refuses(self) -> bool:
        """Whether a row that breaks it is refused."""
        return self.text.severity == "error"


@dataclass(frozen=True)
class _Setting:
    contract: Contract
    layout: Layout
    registry: Registry
    codes: Codes
    mapped: Mapped
    addressee: Addressee

    def rule(
        self,
        code: str,
        name: str,
        fails: str,
        expected: str = "",
        *,
        value: str | None = None,
        severity: str | None = None,
        is_typing: bool = False,
    ) -> RowRule:
        """Compile a rule of `rules.yml` about a property."""
        found = RuleText.of_catalogue(self.registry, code, name, expected, severity)  # type: ignore[arg-type]
        value = value or received(name)
        # Where the value is the name of a column, that would be told twice.
        column = literal(name) if is_column_name(self.layout, name) else self.mapped.columns[name]
        names = {"column": column, "value": value, "expected": literal(expected)}
        return RowRule(
            found,
            name,
            fails,
            self.mapped.columns[name],
            value,
            fill_sql(found.message, names),
            fill_sql(found.cure, names),
            is_typing,
        )


def row_rules(
    contract: Contract,
    layout: Layout,
    registry: Registry,
    codes: Codes,
    mapped: Mapped,
    corrections: tuple[Correction, ...],
    addressee: Addressee,
) -> tuple[RowRule, ...]:
    """Compile the rules of a contract that look at one row.

    Args:
        contract: the contract.
        layout: the layout of the file.
        registry: concepts, codelists and the catalogue of rules.
        codes: the lists in the session.
        mapped: the mapped rows, for what the sender calls each column.
        corrections: those applied to this delivery.
        addressee: sender, period and day of the delivery.
    """
    setting = _Setting(contract, layout, registry, codes, mapped, addressee)
    rules: list[RowRule] = []
    for item in contract.schema_.properties:
        if item.name in mapped.filled:
            rules += _of_property(item, setting)
    rules += _of_contract(setting)
    rules += _of_corrections(corrections, setting)
    return tuple(rules)


def _of_property(item: Property, setting: _Setting) -> Iterator[RowRule]:
    name, concept = item.name, setting.registry.concepts[item.name]
    mapping = setting.layout.mapping.get(name)
    written, value = text(name), identifier(name)
    if item.required:
        yield setting.rule("MISSING_VALUE", name, f"{written} IS NULL", concept.definition)
    if code := casts.type_code(concept):
        form = casts.expected_form(concept, mapping)
        yield setting.rule(code, name, f"{written} IS NOT NULL AND {value} IS NULL", form, is_typing=True)
    yield from _of_codelist(item, concept, setting)
    if concept.minimum is not None or concept.maximum is not None:
        yield setting.rule("OUT_OF_RANGE", name, *_range(concept, value))
    if concept.maxLength is not None:
        # Counting bytes is cheap and never less than counting characters.
        too_long = f"strlen({written}) > {concept.maxLength} AND length({written}) > {concept.maxLength}"
        yield setting.rule("TEXT_TOO_LONG", name, too_long, str(concept.maxLength))
    if concept.pattern is not None:
        fails = f"NOT {matches(written, concept.pattern)}"
        yield setting.rule("PATTERN_MISMATCH", name, fails, " or ".join(concept.examples) or concept.pattern)
    yield from _of_addressee(item, concept, setting)


def _of_codelist(item: Property, concept: Concept, setting: _Setting) -> Iterator[RowRule]:
    if concept.codelist is None:
        return
    name, written, severity = item.name, text(item.name), item.codelistSeverity
    if not is_dated(item, concept, setting.codes):
        fails = f"{written} IS NOT NULL AND NOT {setting.codes.is_code(concept.codelist, written)}"
        yield setting.rule("CODE_UNKNOWN", name, fails, concept.codelist, severity=severity)
        return
    assert item.validAt is not None
    fails = f"{written} IS NOT NULL AND {code_number(name)} = {UNKNOWN_CODE}"
    yield setting.rule("CODE_UNKNOWN", name, fails, concept.codelist, severity=severity)
    periods = setting.codes.periods(concept.codelist)
    day = _day_of(item.validAt, setting)
    within = " OR ".join(
        f"{day} BETWEEN {valid_from(name, number)} AND {valid_to(name, number)}" for number in range(1, periods + 1)
    )
    fails = f"{code_number(name)} <> {UNKNOWN_CODE} AND NOT ({within})"
    yield setting.rule("CODE_NOT_VALID", name, fails, concept.codelist, severity=severity)


def is_dated(item: Property, concept: Concept, codes: Codes) -> bool:
    """Tell whether a code is looked up with its validity dates, and not just among the codes of all times."""
    return item.validAt is not None and concept.codelist is not None and codes.is_dated(concept.codelist)


def _day_of(name: str, setting: _Setting) -> str:
    value = identifier(name)
    match setting.registry.concepts[name].logicalType:
        case "date":
            return value
        case "timestamp":
            return f"CAST({value} AS DATE)"
        case _:
            day = last_day(setting.addressee.period)
            if day is None:
                return casts.last_day_of_period(value)
            # Nearly every row has the delivery's own period.
            own = literal(setting.addressee.period)
            return f"CASE WHEN {value} = {own} THEN DATE '{day}' ELSE {casts.last_day_of_period(value)} END"


def _range(concept: Concept, value: str) -> tuple[str, str]:
    bounds: list[str] = []
    words: list[str] = []
    if concept.minimum is not None:
        bounds.append(f"{value} < {casts.bound(concept, concept.minimum)}")
        words.append(f"at least {casts.number_literal(concept.minimum)}")
    if concept.maximum is not None:
        bounds.append(f"{value} > {casts.bound(concept, concept.maximum)}")
        words.append(f"at most {casts.number_literal(concept.maximum)}")
    return " OR ".join(bounds), " and ".join(words)


def _of_addressee(item: Property, concept: Concept, setting: _Setting) -> Iterator[RowRule]:
    name, value, layout = item.name, identifier(item.name), setting.layout
    if layout.sender.column == name:
        own = setting.addressee.sender
        yield setting.rule("SENDER_MISMATCH", name, f"{value} <> {literal(own)}", own)
    if layout.period.column == name:
        own = setting.addressee.period
        yield setting.rule("PERIOD_MISMATCH", name, f"{value} <> {literal(own)}", own)
    received_at = setting.addressee.received_at
    if concept.logicalType == "period" and (layout.period.column == name or item.primaryKey or item.isPast):
        yield setting.rule("PERIOD_FUTURE", name, _begins_after(value, received_at))
    elif concept.logicalType == "date" and item.isPast:
        yield setting.rule("PERIOD_FUTURE", name, f"{value} > DATE '{received_at:%Y-%m-%d}' + 1")


def _begins_after(value: str, moment: datetime) -> str:
    """Compare texts, which are in the order of time within one frequency."""
    return (
        f"CASE length({value}) WHEN 4 THEN {value} > '{moment:%Y}' "
        f"WHEN 7 THEN CASE WHEN {value}[6] = 'Q' THEN {value} > '{moment:%Y}-Q{(moment.month + 2) // 3}' "
        f"ELSE {value} > '{moment:%Y-%m}' END "
        f"WHEN 9 THEN left({value}, 4) > '{moment:%Y}' WHEN 10 THEN {value} > '{moment:%Y-%m-%d}' END"
    )


def _of_contract(setting: _Setting) -> Iterator[RowRule]:
    names = {item.name: text(item.name) for item in setting.contract.schema_.properties}
    for rule in setting.contract.schema_.quality:
        if rule.kind != "row" or (rule.layouts and setting.layout.id not in rule.layouts):
            continue
        fails = f"NOT TRY({rule.check})"
        if rule.when is not None:
            fails = f"TRY({rule.when}) AND {fails}"
        value = received(rule.column) if rule.column else "NULL::VARCHAR"
        column = setting.mapped.columns[rule.column] if rule.column else "NULL::VARCHAR"
        known: Mapping[str, str] = names | {"value": value, "column": column}
        yield RowRule(
            RuleText.of_contract(rule),
            rule.column,
            fails,
            column,
            value,
            fill_sql(rule.message, known),
            fill_sql(rule.cure, known) if names_in(rule.cure) else literal(rule.cure),
        )


def _of_corrections(corrections: tuple[Correction, ...], setting: _Setting) -> Iterator[RowRule]:
    for number, correction in enumerate(corrections):
        for name, right in correction.set.items():
            yield setting.rule(
                "CORRECTION_APPLIED",
                name,
                corrected(number),
                right if right is not None else "empty",
                value=before(name),
            )
