"""What is asked for: the template of a feed, perhaps for one period and one sender."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.contracts.formats import ExcelFormat
from customs_monitor.contracts.periods import frequency, last_day

#: The form of the periods of a feed, by its cadence; others have the forms of the concept.
PERIOD_FORMS: Mapping[str, str] = {"daily": "D", "monthly": "M", "quarterly": "Q", "annual": "A", "cycle": "cycle"}
_EXAMPLES: Mapping[str, str] = {"D": "2026-09-30", "M": "2026-09", "Q": "2026-Q3", "A": "2026", "cycle": "2024-2026"}


class TemplateError(ValueError):
    """There is no such template; the text says what to ask for instead."""


@dataclass(frozen=True)
class Order:
    """A template that can be made.

    Attributes:
        contract: of the feed.
        layout: the workbook it is for.
        day: the day at which codes must be valid: the last of the period, else the day of the order.
        period, sender: what the template is for; None for any.
    """

    contract: Contract
    layout: Layout
    day: date
    period: str | None = None
    sender: str | None = None


def templated(registry: Registry) -> tuple[str, ...]:
    """Return the feeds that have a template."""
    return tuple(feed for feed, contract in registry.feeds.items() if template_layout(contract) is not None)


def template_layout(contract: Contract) -> Layout | None:
    """Return the layout of a feed that is a workbook of ours, and not one that a source publishes."""
    for layout in contract.layouts:
        whole = layout.unpivot is None and layout.where is None and layout.strictColumns
        if (
            whole
            and isinstance(layout.format, ExcelFormat)
            and layout.format.header_row == 1
            and all(mapping.source is not None for mapping in layout.mapping.values())
        ):
            return layout
    return None


def order(registry: Registry, feed: str, today: date, *, period: str | None = None, sender: str | None = None) -> Order:
    """Check what is asked for.

    Args:
        registry: the contracts.
        feed: the id of a feed.
        today: the day at which codes must be valid where no period is named.
        period: the period the template is for.
        sender: the sender it is for, in any spelling that a delivery may have.

    Raises:
        TemplateError: if the feed has no template, or the period or sender is none of its own.
    """
    contract = registry.feeds.get(feed)
    if contract is None:
        raise TemplateError(_unknown(feed, registry))
    layout = template_layout(contract)
    if layout is None:
        raise TemplateError(
            f"{feed} has no template: its files come as they are from {contract.sourceSystem}; "
            f"there are templates of {', '.join(templated(registry))}"
        )
    day = today if period is None else _last_day(period, contract)
    if sender is not None:
        sender = _sender(sender, contract, layout, registry, period, day)
    return Order(contract, layout, day, period, sender)


def _unknown(feed: str, registry: Registry) -> str:
    near = difflib.get_close_matches(feed.casefold().replace("-", "_"), registry.feeds, n=3, cutoff=0.5)
    if near:
        return f"there is no feed {feed}; did you mean {' or '.join(near)}?"
    return f"there is no feed {feed}; there are templates of {', '.join(templated(registry))}"


def _last_day(period: str, contract: Contract) -> date:
    day, form = last_day(period), PERIOD_FORMS.get(contract.cadence)
    found = frequency(period)
    if day is None or (form is not None and (found or "")[:1] != ("A" if form == "cycle" else form)):
        raise TemplateError(_no_period(period, contract, form))
    if form in ("A", "cycle") and (found == "A") != (form == "A"):
        raise TemplateError(_no_period(period, contract, form))
    return day


def _no_period(period: str, contract: Contract, form: str | None) -> str:
    examples = _EXAMPLES[form] if form is not None else " or ".join(_EXAMPLES.values())
    return f"{period!r} is no period of {contract.id}: write it like {examples}"


def _sender(sender: str, contract: Contract, layout: Layout, registry: Registry, period: str | None, day: date) -> str:
    column = layout.sender.column
    code = sender.strip().upper()
    if column is not None and (aliases := registry.concepts[column].aliases):
        code = registry.aliases(aliases).get(sender.strip().lower(), code)
    expected = registry.expected_senders(contract.id, period or day.isoformat())
    if code not in expected:
        raise TemplateError(
            f"{sender} does not send {contract.id}{f' for {period}' if period else ''}: "
            f"its senders are {', '.join(sorted(expected))}"
        )
    return code
