"""Nil returns: one row that says that there was nothing to report."""

from __future__ import annotations

from customs_monitor.synth.world import Row

#: Codes and counts of the collections beside period and sender.
_CODES = {
    "crc_statistics": ("movement", "crc_code", "high_interest_country"),
    "crc_combination_statistics": ("movement", "crc_codes"),
    "control_statistics": ("declaration_type", "declaration_subtype", "operator_status", "control_type"),
    "ms_questionnaire": ("question_id", "item"),
}
_COUNTS = {
    "crc_statistics": ("automated_hits", "hits_after_assessment", "controls", "positive_results"),
    "crc_combination_statistics": ("automated_hits", "hits_after_assessment"),
    "control_statistics": ("declarations", "controls", "irregularities"),
    "ms_questionnaire": ("answer_count",),
}


def nil_return(feed: str, period: str, sender: str) -> Row:
    """Return the row of a nil return."""
    period_column = "cycle" if feed == "ms_questionnaire" else "reference_period"
    codes: Row = dict.fromkeys(_CODES[feed], "_T")
    counts: Row = dict.fromkeys(_COUNTS[feed], 0)
    return {period_column: period, "member_state": sender, **codes, **counts}
