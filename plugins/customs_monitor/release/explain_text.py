"""An explanation for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from customs_monitor.release.explanation import DeliveryBehind, Explanation, Rows
from customs_monitor.release.show import STATUSES, Cell, number_text

#: Of figures, senders and issues, more than a screen takes; `--json` has all.
_TOLD = 40
_TOTAL, _COUNT = "_T", "PURE_NUMB"


def as_text(explanation: Explanation) -> str:
    """Return an explanation for a terminal."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(told: Explanation) -> Iterator[str]:
    yield f"{told.indicator}  {told.title}"
    yield f"{told.period}, {told.area}; release {told.release_id}, code {told.code_version}"
    if told.synthetic:
        yield "RESTS ON SYNTHETIC DATA"
    yield f"\nFigures ({len(told.cells):,})"
    # Totals first: they are what most want to know of, and a cube has many cells.
    for cell in sorted(told.cells, key=lambda cell: sum(cell[name] != _TOTAL for name in _dimensions(cell)))[:_TOLD]:
        yield f"  {_figure(cell)}"
    yield from _rest(len(told.cells))
    yield "\nDefinition"
    for label, text in (
        ("what", told.definition),
        ("formula", told.formula),
        ("unit", told.unit),
        ("version", told.definition_version),
        ("reading", told.interpretation),
        ("limits", told.limits),
    ):
        yield f"  {label + ':':9}{' '.join(text.split())}"
    for assumption in told.assumptions:
        yield f"  assumed since {' '.join(assumption.split())}"
    yield "\nComputed by"
    for step in told.lineage:
        yield f"  {step.name} reads {', '.join(step.reads) or 'nothing'}"
    yield from _rows(told.rows, told.rows_unknown)
    yield f"\nDeliveries ({len(told.deliveries)})"
    for delivery in told.deliveries:
        yield from _delivery(delivery)
    for senders in told.senders_only:
        yield f"  counted among the senders, without a row behind the figures: {senders}"
    yield from _judged(told)
    yield f"\nLeft out ({len(told.exclusions)})"
    for item in told.exclusions[:_TOLD]:
        what = f": {item.file} ({item.rows:,} rows)" if item.rows is not None else f": {item.file}" if item.file else ""
        yield f"  {item.kind}: {item.feed} {item.period} {item.sender}{what}: {item.reason}"
    yield from _rest(len(told.exclusions))


def _dimensions(cell: Mapping[str, Cell]) -> list[str]:
    names = list(cell)
    return names[names.index("TIME_PERIOD") + 1 : names.index("MEASURE")]


def _figure(cell: Mapping[str, Cell]) -> str:
    value, unit, status = cell["OBS_VALUE"], cell["UNIT_MEASURE"], str(cell["OBS_STATUS"])
    meaning = STATUSES.get(status)
    return (
        f"{', '.join(f'{name} {cell[name]}' for name in [*_dimensions(cell), 'MEASURE'])} = "
        f"{number_text(value) if isinstance(value, float) else 'no value'}{f' {unit}' if unit != _COUNT else ''}"
        f"  (status {status}{f', {meaning}' if meaning else ''}; {cell['N_SENDERS']} of {cell['N_EXPECTED']} senders)"
    )


def _rows(rows: Rows | None, unknown: str) -> Iterator[str]:
    if rows is None:
        yield f"\nRows\n  cannot be told: {unknown}"
        return
    looked_at = f", of {rows.looked_at:,} looked at" if rows.looked_at > rows.total else ""
    yield f"\nRows ({rows.total:,} accepted rows enter the figures{looked_at})"
    if rows.agrees is not None:
        yield f"  computed again from them: {'the same' if rows.agrees else rows.note}"
    if not rows.total:
        yield "  none: the formula says what counts without a row, and the end of this page what was left out"
    if rows.withheld:
        yield "  their values are not shown: a figure is confidential"
    place = None
    for row in rows.shown:
        if place != (place := (row.feed, row.sender, row.file)):
            yield f"  {row.feed} {row.sender}: {row.file}"
        said = ", ".join(f"{name} {value}" for name, value in row.values.items())
        yield f"    line {row.line}{': ' if said else ''}{said}"
    if rest := rows.total - len(rows.shown):
        yield f"  ... and {rest:,} more (--rows {rows.total} shows all)"


def _delivery(delivery: DeliveryBehind) -> Iterator[str]:
    used = "" if delivery.rows_used is None else f", {delivery.rows_used:,} of them behind the figures"
    yield (
        f"  {delivery.feed} {delivery.period} {delivery.sender}: {delivery.file}, received "
        f"{delivery.received_at:%Y-%m-%d %H:%M} UTC from {delivery.origin}"
        f"{' (SYNTHETIC)' if delivery.synthetic else ''}"
    )
    yield (
        f"    {delivery.verdict.replace('_', ' ')}: {delivery.rows_read:,} rows read, "
        f"{delivery.rows_accepted:,} accepted{used}, {delivery.rows_refused:,} refused; contract "
        f"{delivery.contract_version}"
    )
    for issue in delivery.issues:
        yield f"    {issue.severity}: {issue.rule} x{issue.count:,}"
    yield f"    SHA-256 {delivery.sha256}"
    yield f"    {delivery.landing}"


def _judged(told: Explanation) -> Iterator[str]:
    if told.rules:
        yield "\nRules that the rows passed"
        for feed in told.rules:
            yield (
                f"  {feed.feed} (contract {feed.contract_version}): {', '.join(feed.rules) or 'none of its own'}, "
                f"and the {len(feed.general)} that every contract has"
            )
    if told.rows is None:
        return
    for title, issues in (("Issues of these rows", told.issues), ("Corrections of these rows", told.corrections)):
        yield f"\n{title} ({len(issues)})"
        for issue in issues[:_TOLD]:
            where = "the whole delivery" if issue.line is None else f"line {issue.line}, {issue.column or 'row'}"
            yield f"  {issue.severity}: {issue.feed} {issue.delivery_id} {where}: {issue.message}"
        if len(issues) > _TOLD:
            counted = Counter(issue.rule for issue in issues)
            yield "  in all: " + ", ".join(f"{rule} x{count:,}" for rule, count in sorted(counted.items()))


def _rest(number: int) -> Iterator[str]:
    if number > _TOLD:
        yield f"  ... and {number - _TOLD:,} more: narrow with --dimension and --measure, or take --json"
