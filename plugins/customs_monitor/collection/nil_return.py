"""The nil return: a file that says that there was nothing to report."""

from __future__ import annotations

from customs_monitor.contracts import Contract, Registry


def nil_file(contract: Contract, registry: Registry, period: str, sender: str) -> bytes:
    """Return the nil return as CSV by the template; it goes the way of every other delivery.

    One row with the period and the sender, `_T` in every other code of the key and 0 in every count.

    Raises:
        ValueError: if the feed has no CSV layout that takes sender and period from columns.
    """
    raise NotImplementedError
