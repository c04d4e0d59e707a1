"""The columns of a template, each with what its sender has to know."""

from __future__ import annotations

from dataclasses import dataclass

from customs_monitor.contracts import Code, Concept, Property, Registry
from customs_monitor.templates.choices import choices, longest
from customs_monitor.templates.order import PERIOD_FORMS, Order
from customs_monitor.templates.texts import Texts

#: More codes than these are not listed in a cell.
_MOST_LISTED = 12
_TOTAL = "_T"


@dataclass(frozen=True)
class Column:
    """One column of the data sheet.

    Attributes:
        header: its name in the file.
        item: the property it fills.
        concept: what the property is.
        choices: the values it takes, where they can be listed.
        closed: whether a value beside these is an error for certain.
        frequencies: for a period, the forms it may have.
        longest: for a text, how many characters it may have.
    """

    header: str
    item: Property
    concept: Concept
    choices: tuple[Code, ...]
    closed: bool
    frequencies: tuple[str, ...]
    longest: int | None

    def form(self, texts: Texts) -> str:
        """Return how a value is written."""
        concept = self.concept
        if concept.logicalType == "period":
            return texts.either(texts(f"form.period.{frequency}") for frequency in self.frequencies)
        if concept.logicalType == "boolean":
            return texts.either(code.code for code in self.choices)
        if concept.logicalType == "string" and concept.examples:
            return texts("form.like", example=texts.either(concept.examples))
        form = texts(f"form.{concept.logicalType}")
        return f"{form} ({concept.unit})" if concept.unit else form

    def allowed(self, texts: Texts) -> str:
        """Return which values are taken; empty where the form says it all."""
        concept = self.concept
        if self.choices:
            if len(self.choices) > _MOST_LISTED:
                return texts("allowed.codes", count=len(self.choices), sheet=texts("sheet.codes"))
            return " | ".join(code.code for code in self.choices)
        low, high = concept.minimum, concept.maximum
        if low is not None and high is not None:
            return texts("allowed.between", low=f"{low:g}", high=f"{high:g}")
        if low is not None:
            return texts("allowed.from", low=f"{low:g}")
        if high is not None:
            return texts("allowed.to", high=f"{high:g}")
        return texts("allowed.length", length=self.longest) if self.longest is not None else ""

    def needed(self, texts: Texts) -> str:
        """Return whether the column has to be filled in."""
        return texts("required.yes" if self.item.required else "required.no")


def columns_of(asked: Order, registry: Registry) -> tuple[Column, ...]:
    """Return the columns of a template, in the order of its layout.

    Raises:
        ContractSqlError: if a rule of the contract is no SQL.
    """
    found = []
    for name, mapping in asked.layout.mapping.items():
        assert mapping.source is not None, "a template's layout takes every property from a column"
        item, concept = asked.contract.property(name), registry.concepts[name]
        own = PERIOD_FORMS.get(asked.contract.cadence) if name == asked.layout.period.column else None
        found.append(
            Column(
                header=mapping.source,
                item=item,
                concept=concept,
                choices=choices(item, asked, registry),
                closed=item.codelistSeverity == "error" and (item.validAt is None or asked.period is not None),
                frequencies=(own,) if own is not None else concept.frequencies,
                longest=longest(item, asked, registry),
            )
        )
    return tuple(found)


def nil_row(columns: tuple[Column, ...], asked: Order, texts: Texts) -> tuple[str, ...] | None:
    """Return the row that says that there is nothing to report; None where the feed has none.

    It has the period, the sender, the code of a total in every column that takes it, and 0 in every count.
    """
    cells: list[str] = []
    totals = 0
    for column in columns:
        name = column.item.name
        if name == asked.layout.period.column:
            cells.append(asked.period or texts("nil.period"))
        elif name == asked.layout.sender.column:
            cells.append(asked.sender or texts("nil.sender"))
        elif _takes_a_total(column):
            cells.append(_TOTAL)
            totals += 1
        elif column.concept.logicalType == "code" and column.item.required:
            return None
        else:
            cells.append("0" if column.concept.logicalType == "integer" and column.concept.minimum == 0 else "")
    return tuple(cells) if totals else None


def _takes_a_total(column: Column) -> bool:
    if column.concept.codelist is not None:
        return any(code.code == _TOTAL for code in column.choices)
    pattern = column.concept.pattern
    return pattern is not None and _TOTAL in pattern.split("|")
