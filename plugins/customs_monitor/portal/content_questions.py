"""Questions about unusual figures as the pages show them, with the explanations that answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from customs_monitor.collection.content import questions_about
from customs_monitor.collection.explanations import Explanation
from customs_monitor.collection.records import Place
from customs_monitor.portal.dependencies import Services
from customs_monitor.validation.content import Question
from customs_monitor.validation.translation import Translator


@dataclass(frozen=True)
class QuestionLine:
    """A question in the language of the page.

    Attributes:
        explain: the address at which it is answered, empty where it cannot be.
    """

    column: str
    message: str
    cure: str
    language: str
    explanations: tuple[Explanation, ...]
    explain: str


def questions_of(services: Services, place: Place, rows: Path | None = None) -> list[Question]:
    """Return what a delivery in force is asked about, or, given accepted rows, what they would be asked about."""
    # Objects never change, so that copies of other deliveries' rows stay right as long as this process lives.
    copies = services.scratch / "rows"
    copies.mkdir(exist_ok=True)
    return questions_about(services.store, services.layout, services.registry, place, copies, rows)


def question_lines(
    questions: Sequence[Question],
    feed: str,
    translator: Translator,
    explanations: Sequence[Explanation] = (),
    explain: str = "",
) -> list[QuestionLine]:
    """Put questions into the language of the page.

    Args:
        questions: the questions.
        feed: the collection.
        translator: tells them.
        explanations: of the sender for the period.
        explain: the address of the form that answers one, to which the rule is added; empty where nobody may.
    """
    lines = []
    for item in questions:
        told = translator.tell(feed, item.code, item.rule, item.message, item.cure)
        own = tuple(one for one in explanations if one.rule == item.rule)
        answerable = explain and item.severity == "warning"
        lines.append(
            QuestionLine(
                item.column,
                told.message,
                told.cure,
                told.language,
                own,
                f"{explain}?{urlencode({'rule': item.rule})}" if answerable else "",
            )
        )
    return lines
