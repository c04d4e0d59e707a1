"""Workbooks for senders, `customs-monitor template`: made from the contract that judges what comes back.

The first sheet is the delivery: the header of the contract's workbook layout and no row. Drop-down lists, notes and
formats come from concepts, codelists and rules; nothing is said here that a contract says already.
"""

from customs_monitor.templates.order import Order, TemplateError, order, templated
from customs_monitor.templates.texts import LANGUAGES
from customs_monitor.templates.workbook import write_template

__all__ = ["LANGUAGES", "Order", "TemplateError", "order", "templated", "write_template"]
