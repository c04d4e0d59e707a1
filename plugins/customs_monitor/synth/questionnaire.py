"""The questionnaire to the Member States, and the distributions that stand for it in its first cycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from customs_monitor.synth.magnitudes import ANSWERS, SIZES
from customs_monitor.synth.senders import remark
from customs_monitor.synth.world import Row, World

#: Questions with a score, with the items each is asked about.
_SCORES: dict[str, tuple[str, ...]] = {
    "o12-7": ("AES", "ICS2", "NCTS", "NIS"),
    "o12-8": ("AFIS", "CELBET", "CRMS", "ICARUS", "LFCG", "ODYSSUD", "RALFH"),
    "o4-3": ("CRC", "CRMS", "PCA"),
    **dict.fromkeys(
        (
            "o4-8", "o4-9", "o567-9", "o567-11", "o567-12", "o567-13", "o567-14", "o567-15", "o567-16", "o567-17",
            "o567-18", "o567-19", "o567-21",
        ),
        ("_Z",),
    ),
}  # fmt: skip
#: Questions that ask how many, with the most that a Member State answers.
_COUNTS: dict[str, tuple[tuple[str, ...], int]] = {
    "o12-2": (("_Z",), 25),
    "o3-3": (("CASH", "DRUGS", "FINANCIAL", "HEALTH", "IPR", "PRODUCT_SAFETY", "SECURITY"), 6),
    "o567-1": (("AGRI_FOOD", "BORDER_GUARD", "ENVIRONMENT", "IPR", "LAW_ENFORCEMENT", "PRODUCT_SAFETY", "TAX"), 4),
    "o567-4": (("_Z",), 9),
    "o567-5": (("_Z",), 40),
    "o567-10": (("COUNTERFEIT", "DRUGS", "EXCISE", "FOOD", "WASTE", "WILDLIFE"), 5),
}
#: In the first cycle these were asked in another form, of which only distributions are published (SWD(2021) 2).
DISTRIBUTED_CYCLE = "2018-2020"
_DISTRIBUTED = ("o4-3", "o567-13", "o567-14", "o567-17", "o567-18")
#: In this cycle nobody was asked one of the questions.
_UNASKED = {DISTRIBUTED_CYCLE: "o567-21"}


def questionnaire_rows(world: World, cycle: str, sender: str) -> Iterator[Row]:
    """Yield the answers of a Member State: scores, numbers, questions left open, and some it left out."""
    chance = world.random("ms_questionnaire", cycle, sender)
    mood = world.random("ms_questionnaire", sender).randint(-10, 10)
    for question in sorted({*_SCORES, *_COUNTS}):
        if question == _UNASKED.get(cycle) or (cycle == DISTRIBUTED_CYCLE and question in _DISTRIBUTED):
            continue
        # The first question is never left out, so that every delivery has a row.
        if question != "o12-2" and chance.random() < 0.04:
            continue
        for item in _items(chance, question):
            answer = _score(chance, mood) if question in _SCORES else _count(chance, sender, _COUNTS[question][1])
            yield {
                "cycle": cycle,
                "member_state": sender,
                "question_id": question,
                "item": item,
                **answer,
                "comment": remark(chance, sender),
            }


def _items(chance: Random, question: str) -> tuple[str, ...]:
    """Draw what a Member State answers about: most answer about each item, some not about all."""
    asked = _SCORES[question] if question in _SCORES else _COUNTS[question][0]
    if len(asked) == 1 or chance.random() < 0.6:
        return asked
    # Of a number, some know the total only.
    if question in _COUNTS and chance.random() < 0.3:
        return ("_Z",)
    return tuple(sorted(chance.sample(asked, len(asked) - 1 - chance.randint(0, 1))))


def _score(chance: Random, mood: int) -> Row:
    one, two, three, four, none = ANSWERS
    drawn = chance.choices("1234-", weights=(one, max(0, two - mood), three, four + mood, none))[0]
    return _answer(score=int(drawn)) if drawn != "-" else _answer()


def _count(chance: Random, sender: str, most: int) -> Row:
    if chance.random() < 0.05:
        return _answer()
    return _answer(count=chance.randint(0, max(1, most * min(100, 20 + SIZES[sender]) // 100)))


def _answer(*, score: int | None = None, count: int | None = None) -> Row:
    return {"answer_score": score, "answer_count": count, "no_reply": True if score is None and count is None else None}


def distribution_rows(world: World, cycle: str) -> Iterator[Row]:
    """Yield how many Member States chose each answer, for the questions whose single answers are not published."""
    chance = world.random("survey_results", cycle)
    returned = len(world.codes("eu_member_state", cycle)) - 1
    for question in _DISTRIBUTED:
        for item in _SCORES[question]:
            answers = Counter(chance.choices(("1", "2", "3", "4", "NO_REPLY"), weights=ANSWERS, k=returned))
            for category in ("1", "2", "3", "4", "NO_REPLY"):
                yield {
                    "cycle": cycle,
                    "question_id": question,
                    "item": item,
                    "category": category,
                    "respondents": answers[category],
                    "respondents_total": returned,
                    "source": "made up in the form of SWD(2021) 2, sections 2.4 to 2.6",
                }
