"""What judging again has changed, in words."""

from __future__ import annotations

from collections.abc import Iterator

from customs_monitor.collection.records import JudgementRecord
from customs_monitor.collection.rejudging import Change, Rejudged
from customs_monitor.collection.summary import VERDICTS, fault_lines


def rejudged_lines(outcome: Rejudged) -> Iterator[str]:
    """Yield a paragraph per delivery that is judged otherwise, then what it comes to."""
    for change in outcome.changes:
        yield from _change_lines(change)
    for file in outcome.restored:
        yield f"{file}: the store had lost its accepted rows; {'they would be' if outcome.tried else 'they are'} back"
    yield from fault_lines(outcome.faults)
    changed = len(outcome.changes)
    yield (
        f"{outcome.feed}: {outcome.deliveries:,} deliveries judged again by contract {outcome.contract_version}, "
        f"{changed:,} otherwise than before, {outcome.deliveries - changed:,} as before"
    )
    if outcome.tried:
        yield "Nothing was written; without --dry-run the new judgements count."
    elif changed:
        yield "The earlier judgements are kept. customs-monitor run publishes a release with the new ones."


def _change_lines(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    verdicts = (
        VERDICTS[after.verdict]
        if before.verdict == after.verdict
        else f"{VERDICTS[before.verdict]} -> {VERDICTS[after.verdict]}"
    )
    yield (
        f"{change.file} ({after.sender} {after.period} {after.delivery_id}): {verdicts}; "
        f"contract {before.contract_version} -> {after.contract_version}, judgement {after.revision}"
    )
    if before.layout != after.layout:
        yield f"  layout: {before.layout or 'as landed'} -> {after.layout or 'as landed'}"
    for name in ("rows_read", "rows_accepted", "rows_refused", "rows_skipped"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"  {name.replace('_', ' ')}: {old:,} -> {new:,}"
    if change.rows and before.accepted_sha256 is not None:
        yield f"  accepted rows that are new or others: {change.rows:,}"
    yield from _rule_lines(before, after)


def _rule_lines(before: JudgementRecord, after: JudgementRecord) -> Iterator[str]:
    old, new = ({(issue.rule, issue.severity): issue.count for issue in item.issues} for item in (before, after))
    for rule, severity in sorted(old.keys() | new):
        counts = old.get((rule, severity), 0), new.get((rule, severity), 0)
        if counts[0] != counts[1]:
            yield f"  {rule} ({severity}): {counts[0]:,} -> {counts[1]:,}"
    if old == new:
        yield "  the same rules as often; what they tell is in the new report"
