"""The indicators that rest on answers: of Member States (scores and numbers) and of officials (o3-4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction

from .observations import EU, TOTAL, Coverage, Indicator, Observation, Row, Value, mean, number, share, text
from .periods import last_day, members

#: Questions with a score, and whether they are asked about items.
SCORES = {
    "o12-7": True, "o12-8": True, "o4-3": True, "o4-8": False, "o4-9": False, "o567-9": False, "o567-11": False,
    "o567-12": False, "o567-13": False, "o567-14": False, "o567-15": False, "o567-16": False, "o567-17": False,
    "o567-18": False, "o567-19": False, "o567-21": False,
}  # fmt: skip
#: Questions that ask how many, and whether they are asked about items.
NUMBERS = {"o12-2": False, "o567-4": False, "o567-5": False, "o3-3": True, "o567-10": True}
_NO_ITEM = "_Z"


def scores(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """Yield the indicators with scores, from the answers of the Member States that delivered."""
    for question, has_items in SCORES.items():
        yield from _scores_of(question, has_items, rows, period, coverage)


def _scores_of(
    question: str, has_items: bool, rows: list[Row], period: str, coverage: Coverage
) -> Iterator[Observation]:
    answers = {
        (text(row, "member_state"), text(row, "item")): row["answer_score"]
        for row in rows
        if row["question_id"] == question
    }
    if not answers:
        return
    asked = sorted({item for _, item in answers})
    about = Indicator(question, period, coverage)
    means_of_all: list[Fraction] = []
    by_item: dict[str, list[int | None]] = {item: [] for item in asked}
    for sender in sorted(coverage.present):
        given: list[int | None] = []
        for item in asked:
            score = answers.get((sender, item))
            own = score if isinstance(score, int) else None
            given.append(own)
            by_item[item].append(own)
            if has_items and item != _NO_ITEM:
                yield from about.cell(sender, (item,), _distribution([own], mean(_told([own]))))
        own_mean = mean(_told(given))
        if own_mean is not None:
            means_of_all.append(own_mean)
        yield from about.cell(sender, (TOTAL,) if has_items else (), _distribution(given, own_mean))
    if has_items:
        for item in asked:
            if item != _NO_ITEM:
                yield from about.cell(EU, (item,), _distribution(by_item[item], mean(_told(by_item[item]))))
    everything = [score for given in by_item.values() for score in given]
    yield from about.cell(EU, (TOTAL,) if has_items else (), _distribution(everything, mean(means_of_all)))
    yield from about.missing_senders(int(has_items), "MEAN")


def _told(given: Iterable[int | None]) -> list[int]:
    return [score for score in given if score is not None]


def _distribution(given: list[int | None], average: Fraction | None) -> dict[str, Value | None]:
    told = Counter(_told(given))
    respondents = sum(told.values())
    return {
        "MEAN": average,
        "SHARE_3_4": share(told[3] + told[4], respondents),
        "COUNT_1": told[1],
        "COUNT_2": told[2],
        "COUNT_3": told[3],
        "COUNT_4": told[4],
        "NO_REPLY": len(given) - respondents,
        "RESPONDENTS": respondents,
    }


def distributions(rows: list[Row], period: str, answered: set[str]) -> Iterator[Observation]:
    """Yield scores of which only the distribution over Member States is known, for questions not `answered` otherwise.

    The questions were neighbouring ones, hence status D. The mean over items of each Member State cannot be known, so a
    question with items has no total.
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    returned: dict[tuple[str, str], int] = {}
    for row in rows:
        question, item = text(row, "question_id"), text(row, "item")
        if question in SCORES and question not in answered:
            found.setdefault((question, item), {})[text(row, "category")] = number(row, "respondents")
            returned[question, item] = number(row, "respondents_total")
    for (question, item), told in found.items():
        has_items = SCORES[question]
        if item != _NO_ITEM and not has_items:
            continue
        counts = [told.get(str(score), 0) for score in (1, 2, 3, 4)]
        respondents = sum(counts)
        points = sum(score * count for score, count in enumerate(counts, 1))
        values: dict[str, Value | None] = {
            "MEAN": share(points, respondents),
            "SHARE_3_4": share(counts[2] + counts[3], respondents),
            **{f"COUNT_{score}": count for score, count in enumerate(counts, 1)},
            "NO_REPLY": told.get("NO_REPLY", 0),
            "RESPONDENTS": respondents,
        }
        key = ((TOTAL if item == _NO_ITEM else item),) if has_items else ()
        expected = len(members(period))
        for measure, value in values.items():
            if value is not None:
                yield Observation(
                    question, EU, period, key, measure, value, "D", "F", returned[question, item], expected
                )


def numbers(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """Yield the indicators that ask Member States how many, by item where the question has items."""
    for question, has_items in NUMBERS.items():
        told = [row for row in rows if row["question_id"] == question]
        about = Indicator(question, period, coverage)
        sums: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for row in told:
            if row["answer_count"] is None:
                continue
            item = text(row, "item")
            keys: list[tuple[str, ...]] = [(TOTAL,)] if has_items else [()]
            if has_items and item != _NO_ITEM:
                keys.append((item,))
            for area in (text(row, "member_state"), EU):
                for key in keys:
                    sums[area, key] += number(row, "answer_count")
        for (area, key), total in sums.items():
            yield from about.cell(area, key, {"NUMBER": total})
        if told:
            yield from about.missing_senders(int(has_items), "NUMBER")


def agreements(
    answers: list[Row], register: list[Row], period: str, nationally: Coverage, centrally: Coverage
) -> Iterator[Observation]:
    """Yield o567-1: national agreements from the questionnaire, those at EU level from the register."""
    together = Coverage(nationally.present | centrally.present, nationally.expected | centrally.expected)
    own, union = Indicator("o567-1", period, nationally), Indicator("o567-1", period, together)
    national: Counter[tuple[str, str]] = Counter()
    for row in answers:
        if row["question_id"] != "o567-1" or row["answer_count"] is None:
            continue
        item = text(row, "item")
        for area in (text(row, "member_state"), EU):
            for place in {TOTAL, TOTAL if item == _NO_ITEM else item}:
                national[area, place] += number(row, "answer_count")
    signed: dict[str, set[str]] = {}
    for row in register:
        if text(row, "signed_date") <= last_day(period):
            for place in (TOTAL, text(row, "authority_area")):
                signed.setdefault(place, set()).add(text(row, "agreement_id"))
    for (area, place), count in national.items():
        about = union if area == EU else own
        yield from about.cell(area, (place, "NATIONAL"), {"NUMBER": count})
        if area != EU:
            yield from about.cell(area, (place, TOTAL), {"NUMBER": count})
    for place, found in signed.items():
        yield from union.cell(EU, (place, "EU"), {"NUMBER": len(found)})
    for place in sorted({*signed, *(place for area, place in national if area == EU)}):
        count = national[EU, place] + len(signed.get(place, ()))
        yield from union.cell(EU, (place, TOTAL), {"NUMBER": count})
    if any(row["question_id"] == "o567-1" for row in answers):
        yield from own.missing_senders(2, "NUMBER")


def officials(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """Yield o3-4: the views of officials by department; a mean is over officials."""
    about = Indicator("o3-4", period, coverage)
    given: dict[str, list[int | None]] = {}
    for row in rows:
        score = row["answer_score"]
        for place in (text(row, "department"), TOTAL):
            given.setdefault(place, []).append(score if isinstance(score, int) else None)
    for place, found in given.items():
        yield from about.cell(EU, (place,), _distribution(found, mean(_told(found))))
