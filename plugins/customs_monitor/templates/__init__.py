"""Workbooks for senders, `customs-monitor template`: made from the contract that judges what comes back.

The first sheet is the delivery: the header of the contract's workbook layout, and no row or the keys of the sender's
last delivery (`earlier_keys`), with the counts left empty. Drop-down lists, notes and
formats come from concepts, codelists and rules; nothing is said here that a contract says already.
"""

from customs_monitor.templates.earlier import Earlier, earlier_keys
from customs_monitor.templates.order import Order, TemplateError, order, templated
from customs_monitor.templates.texts import LANGUAGES
from customs_monitor.templates.workbook import write_template

__all__ = [
    "LANGUAGES", "Earlier", "Order", "TemplateError", "earlier_keys", "order", "templated", "write_template",
]  # fmt: skip
