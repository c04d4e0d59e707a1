"""What can be wrong in a row, and which rule has to find it: by the contract's columns, and by hand for its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from customs_monitor.contracts import Registry
from customs_monitor.contracts.concepts import Concept
from customs_monitor.synth.plan import Delivery
from customs_monitor.synth.world import Row

#: What a row becomes, by property; None where the row does not lend itself to it.
Change: TypeAlias = Callable[[Row], Row | None]


class Break(NamedTuple):
    """One way in which a row can be wrong.

    Attributes:
        rule: as issues name it: `<property>.<code in lower case>`, or the id of a rule of the contract.
        column: the property that is reported.
    """

    rule: str
    column: str
    change: Change


def _set(column: str, value: str | int | bool | None, where: Callable[[Row], bool] = lambda _: True) -> Change:
    return lambda row: {column: value} if where(row) else None


def above(part: str, whole: str) -> Change:
    """Make a count exceed the one it may not exceed."""

    def change(row: Row) -> Row | None:
        value = row[whole]
        return {part: value + 7} if isinstance(value, int) else None

    return change


def _another_kind(row: Row) -> Row:
    return {"action_kind": "TRAINING" if row["action_kind"] == "VISIT" else "VISIT"}


def _empty(column: str) -> Callable[[Row], bool]:
    return lambda row: row[column] is None


def _filled(column: str) -> Callable[[Row], bool]:
    return lambda row: row[column] is not None


_LONG_COMMENT = Break("comment_is_short", "comment", _set("comment", "x" * 501))
_ASSESSED = Break(
    "assessed_within_automated", "hits_after_assessment", above("hits_after_assessment", "automated_hits")
)
_UNFINISHED = Break(
    "completion_fits_the_status",
    "completed_date",
    _set("completed_date", "2020-01-01", lambda row: row["status"] != "COMPLETED"),
)
#: The rules of the contracts that a single row can break.
_OF_CONTRACTS: dict[str, tuple[Break, ...]] = {
    "crc_statistics": (
        _ASSESSED,
        Break("results_within_controls", "positive_results", above("positive_results", "controls")),
        Break("total_only_in_a_nil_return", "crc_code", _set("crc_code", "_T")),
        _LONG_COMMENT,
    ),
    "crc_combination_statistics": (
        _ASSESSED,
        Break("codes_ascend", "crc_codes", _set("crc_codes", "CRC09+CRC02")),
        Break("crc_codes.pattern_mismatch", "crc_codes", _set("crc_codes", "CRC1/CRC2")),
    ),
    "control_statistics": (
        Break("irregularities_within_controls", "irregularities", above("irregularities", "controls")),
        Break("total_only_in_a_nil_return", "control_type", _set("control_type", "_T")),
        _LONG_COMMENT,
    ),
    "ms_questionnaire": (
        Break("one_answer", "answer_score", _set("answer_count", 1, _filled("answer_score"))),
        Break("nil_return_is_whole", "question_id", _set("item", "_T", _empty("answer_count"))),
    ),
    "toolbox_views": (Break("one_answer", "answer_score", _set("no_reply", True, _filled("answer_score"))),),
    "aeo_register": (
        Break("end_after_start", "active_to", _set("active_to", "2001-01-01")),
        Break("suspension_has_a_start", "suspended_to", _set("suspended_to", "2024-01-01", _empty("suspended_from"))),
    ),
    "mutual_recognition_agreements": (
        Break(
            "entry_into_force_fits_the_state",
            "in_force_since",
            _set("in_force_since", "2020-01-01", _empty("in_force_since")),
        ),
    ),
    **dict.fromkeys(
        ("it_projects", "it_systems", "methodology_projects", "policy_tools", "border_analyses"), (_UNFINISHED,)
    ),
}
#: Rules about groups, by the columns of the group, with what changes in its second row.
OF_GROUPS: dict[str, tuple[tuple[str, ...], Break]] = {
    "control_statistics": (
        ("declaration_type", "declaration_subtype", "operator_status"),
        Break("one_number_of_declarations", "declarations", above("declarations", "declarations")),
    ),
    "programme_actions": (("action_code",), Break("one_kind_per_action", "action_kind", _another_kind)),
}
#: Figures that are possible and odd: a warning, and they count.
WARNINGS = {
    "crc_statistics": Break("controls_within_hits", "controls", above("controls", "hits_after_assessment")),
    "control_statistics": Break("controls_within_declarations", "controls", above("controls", "declarations")),
}


def breaks_of(registry: Registry, delivery: Delivery) -> Iterator[Break]:
    """Yield what can be wrong in a row of a delivery."""
    yield from _OF_CONTRACTS.get(delivery.feed, ())
    contract = registry.feeds[delivery.feed]
    for item in contract.schema_.properties:
        concept, column = registry.concepts[item.name], item.name
        if concept.logicalType == "period" and item.primaryKey:
            yield Break(f"{column}.period_mismatch", column, _set(column, _another_period(delivery.period)))
            yield Break(f"{column}.type_period", column, _set(column, "last period"))
            continue
        if column == "member_state" and contract.senders.codelist is not None:
            another = "FR" if delivery.sender != "FR" else "DE"
            yield Break("member_state.sender_mismatch", column, _set(column, another))
        elif column == "member_state" and delivery.period > "2021":
            yield Break("member_state.code_not_valid", column, _set(column, "UK"))
        if item.required:
            yield Break(f"{column}.missing_value", column, _set(column, None))
        yield from _of_type(concept, column)


def _of_type(concept: Concept, column: str) -> Iterator[Break]:
    match concept.logicalType:
        case "integer":
            yield Break(f"{column}.type_integer", column, _set(column, "12,5", _filled(column)))
            yield Break(f"{column}.out_of_range", column, _set(column, -5, _filled(column)))
        case "code":
            yield Break(f"{column}.code_unknown", column, _set(column, "QQ9"))
        case "date":
            yield Break(f"{column}.type_date", column, _set(column, "31.02.2026"))
        case "boolean":
            yield Break(f"{column}.type_boolean", column, _set(column, "perhaps"))
        case "string" if concept.maxLength is not None and concept.pattern is None:
            yield Break(f"{column}.text_too_long", column, _set(column, "y" * (concept.maxLength + 1)))


def _another_period(period: str) -> str:
    """Return an earlier period of the same kind."""
    if len(period) == len("2024-2026"):
        return f"{int(period[:4]) - 3}-{int(period[5:]) - 3}"
    return f"{int(period[:4]) - 3}{period[4:]}"
