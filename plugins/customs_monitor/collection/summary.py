"""What a run did, in words: a line per delivery, a table per feed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from customs_monitor.collection.inbox import Found, Inbox
from customs_monitor.collection.records import DeliveryFault, JudgingOutcome, LandingOutcome
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Verdicts in words.
VERDICTS = {
    "accepted": "accepted",
    "accepted_with_warnings": "accepted with warnings",
    "refused": "REFUSED",
}
#: Rules named per delivery in a log; the report has them all.
_RULES_SHOWN = 4


@dataclass(frozen=True)
class FeedTotals:
    """A feed's figures in one run."""

    feed: str
    files: int
    new: int
    verdicts: Mapping[str, int]
    rows_read: int
    rows_accepted: int
    rows_refused: int
    warnings: int


#: Plainly accepted deliveries of a feed that a person watching a run is told of one by one.
ACCEPTED_TOLD = 3


def delivery_lines(outcome: JudgingOutcome, accepted: int | None = None) -> Iterator[str]:
    """Yield a line per delivery: file, verdict, rows, and the rules broken most.

    Args:
        outcome: what was judged.
        accepted: how many lines plainly accepted deliveries have at most; one more sums the others up.
    """
    plain = [item for item in outcome.deliveries if item.verdict == "accepted"]
    folded = plain[accepted:] if accepted is not None else []
    for delivery in outcome.deliveries:
        if delivery in folded:
            continue
        broken = sorted(
            (issue for issue in delivery.issues if issue.severity != "information"), key=lambda issue: -issue.count
        )
        shown = ", ".join(f"{issue.rule} x{issue.count:,}" for issue in broken[:_RULES_SHOWN])
        more = f" and {len(broken) - _RULES_SHOWN} more rules" if len(broken) > _RULES_SHOWN else ""
        yield (
            f"{delivery.file} ({delivery.sender} {delivery.period}): {VERDICTS[delivery.verdict]}, "
            f"{delivery.rows_read:,} {'row' if delivery.rows_read == 1 else 'rows'} read, "
            f"{delivery.rows_accepted:,} accepted, "
            f"{delivery.rows_refused:,} refused{'; ' + shown if shown else ''}{more}"
        )
    if folded:
        rows = sum(delivery.rows_accepted for delivery in folded)
        yield f"{len(folded):,} more deliveries accepted, {rows:,} rows"


def fault_lines(faults: Iterable[DeliveryFault]) -> Iterator[str]:
    """Yield a line per delivery that could not be judged through no fault of its sender's."""
    for item in faults:
        yield f"{item.file} ({item.sender} {item.period}): NOT JUDGED, the store has lost it: {item.fault}"


def changing_lines(outcome: LandingOutcome) -> Iterator[str]:
    """Yield a line per file that was left for the next run."""
    for name in outcome.changing:
        yield f"{name}: changed while it was read, as if still being written; left for the next run"


def read_outcomes(store: ObjectStore, layout: Layout, run_id: str) -> tuple[list[LandingOutcome], list[JudgingOutcome]]:
    """Return the records that the collecting steps of a run left in the store."""
    landings: list[LandingOutcome] = []
    judgings: list[JudgingOutcome] = []
    for info in store.list(layout.prefix("outcome", run_id=run_id)):
        step = layout.parse("outcome", info.key)["name"].split(".")[1]
        if step == "land":
            landings.append(LandingOutcome.read(store, info.key))
        elif step == "judge":
            judgings.append(JudgingOutcome.read(store, info.key))
    return landings, judgings


def feed_totals(
    feeds: Iterable[str], landings: Sequence[LandingOutcome], judgings: Sequence[JudgingOutcome]
) -> list[FeedTotals]:
    """Add up a run's records per feed; a feed without any has zeros."""
    totals = []
    for feed in feeds:
        deliveries = [item for outcome in judgings if outcome.feed == feed for item in outcome.deliveries]
        verdicts = {verdict: sum(item.verdict == verdict for item in deliveries) for verdict in VERDICTS}
        totals.append(
            FeedTotals(
                feed=feed,
                files=max((outcome.seen for outcome in landings if outcome.feed == feed), default=0),
                new=len(deliveries),
                verdicts=verdicts,
                rows_read=sum(item.rows_read for item in deliveries),
                rows_accepted=sum(item.rows_accepted for item in deliveries),
                rows_refused=sum(item.rows_refused for item in deliveries),
                warnings=sum(
                    issue.count for item in deliveries for issue in item.issues if issue.severity == "warning"
                ),
            )
        )
    return totals


def without_contract_lines(feeds: Sequence[str]) -> Iterator[str]:
    """Yield a line on feeds that have deliveries and no contract, so that what is not counted is not silent."""
    if feeds:
        yield (
            f"No release counts the deliveries of {', '.join(feeds)}: there is no contract "
            f"{' or '.join(f'{feed}.yml' for feed in feeds)} (any more)"
        )


def empty_lines(found: Found, inboxes: Sequence[Inbox]) -> Iterator[str]:
    """Yield a line where the inboxes hold nothing at all, with what to do."""
    if not found.claimed and not found.unclaimed:
        where = ", ".join(inbox.place for inbox in inboxes)
        yield f"No files in {where}: put deliveries into folders named after their feeds (see customs-monitor feeds)."


def unclaimed_lines(found: Found) -> Iterator[str]:
    """Yield a line per file that no contract claims, with the reason."""
    for file, decision in found.unclaimed:
        yield f"{'ERROR ' if decision.contested else ''}{file.name}: {decision.reason}"
