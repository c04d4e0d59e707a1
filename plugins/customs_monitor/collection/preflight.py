"""Preflight: judge a file as its delivery would be judged, without landing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from customs_monitor.collection.claims import best_layout, looks_like
from customs_monitor.collection.identity import identify
from customs_monitor.contracts import Contract, Registry
from customs_monitor.intake import IntakeError, Sniffed, sniff
from customs_monitor.validation.judge import Delivery, Judgement, judge
from customs_monitor.validation.report import write_reports
from customs_storage.hashing import sha256_of


@dataclass(frozen=True)
class Preflight:
    """A verdict on a file that was not sent."""

    source: Path
    delivery: Delivery
    judgement: Judgement
    contract: Contract

    def write(self, folder: Path) -> list[Path]:
        """Write the whole report (JSON, HTML, issues, annotated copy) and return its files."""
        return write_reports(self.source, self.delivery, self.judgement, self.contract, folder)


def preflight(
    file: Path,
    contract: Contract,
    registry: Registry,
    scratch: Path,
    *,
    sender: str | None = None,
    period: str | None = None,
) -> Preflight:
    """Judge a file.

    Args:
        file: the file.
        contract: of the feed it is for.
        registry: the contracts.
        scratch: an empty folder for working files, which the result refers to.
        sender: who sends it; from the file where None.
        period: its period; from the file where None.
    """
    look: Sniffed | IntakeError
    try:
        look = sniff(file)
    except IntakeError as error:
        look = error
    layout, fits = best_layout(look, contract)
    # A layout that takes something from the path finds the file where it would lie in an inbox.
    own_sender, own_period = identify(file, f"{contract.id}/{file.name}", layout, registry)
    digest = sha256_of(file)
    delivery = Delivery(
        feed=contract.id,
        delivery_id=digest[:16],
        sender=sender or own_sender,
        period=period or own_period,
        received_at=datetime.now(UTC),
        file_name=file.name,
        sha256=digest,
        looks_like=() if fits else looks_like(look, registry),
    )
    return Preflight(file, delivery, judge(file, delivery, contract, layout, registry, scratch), contract)
