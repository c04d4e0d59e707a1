"""What happens to deliveries: landed first, judged once, superseded, refused, never lost, never doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest

from customs_monitor.collection.collect import collect
from customs_monitor.collection.in_force import in_force, without_contract
from customs_monitor.collection.inbox import Inbox, look_through
from customs_monitor.collection.landing import land_files, receipts
from customs_monitor.collection.progress import Progress
from customs_storage import StoreUnavailable
from customs_storage.hashing import sha256_of
from support.collection import RATES, SURVEY, Collection


def accepted_tables(collection: Collection, feed: str) -> list[Any]:
    keys = [info.key for info in collection.store.list(f"accepted/{feed}/")]
    return [pq.read_table(collection.store.local_path(key)) for key in keys]


def test_a_good_delivery_is_landed_receipted_and_accepted(collection: Collection) -> None:
    file = collection.deliver("exchange_rates/eurofxref-hist.csv", RATES)
    landed, judged = collection.run("exchange_rates")
    assert (landed.seen, len(landed.landed)) == (1, 1)
    (delivery,) = judged.deliveries
    assert delivery.verdict == "accepted"
    assert (delivery.rows_read, delivery.rows_accepted, delivery.rows_refused) == (4, 4, 0)
    (receipt,) = receipts(collection.store, collection.layout, feed="exchange_rates")
    assert receipt.sha256 == sha256_of(file)
    assert receipt.delivery_id == receipt.sha256[:16]
    kept = collection.objects("landing/exchange_rates/")
    assert kept[f"landing/exchange_rates/_Z/ECB/{receipt.delivery_id}/eurofxref-hist.csv"] == file.read_bytes()
    (table,) = accepted_tables(collection, "exchange_rates")
    assert table.schema.names == collection.registry.arrow_schema("exchange_rates").names
    assert table.column("_line_number").to_pylist() == [2, 2, 3, 3]


def test_the_same_bytes_again_are_a_no_op_under_any_name(collection: Collection) -> None:
    collection.deliver("exchange_rates/eurofxref-hist.csv", RATES)
    collection.run("exchange_rates")
    before = collection.objects("landing/") | collection.objects("accepted/") | collection.objects("judgements/")
    collection.deliver("exchange_rates/again.csv", RATES)
    landed, judged = collection.run("exchange_rates")
    assert landed.seen == 2
    assert landed.landed == ()
    assert judged.deliveries == ()
    assert before == (
        collection.objects("landing/") | collection.objects("accepted/") | collection.objects("judgements/")
    )


def test_other_bytes_under_the_same_name_supersede_and_both_stay(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.run("survey_results")
    collection.deliver("survey_results/survey.csv", SURVEY.replace(",14,", ",13,").replace(",11,", ",12,"))
    collection.run("survey_results")
    found = sorted(receipts(collection.store, collection.layout, feed="survey_results"), key=lambda item: item.sequence)
    assert [receipt.sequence for receipt in found] == [1, 2]
    counting = in_force(collection.store, collection.layout, collection.registry)
    assert [item.receipt.delivery_id for item in counting] == [found[1].delivery_id]
    assert len(accepted_tables(collection, "survey_results")) == 2


def test_a_refused_delivery_replaces_nothing_and_is_kept_with_its_report(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.run("survey_results")
    bad = collection.deliver("survey_results/survey.csv", SURVEY.replace(",14,", ",fourteen,"))
    _, judged = collection.run("survey_results")
    (delivery,) = judged.deliveries
    assert delivery.verdict == "refused"
    assert delivery.rows_accepted == 0
    counting = in_force(collection.store, collection.layout, collection.registry)
    assert [item.receipt.sequence for item in counting] == [1]
    place = f"survey_results/2018-2020/TAXUD/{delivery.delivery_id}"
    assert collection.store.get(f"landing/{place}/survey.csv") == bad.read_bytes()
    report = json.loads(collection.store.get(f"rejected/{place}/report.json"))
    (issue,) = [issue for issue in report["issues"] if issue["severity"] == "error"]
    assert (issue["code"], issue["line"], issue["column"], issue["value"]) == (
        "TYPE_INTEGER",
        4,
        "respondents",
        "fourteen",
    )
    assert issue["cure"]
    assert {name.rpartition("/")[2] for name in collection.objects(f"rejected/{place}/")} >= {
        "report.json",
        "report.html",
        "issues.parquet",
    }


def test_a_file_nobody_can_read_is_landed_and_refused(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", b"\x89PNG\r\n\x1a\n" + bytes(64))
    _, judged = collection.run("survey_results")
    (delivery,) = judged.deliveries
    assert delivery.verdict == "refused"
    assert (delivery.sender, delivery.period) == ("TAXUD", "_U")
    assert [issue.level for issue in delivery.issues] == [0]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_accepted_rows_do_not_depend_on_the_order_of_arrival(
    make_collection: Callable[[str], Collection], order: tuple[int, ...]
) -> None:
    files = [
        ("exchange_rates/hist.csv", RATES, "exchange_rates"),
        ("survey_results/one.csv", SURVEY, "survey_results"),
        ("survey_results/two.csv", SURVEY.replace("2018-2020", "2015-2017"), "survey_results"),
    ]
    together, apart = make_collection("together"), make_collection("apart")
    for name, content, _ in files:
        together.deliver(name, content)
    for feed in ("exchange_rates", "survey_results"):
        together.run(feed)
    for number in order:
        name, content, feed = files[number]
        apart.deliver(name, content)
        apart.run(feed)
    assert together.objects("accepted/") == apart.objects("accepted/")


def test_killed_between_accepted_rows_and_verdict_the_next_run_completes(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.run("survey_results")
    whole = collection.objects("accepted/") | collection.objects("judgements/")
    for info in list(collection.store.list("judgements/")):
        collection.store.delete(info.key)
    assert in_force(collection.store, collection.layout, collection.registry) == []
    _, judged = collection.run("survey_results")
    assert [delivery.verdict for delivery in judged.deliveries] == ["accepted"]
    assert whole == collection.objects("accepted/") | collection.objects("judgements/")


def test_killed_between_bytes_and_receipt_the_next_run_completes(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.run("survey_results")
    for prefix in ("judgements/", "accepted/"):
        for info in list(collection.store.list(prefix)):
            collection.store.delete(info.key)
    (receipt,) = [info.key for info in collection.store.list("landing/") if info.key.endswith("receipt.json")]
    collection.store.delete(receipt)
    landed, judged = collection.run("survey_results")
    assert len(landed.landed) == 1
    assert [delivery.verdict for delivery in judged.deliveries] == ["accepted"]


def test_any_real_delivery_displaces_all_synthetic_ones_of_its_period(collection: Collection) -> None:
    collection.deliver("provenance.json", '{"synthetic": true}')
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.run("survey_results")
    (synthetic,) = in_force(collection.store, collection.layout, collection.registry)
    assert synthetic.receipt.synthetic
    (collection.inbox / "provenance.json").unlink()
    collection.deliver("survey_results/survey.csv", SURVEY.replace(",14,", ",13,").replace(",11,", ",12,"))
    collection.run("survey_results")
    collection.deliver("provenance.json", '{"synthetic": true}')
    collection.deliver("survey_results/survey.csv", SURVEY.replace(",14,", ",12,").replace(",11,", ",13,"))
    collection.run("survey_results")
    (counting,) = in_force(collection.store, collection.layout, collection.registry)
    assert not counting.receipt.synthetic


def test_a_failure_is_recorded_and_goes_on(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("customs_monitor.collection.judging_steps.judge", broken)
    collection.deliver("survey_results/survey.csv", SURVEY)
    with pytest.raises(RuntimeError, match="the disk is on fire"):
        collection.run("survey_results")
    record = json.loads(collection.store.get("outcomes/run-1/survey_results.judge.json"))
    assert record["error"] == "RuntimeError: the disk is on fire"
    assert not list(collection.store.list("judgements/"))


def test_readings_that_disagree_commit_nothing(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    from customs_monitor.collection import judging_steps

    honest = judging_steps.judge_batch

    def other(*arguments: Any) -> Any:
        verdict = honest(*arguments)
        first, *rest = [item for item in verdict.results if item.comparable]
        return replace(verdict, results=(replace(first, unexpected_count=first.unexpected_count + 1), *rest))

    monkeypatch.setattr(judging_steps, "judge_batch", other)
    collection.deliver("survey_results/survey.csv", SURVEY)
    with pytest.raises(judging_steps.ReadingsDisagree, match="count differently; nothing was accepted"):
        collection.run("survey_results")
    assert not list(collection.store.list("accepted/"))
    assert not list(collection.store.list("judgements/"))


@pytest.mark.parametrize("change", ["grows", "is taken back"])
def test_a_file_somebody_is_still_at_is_left_for_the_next_run(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    from customs_monitor.collection import landing

    put = landing.put_uncommitted

    def meanwhile(store: Any, key: str, path: Any) -> None:
        put(store, key, path)
        if change == "grows":
            with path.open("a") as file:
                file.write("2023-12-27,1.1,1,\n")
        else:
            path.unlink()

    monkeypatch.setattr(landing, "put_uncommitted", meanwhile)
    collection.deliver("exchange_rates/rates.csv", RATES)
    landed, judged = collection.run("exchange_rates")
    assert (landed.seen, landed.landed, landed.changing) == (1, (), ("exchange_rates/rates.csv",))
    assert judged.deliveries == ()
    assert collection.objects("landing/") == {}
    monkeypatch.undo()
    whole = collection.deliver("exchange_rates/rates.csv", RATES)
    landed, judged = collection.run("exchange_rates")
    assert [item.verdict for item in judged.deliveries] == ["accepted"]
    assert sha256_of(whole).startswith(landed.landed[0])


def test_what_was_committed_before_a_failure_is_in_its_record_and_not_judged_again(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from customs_monitor.collection import judging

    commit, committed = judging.commit, []

    def fails_on_the_second(*arguments: Any) -> None:
        if committed:
            raise StoreUnavailable("no answer")
        commit(*arguments)
        committed.append(arguments)

    monkeypatch.setattr(judging, "commit", fails_on_the_second)
    collection.deliver("survey_results/one.csv", SURVEY)
    collection.deliver("survey_results/two.csv", SURVEY.replace("2018-2020", "2015-2017"))
    with pytest.raises(StoreUnavailable):
        collection.run("survey_results")
    monkeypatch.undo()
    _, judged = collection.run("survey_results")
    record = json.loads(collection.store.get("outcomes/run-1/survey_results.judge.json"))
    assert record["error"] == "StoreUnavailable: no answer"
    assert [item["file"] for item in record["deliveries"]] == ["one.csv"]
    assert [item.file for item in judged.deliveries] == ["two.csv"]


def test_a_real_delivery_is_not_compared_with_a_synthetic_one(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from customs_monitor.collection import judging_steps

    compared: list[bool] = []
    judge = judging_steps.judge

    def watched(*arguments: Any) -> Any:
        compared.append(arguments[-1] is not None)
        return judge(*arguments)

    monkeypatch.setattr(judging_steps, "judge", watched)
    collection.deliver("provenance.json", '{"synthetic": true}')
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.run("survey_results")
    (collection.inbox / "provenance.json").unlink()
    for fours in (11, 12):
        collection.deliver(
            "survey_results/survey.csv", SURVEY.replace(",11,", f",{fours},").replace("14", str(25 - fours)) + "\n"
        )
        collection.run("survey_results")
    assert compared == [False, False, True]


def test_a_feed_that_fails_keeps_no_other_from_being_collected(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from customs_monitor.collection import collect as collecting

    judge_waiting = collecting.judge_waiting

    def broken_for_rates(store: Any, layout: Any, registry: Any, feed: str, *rest: Any) -> Any:
        if feed == "exchange_rates":
            raise RuntimeError("the disk is on fire")
        return judge_waiting(store, layout, registry, feed, *rest)

    monkeypatch.setattr(collecting, "judge_waiting", broken_for_rates)
    collection.deliver("exchange_rates/rates.csv", RATES)
    collection.deliver("survey_results/survey.csv", SURVEY)
    lines: list[str] = []
    collected = collecting.collect(
        collection.store,
        collection.layout,
        collection.registry,
        [Inbox.open(str(collection.inbox))],
        "run-1",
        collection.scratch,
        Progress(tell=lines.append),
    )
    assert collected.failures == {"exchange_rates": "RuntimeError: the disk is on fire"}
    assert [line.partition(": ")[0] for line in lines] == ["exchange_rates", "survey_results"]
    assert [item.receipt.feed for item in in_force(collection.store, collection.layout, collection.registry)] == [
        "survey_results"
    ]


def test_deliveries_of_a_feed_whose_contract_is_gone_are_named(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.run("survey_results")
    assert without_contract(collection.store, collection.layout, collection.registry) == []
    left = replace(
        collection.registry,
        feeds={feed: contract for feed, contract in collection.registry.feeds.items() if feed != "survey_results"},
    )
    assert without_contract(collection.store, collection.layout, left) == ["survey_results"]


def _lose(collection: Collection, file: str) -> str:
    (key,) = [key for key in collection.objects("landing/") if key.endswith(f"/{file}")]
    collection.store.delete(key)
    return key


def _land_two(collection: Collection) -> None:
    collection.deliver("survey_results/kept.csv", SURVEY)
    collection.deliver("survey_results/lost.csv", SURVEY.replace("2018-2020", "2021-2023"))
    found = look_through([Inbox.open(str(collection.inbox))], collection.registry, collection.scratch)
    land_files(
        collection.store, collection.layout, collection.registry, "survey_results",
        found.claimed["survey_results"], "run-0",
    )  # fmt: skip


def test_a_delivery_whose_bytes_are_gone_is_a_fault_of_that_delivery_alone(collection: Collection) -> None:
    _land_two(collection)
    key = _lose(collection, "lost.csv")
    (collection.inbox / "survey_results" / "lost.csv").unlink()
    _, judged = collection.run("survey_results")
    assert [item.file for item in judged.deliveries] == ["kept.csv"]
    assert [(item.file, item.period) for item in judged.faults] == [("lost.csv", "2021-2023")]
    record = json.loads(collection.store.get("outcomes/run-1/survey_results.judge.json"))
    assert record["faults"][0]["fault"].startswith(f"{key} is gone: ")
    # It waits, and is told again, until somebody mends it; the same file sent again does.
    _, judged = collection.run("survey_results")
    assert ([item.file for item in judged.faults], judged.deliveries) == (["lost.csv"], ())
    collection.deliver("survey_results/again.csv", SURVEY.replace("2018-2020", "2021-2023"))
    landed, judged = collection.run("survey_results")
    assert landed.landed == ()
    assert [(item.file, item.verdict) for item in judged.deliveries] == [("lost.csv", "accepted")]
    assert judged.faults == ()


def test_a_delivery_that_is_shorter_than_its_receipt_says_is_a_fault(collection: Collection) -> None:
    _land_two(collection)
    key = _lose(collection, "lost.csv")
    collection.store.put(key, b"REF_")
    _, judged = collection.run("survey_results")
    (fault,) = judged.faults
    assert "has 4 bytes, and" in fault.fault
    assert [item.file for item in judged.deliveries] == ["kept.csv"]


def test_a_feed_with_a_lost_delivery_has_failed_in_part(collection: Collection) -> None:
    _land_two(collection)
    _lose(collection, "lost.csv")
    (collection.inbox / "survey_results" / "lost.csv").unlink()
    lines: list[str] = []
    collected = collect(
        collection.store,
        collection.layout,
        collection.registry,
        [Inbox.open(str(collection.inbox))],
        "run-1",
        collection.scratch,
        Progress(tell=lines.append),
    )
    assert list(collected.failures) == ["survey_results"]
    assert "lost.csv (TAXUD 2021-2023): NOT JUDGED" in collected.failures["survey_results"]
    assert any("kept.csv (TAXUD 2018-2020): accepted" in line for line in lines)
    assert any("lost.csv (TAXUD 2021-2023): NOT JUDGED" in line for line in lines)
