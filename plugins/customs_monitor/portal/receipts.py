"""The signed receipts of a delivery, as the pages link them."""

from __future__ import annotations

from customs_monitor.collection.life import DeliveryLife

#: What an acknowledgement comes as, in the order of the links.
FORMS = ("pdf", "json")


def receipt_key(life: DeliveryLife | None, form: str) -> str | None:
    """Return the key of the last acknowledgement in a form; a version that was sent again has several."""
    names = sorted(name for name in life.acknowledgements if name.endswith(f".{form}")) if life else []
    return life.acknowledgements[names[-1]] if life and names else None


def receipt_links(life: DeliveryLife | None, address: str) -> list[tuple[str, str]]:
    """Return the forms there are with their addresses.

    Args:
        life: the delivery.
        address: of its page.
    """
    return [(form, f"{address}/acknowledgement.{form}") for form in FORMS if receipt_key(life, form)]
