"""Judging again after a contract has changed: what is otherwise counts from then on, and what was is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest

from customs_monitor.collection.in_force import in_force
from customs_monitor.collection.judging_steps import ReadingsDisagree
from customs_monitor.collection.rejudging import Rejudged, rejudge
from customs_monitor.collection.rejudging_text import rejudged_lines
from customs_monitor.collection.verdicts import judgements, last_judgement, place_of
from support.collection import RATES, SURVEY, Collection

FEED = "survey_results"
#: Two respondents more than the questionnaire has: breaks `distribution_adds_up`, a warning.
ADDS_UP_WRONGLY = SURVEY.replace(",14,", ",16,")
#: Refused as it is: a count that is none.
REFUSED = SURVEY.replace(",14,", ",fourteen,")


def with_contract(collection: Collection, **changes: Any) -> Collection:
    """Return the collection under another contract of the feed."""
    contract = collection.registry.feeds[FEED].model_copy(update={"version": "9.0.0", **changes})
    return replace(
        collection, registry=replace(collection.registry, feeds={**collection.registry.feeds, FEED: contract})
    )


def without_rule(collection: Collection, rule: str) -> Collection:
    schema = collection.registry.feeds[FEED].schema_
    assert rule in {item.id for item in schema.quality}
    return with_contract(
        collection,
        schema_=schema.model_copy(update={"quality": tuple(item for item in schema.quality if item.id != rule)}),
    )


def with_severity(collection: Collection, rule: str, severity: str) -> Collection:
    schema = collection.registry.feeds[FEED].schema_
    quality = tuple(
        item.model_copy(update={"severity": severity}) if item.id == rule else item for item in schema.quality
    )
    return with_contract(collection, schema_=schema.model_copy(update={"quality": quality}))


def judged_again(collection: Collection, feed: str = FEED, **options: Any) -> Rejudged:
    collection.runs += 1
    scratch = collection.scratch / f"again-{collection.runs}"
    scratch.mkdir()
    store, layout, registry = collection.store, collection.layout, collection.registry
    return rejudge(store, layout, registry, feed, f"again-{collection.runs}", scratch, **options)


def judged(collection: Collection) -> dict[str, bytes]:
    return {
        key: data
        for prefix in ("accepted/", "judgements/", "rejected/")
        for key, data in collection.objects(prefix).items()
    }


def test_under_the_same_contract_nothing_changes_and_nothing_is_written(collection: Collection) -> None:
    collection.deliver(f"{FEED}/good.csv", SURVEY)
    collection.deliver(f"{FEED}/warned.csv", ADDS_UP_WRONGLY.replace("2018-2020", "2021-2023"))
    collection.deliver(f"{FEED}/refused.csv", REFUSED)
    collection.run(FEED)
    before = judged(collection)
    found = judged_again(collection)
    assert (found.deliveries, found.changes, found.faults) == (3, (), ())
    assert judged(collection) == before
    assert list(rejudged_lines(found)) == [
        f"{FEED}: 3 deliveries judged again by contract {collection.registry.feeds[FEED].version}, "
        "0 otherwise than before, 3 as before"
    ]


def test_another_version_of_the_contract_alone_is_no_change(collection: Collection) -> None:
    collection.deliver(f"{FEED}/good.csv", SURVEY)
    collection.run(FEED)
    before = judged(collection)
    assert judged_again(with_contract(collection)).changes == ()
    assert judged(collection) == before


def test_a_rule_that_is_now_an_error_refuses_what_was_accepted_and_the_earlier_judgement_is_kept(
    collection: Collection,
) -> None:
    collection.deliver(f"{FEED}/warned.csv", ADDS_UP_WRONGLY)
    collection.run(FEED)
    before = judged(collection)
    (counting,) = in_force(collection.store, collection.layout, collection.registry)
    strict = with_severity(collection, "distribution_adds_up", "error")
    found = judged_again(strict)
    (change,) = found.changes
    assert (change.before.verdict, change.after.verdict) == ("accepted_with_warnings", "refused")
    assert (change.after.revision, change.after.contract_version) == (2, "9.0.0")
    after = judged(collection)
    assert {key: after[key] for key in before} == before
    place = f"{FEED}/2018-2020/TAXUD/{counting.receipt.delivery_id}"
    assert json.loads(after[f"judgements/{place}/2.json"])["verdict"] == "refused"
    assert json.loads(after[f"rejected/{place}/2/report.json"])["verdict"] == "refused"
    assert in_force(collection.store, collection.layout, strict.registry) == []
    (verdict,) = judgements(collection.store, collection.layout, FEED)
    assert verdict == change.after == last_judgement(collection.store, collection.layout, **place_of(counting.receipt))
    assert next(rejudged_lines(found)).endswith(
        f"accepted with warnings -> REFUSED; contract {change.before.contract_version} -> 9.0.0, judgement 2"
    )


def test_a_rule_that_is_gone_lets_a_refused_delivery_count_and_back_again(collection: Collection) -> None:
    strict = with_severity(collection, "distribution_adds_up", "error")
    strict.deliver(f"{FEED}/survey.csv", ADDS_UP_WRONGLY)
    strict.run(FEED)
    assert in_force(collection.store, collection.layout, strict.registry) == []
    lenient = without_rule(collection, "distribution_adds_up")
    (change,) = judged_again(lenient).changes
    (counting,) = in_force(collection.store, collection.layout, lenient.registry)
    rows = pq.read_table(collection.store.local_path(counting.key))
    assert rows.num_rows == change.after.rows_accepted == counting.judgement.rows_accepted > 0
    (change,) = judged_again(strict).changes
    assert (change.after.revision, change.after.verdict) == (3, "refused")
    assert in_force(collection.store, collection.layout, strict.registry) == []
    # What was judged is no longer waiting, however often it was judged again.
    assert strict.run(FEED)[1].deliveries == ()


def test_a_dry_run_tells_and_writes_nothing(collection: Collection) -> None:
    collection.deliver(f"{FEED}/warned.csv", ADDS_UP_WRONGLY)
    collection.run(FEED)
    before = collection.objects()
    found = judged_again(with_severity(collection, "distribution_adds_up", "error"), dry_run=True)
    assert len(found.changes) == 1
    assert collection.objects() == before
    assert list(rejudged_lines(found))[-1].startswith("Nothing was written")


def test_only_what_is_asked_for_is_judged_again(collection: Collection) -> None:
    for period in ("2018-2020", "2021-2023"):
        collection.deliver(f"{FEED}/{period}.csv", ADDS_UP_WRONGLY.replace("2018-2020", period))
    collection.run(FEED)
    lenient = without_rule(collection, "distribution_adds_up")
    assert judged_again(lenient, sender="ECB").deliveries == 0
    assert [change.file for change in judged_again(lenient, period="2021-2023").changes] == ["2021-2023.csv"]
    assert [change.file for change in judged_again(lenient, sender="TAXUD").changes] == ["2018-2020.csv"]


def test_each_delivery_is_compared_with_the_one_before_it_as_when_it_came(collection: Collection) -> None:
    for number in (14, 13, 12):
        collection.deliver(f"{FEED}/survey.csv", SURVEY.replace(",14,", f",{number},"))
        collection.run(FEED)
    before = judged(collection)
    assert len([key for key in before if key.startswith("judgements/")]) == 3
    assert judged_again(collection).changes == ()


def test_rows_that_the_store_has_lost_come_back(collection: Collection) -> None:
    collection.deliver(f"{FEED}/survey.csv", SURVEY)
    collection.run(FEED)
    before = judged(collection)
    (key,) = [key for key in before if key.startswith("accepted/")]
    collection.store.delete(key)
    assert judged_again(collection).restored == ("survey.csv",)
    assert judged(collection) == before


def test_a_delivery_whose_bytes_are_gone_is_told_and_the_others_are_judged(collection: Collection) -> None:
    for period in ("2018-2020", "2021-2023"):
        collection.deliver(f"{FEED}/{period}.csv", ADDS_UP_WRONGLY.replace("2018-2020", period))
    collection.run(FEED)
    (gone,) = [key for key in collection.objects("landing/") if key.endswith("2021-2023.csv")]
    collection.store.delete(gone)
    found = judged_again(without_rule(collection, "distribution_adds_up"))
    assert [change.file for change in found.changes] == ["2018-2020.csv"]
    assert [(fault.file, gone in fault.fault) for fault in found.faults] == [("2021-2023.csv", True)]


def test_a_layout_that_the_contract_has_learnt_is_found(collection: Collection) -> None:
    feed = "exchange_rates"
    whole = collection.registry
    contract = whole.feeds[feed]
    others = tuple(layout for layout in contract.layouts if "Date" not in layout.claims.header)
    assert 0 < len(others) < len(contract.layouts)
    poorer = replace(
        collection,
        registry=replace(whole, feeds={**whole.feeds, feed: contract.model_copy(update={"layouts": others})}),
    )
    poorer.deliver(f"{feed}/rates.csv", RATES)
    _, outcome = poorer.run(feed)
    assert [item.verdict for item in outcome.deliveries] == ["refused"]
    (change,) = judged_again(collection, feed).changes
    assert change.after.verdict == "accepted"
    assert change.after.layout is not None
    assert change.after.layout not in {layout.id for layout in others}
    (counting,) = in_force(collection.store, collection.layout, whole)
    assert counting.layout == change.after.layout


def test_readings_that_disagree_commit_nothing(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    from customs_monitor.collection import judging_steps

    collection.deliver(f"{FEED}/warned.csv", ADDS_UP_WRONGLY)
    collection.run(FEED)
    before = judged(collection)
    honest = judging_steps.judge_batch

    def other(*arguments: Any) -> Any:
        verdict = honest(*arguments)
        first, *rest = [item for item in verdict.results if item.comparable]
        return replace(verdict, results=(replace(first, unexpected_count=first.unexpected_count + 1), *rest))

    monkeypatch.setattr(judging_steps, "judge_batch", other)
    with pytest.raises(ReadingsDisagree):
        judged_again(without_rule(collection, "distribution_adds_up"))
    assert judged(collection) == before
