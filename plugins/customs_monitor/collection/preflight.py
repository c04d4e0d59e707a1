"""Preflight: judge a file as its delivery would be judged, without landing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from customs_monitor.collection.claims import layout_of
from customs_monitor.collection.identity import UNKNOWN, identify
from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.validation.findings import Issue, RuleText
from customs_monitor.validation.judge import Delivery, Judgement, judge, refuse_unread
from customs_monitor.validation.report import write_reports
from customs_storage.hashing import sha256_of


@dataclass(frozen=True)
class Preflight:
    """A verdict on a file that was not sent.

    Attributes:
        layout: of the contract, against which it was judged.
        fits: whether the file has that layout.
    """

    source: Path
    delivery: Delivery
    judgement: Judgement
    contract: Contract
    layout: Layout
    fits: bool

    def write(self, folder: Path) -> list[Path]:
        """Write the whole report (JSON, HTML, issues, annotated copy) and return its files."""
        return write_reports(self.source, self.delivery, self.judgement, self.contract, self.layout, folder)


def preflight(
    file: Path,
    contract: Contract,
    registry: Registry,
    scratch: Path,
    *,
    sender: str | None = None,
    period: str | None = None,
    name: str | None = None,
    previous: Path | None = None,
    received_at: datetime | None = None,
) -> Preflight:
    """Judge a file.

    Args:
        file: the file.
        contract: of the feed it is for.
        registry: the contracts.
        scratch: an empty folder for working files, which the result refers to.
        sender: who sends it; from the file where None.
        period: its period; from the file where None.
        name: the name under which it is sent, where the file has another here.
        previous: accepted rows of the delivery it would supersede, to compare with.
        received_at: when it came (UTC); now where None.
    """
    name = name or file.name
    layout, fits, other_feeds = layout_of(file, contract, registry)
    # A layout that takes something from the path finds the file where it would lie in an inbox.
    own_sender, own_period = identify(file, f"{contract.id}/{name}", layout, registry)
    delivery = _delivery(
        file,
        contract,
        name,
        sender or own_sender,
        period or own_period,
        received_at,
        looks_like=other_feeds,
    )
    judgement = judge(file, delivery, contract, layout, registry, scratch, previous)
    return Preflight(file, delivery, judgement, contract, layout, fits)


def refuse(
    file: Path,
    contract: Contract,
    registry: Registry,
    scratch: Path,
    *,
    code: str,
    sender: str | None = None,
    period: str | None = None,
    name: str | None = None,
    received_at: datetime | None = None,
) -> Preflight:
    """Refuse a file without looking into it, for a reason of `rules.yml`; see `preflight`."""
    delivery = _delivery(file, contract, name or file.name, sender or UNKNOWN, period or UNKNOWN, received_at)
    issue = Issue.of(RuleText.of_catalogue(registry, code, "file"))
    return Preflight(file, delivery, refuse_unread([issue], scratch), contract, contract.layouts[0], False)


def _delivery(
    file: Path,
    contract: Contract,
    name: str,
    sender: str,
    period: str,
    received_at: datetime | None,
    looks_like: tuple[str, ...] = (),
) -> Delivery:
    digest = sha256_of(file)
    return Delivery(
        feed=contract.id,
        delivery_id=digest[:16],
        sender=sender,
        period=period,
        received_at=received_at or datetime.now(UTC),
        file_name=name,
        sha256=digest,
        looks_like=looks_like,
    )
