"""The answers to the questionnaire by question, from the mart that has them all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from customs_monitor.release.site.wording import Labels, figure

_MART = "marts/survey/survey.parquet"
_NEEDED = {"cycle", "question_id", "question", "item", "category", "respondents"}


@dataclass(frozen=True)
class Question:
    """A question with its answers: a row per item asked about, a column per category."""

    cycle: str
    id: str
    text: str
    categories: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def questions(folder: Path, labels: Labels) -> list[Question]:
    """Return every question of every cycle in the public files of a release; none where it has no such table."""
    path = folder / _MART
    if not path.is_file():
        return []
    with duckdb.connect() as database:
        database.read_parquet(str(path)).create_view("survey")
        if not set(database.table("survey").columns) >= _NEEDED:
            return []
        found = database.execute(
            """SELECT cycle, question_id, any_value(question), item, category, sum(respondents) FROM survey
            GROUP BY cycle, question_id, item, category ORDER BY ALL"""
        ).fetchall()
    grouped: dict[tuple[str, str, str], dict[str, dict[str, int]]] = {}
    for cycle, question, text, item, category, respondents in found:
        grouped.setdefault((cycle, question, text), {}).setdefault(item, {})[category] = int(respondents)
    return [_question(*key, items, labels) for key, items in grouped.items()]


def _question(cycle: str, name: str, text: str, items: dict[str, dict[str, int]], labels: Labels) -> Question:
    codes = sorted(
        {category for answers in items.values() for category in answers},
        key=lambda code: (code == "NO_REPLY", labels.rank("survey_category", code)),
    )
    return Question(
        cycle,
        name,
        text,
        tuple(labels.of("survey_category", code) for code in codes),
        tuple(
            (
                "All" if item in ("_Z", "_T") else labels.of("survey_item", item),
                *(figure(answers.get(code)) for code in codes),
            )
            for item, answers in items.items()
        ),
    )
