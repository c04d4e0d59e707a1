"""What the sheet of notes says: what is collected, by when, on what basis, how, and what each column takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from customs_monitor.contracts.periods import last_day
from customs_monitor.templates.columns import Column, nil_row
from customs_monitor.templates.order import Order
from customs_monitor.templates.texts import Texts

#: The concepts whose codes mark the state of a value; they are explained on the sheet itself.
_STATUS = ("conf_status", "obs_status")
#: Where a sender explains a figure.
_COMMENT = "comment"


@dataclass(frozen=True)
class Section:
    """A heading and a table below it.

    Attributes:
        heading: its title.
        head: names of the columns of the table; nothing where each row begins with the name of what it says.
        rows: texts, cell by cell.
    """

    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(asked: Order, data_sheet: str, columns: tuple[Column, ...], texts: Texts) -> tuple[Section, ...]:
    """Return the notes of a template.

    Args:
        asked: the template.
        data_sheet: the name of the sheet to fill in.
        columns: its columns.
        texts: the language.
    """
    return (
        Section(texts("what"), (), tuple(_what(asked, texts))),
        Section(texts("who"), (), tuple(_who(asked, texts))),
        Section(texts("how"), (), tuple(("", line) for line in _how(asked, data_sheet, columns, texts))),
        _nil(asked, columns, texts),
        *_status(columns, texts),
        _columns(columns, texts),
        Section(texts("law"), (), tuple(_law(asked, texts))),
    )


def _what(asked: Order, texts: Texts) -> Iterator[tuple[str, str]]:
    described = asked.contract.description
    yield texts("purpose"), described.purpose
    if described.usage:
        yield texts("usage"), described.usage
    if described.limitations:
        yield texts("limitations"), described.limitations


def _who(asked: Order, texts: Texts) -> Iterator[tuple[str, str]]:
    contract = asked.contract
    senders = contract.senders
    yield texts("senders"), ", ".join(senders.codes) if senders.codes else contract.sourceSystem
    if asked.sender is not None:
        yield texts("sender"), asked.sender
    yield texts("cadence"), texts(f"cadence.{contract.cadence}")
    if asked.period is not None:
        yield texts("period"), asked.period
    yield texts("due"), _due(asked, texts)


def _due(asked: Order, texts: Texts) -> str:
    days = asked.contract.deadline
    if days is None:
        return texts("due.none")
    end = last_day(asked.period) if asked.period is not None else None
    if end is None:
        return texts("due.after", days=days)
    return texts("due.on", day=(end + timedelta(days=days)).isoformat(), days=days, period=asked.period)


def _how(asked: Order, data_sheet: str, columns: tuple[Column, ...], texts: Texts) -> Iterator[str]:
    yield texts("how.fill", sheet=data_sheet)
    yield texts("how.send")
    yield texts("how.check", command=f"customs-monitor check FILE --feed {asked.contract.id}")
    yield texts("how.error" if asked.contract.onError == "refuse_delivery" else "how.error.rows")
    if any(column.item.name == _COMMENT for column in columns):
        yield texts("how.warning", column=_COMMENT)
    else:
        yield texts("how.warning.plain")


def _nil(asked: Order, columns: tuple[Column, ...], texts: Texts) -> Section:
    row = nil_row(columns, asked, texts)
    if row is None:
        return Section(texts("nil"), (), (("", texts("nil.none", owner=asked.contract.owner)),))
    filled = [(column.header, cell) for column, cell in zip(columns, row, strict=True) if cell]
    return Section(texts("nil"), (), (("", texts("nil.row")), *filled))


def _status(columns: tuple[Column, ...], texts: Texts) -> Iterator[Section]:
    for column in columns:
        if column.item.name in _STATUS:
            rows = [(code.code, code.label) for code in column.choices]
            if column.item.note is not None:
                rows.append(("", column.item.note))
            yield Section(f"{texts('status')}: {column.header}", (), tuple(rows))


def _columns(columns: tuple[Column, ...], texts: Texts) -> Section:
    head = ("name", "definition", "required", "form", "allowed", "key", "note")
    rows = (
        (
            column.header,
            column.concept.definition,
            column.needed(texts),
            column.form(texts),
            column.allowed(texts),
            texts("key.yes") if column.item.primaryKey else "",
            column.item.note or "",
        )
        for column in columns
    )
    return Section(texts("columns"), tuple(texts(f"columns.{name}") for name in head), tuple(rows))


def _law(asked: Order, texts: Texts) -> Iterator[tuple[str, str]]:
    contract = asked.contract
    yield texts("law.basis"), contract.legalBasis
    yield texts("law.owner"), contract.owner
    yield texts("law.source"), contract.sourceSystem
    yield texts("law.licence"), contract.licence
    yield texts("law.contract"), texts("law.contract.version", feed=contract.id, version=contract.version)
