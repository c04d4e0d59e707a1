"""Whose a file is: by folder, by header, by both; and what a person is told when it is nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from customs_monitor.collection.inbox import Inbox, InboxError, InboxFile, look_through
from customs_monitor.intake import Sniffed, sniff
from support.collection import RATES, SURVEY, Collection


def decisions(collection: Collection) -> tuple[dict[str, str], dict[str, str]]:
    found = look_through([Inbox.open(str(collection.inbox))], collection.registry, collection.scratch)
    claimed = {file.name: f"{feed}/{claim.layout}" for feed, files in found.claimed.items() for file, claim in files}
    return claimed, {file.name: decision.reason for file, decision in found.unclaimed}


def test_a_folder_named_after_a_feed_is_its_own_whatever_the_header(collection: Collection) -> None:
    collection.deliver("survey_results/rates.csv", RATES)
    claimed, unclaimed = decisions(collection)
    assert claimed == {"survey_results/rates.csv": "survey_results/template"}
    assert unclaimed == {}


def test_a_file_that_is_another_feeds_says_so(collection: Collection) -> None:
    collection.deliver("survey_results/rates.csv", RATES)
    found = look_through([Inbox.open(str(collection.inbox))], collection.registry, collection.scratch)
    ((_, claim),) = found.claimed["survey_results"]
    assert not claim.fits
    assert claim.looks_like == ("exchange_rates",)


def test_elsewhere_path_and_header_decide(collection: Collection) -> None:
    collection.deliver("fx/rates.csv", RATES)
    claimed, _ = decisions(collection)
    assert claimed == {"fx/rates.csv": "exchange_rates/history"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("loose.csv", "in no folder"),
        ("somewhere/survey.csv", "no contract names the folder somewhere"),
    ],
)
def test_a_file_of_nobody_is_named_with_the_reason(collection: Collection, name: str, reason: str) -> None:
    collection.deliver(name, SURVEY)
    claimed, unclaimed = decisions(collection)
    assert claimed == {}
    assert reason in unclaimed[name]


def test_a_packed_file_in_a_folder_of_several_feeds_is_to_be_unpacked(collection: Collection) -> None:
    collection.deliver("comext/full_v2_202402.7z", b"7z\xbc\xaf\x27\x1c" + bytes(20))
    _, unclaimed = decisions(collection)
    assert "it is a 7-Zip archive: unpack it" in unclaimed["comext/full_v2_202402.7z"]


def test_a_text_with_a_title_above_its_table_is_judged_as_text_and_not_as_a_workbook(collection: Collection) -> None:
    collection.deliver(
        "comtrade_mirror/exports_2026.csv", "Exports in 2026\n\nreporter;partner;value;year\nJP;EL;1;2026\n"
    )
    claimed, _ = decisions(collection)
    layout = claimed["comtrade_mirror/exports_2026.csv"].removeprefix("comtrade_mirror/")
    assert collection.registry.feeds["comtrade_mirror"].layout(layout).format.type == "csv"


def test_unfinished_uploads_and_hidden_files_are_left_alone(collection: Collection) -> None:
    for name in ("survey_results/survey.csv.part", "survey_results/.survey.csv", "survey_results/survey.csv~"):
        collection.deliver(name, SURVEY)
    assert decisions(collection) == ({}, {})


def test_an_inbox_that_does_not_exist_is_an_error_that_says_what_to_give() -> None:
    with pytest.raises(InboxError, match="give a folder that holds <feed>/<file>"):
        Inbox.open("/nowhere/at/all")


def test_no_file_is_opened_for_a_feed_that_cannot_have_it(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("survey_results/survey.csv", "exchange_rates/rates.csv", "fx/rates.csv", "loose.csv"):
        collection.deliver(name, RATES if "rates" in name else SURVEY)
    opened: list[str] = []
    monkeypatch.setattr(
        "customs_monitor.collection.inbox.sniff", lambda path: (opened.append(path.parent.name), sniff(path))[1]
    )
    inboxes = [Inbox.open(str(collection.inbox))]
    everything = look_through(inboxes, collection.registry, collection.scratch).claimed
    for feed in collection.registry.feeds:
        opened.clear()
        found = look_through(inboxes, collection.registry, collection.scratch, only=feed).claimed
        assert [file.name for file, _ in found.get(feed, [])] == [file.name for file, _ in everything.get(feed, [])]
        assert opened == {"survey_results": ["survey_results"], "exchange_rates": ["exchange_rates", "fx"]}.get(
            feed, []
        )


def test_a_file_that_cannot_be_opened_is_named_and_the_others_go_on(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    lost = collection.deliver("survey_results/another.csv", SURVEY)
    inbox = Inbox.open(str(collection.inbox))
    listed = list(inbox.files(collection.scratch))
    lost.unlink()

    class AsListed(Inbox):
        def files(self, *_: object, **__: object) -> Iterator[InboxFile]:
            return iter(listed)

    found = look_through([AsListed(inbox.url, inbox.store, False)], collection.registry, collection.scratch)
    assert [file.name for file, _ in found.claimed["survey_results"]] == ["survey_results/survey.csv"]
    ((file, decision),) = found.unclaimed
    assert (file.name, decision.reason) == (
        "survey_results/another.csv",
        "it cannot be opened: No such file or directory",
    )


def test_a_file_that_the_platform_stumbles_over_is_named_and_the_others_go_on(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.deliver("survey_results/another.csv", SURVEY)

    def stumbling(path: Path) -> Sniffed:
        if path.name == "another.csv":
            raise NotImplementedError("a kind nobody thought of")
        return sniff(path)

    monkeypatch.setattr("customs_monitor.collection.inbox.sniff", stumbling)
    claimed, unclaimed = decisions(collection)
    assert list(claimed) == ["survey_results/survey.csv"]
    assert unclaimed == {
        "survey_results/another.csv": "looking at it failed, a fault of the platform (NotImplementedError: a kind "
        "nobody thought of): report it with the file; it stays in the inbox"
    }


@pytest.mark.parametrize("name", ["an inbox", "a,b", "50 %", "Zoll/Übergabe"])
def test_an_inbox_is_found_again_by_its_own_url(collection: Collection, name: str) -> None:
    folder = collection.inbox / name
    folder.mkdir(parents=True)
    inbox = Inbox.open(str(folder))
    # So the embedded Airflow hands inboxes to its tasks.
    assert "," not in inbox.url
    assert Inbox.open(inbox.url).url == inbox.url


@pytest.mark.parametrize("content", ['{"synthetic": "false"}', "[]", "no json", "{}"])
def test_a_provenance_that_does_not_say_yes_or_no_is_an_error(collection: Collection, content: str) -> None:
    collection.deliver("provenance.json", content)
    with pytest.raises(InboxError, match=r'must be \{"synthetic": true\} or false'):
        Inbox.open(str(collection.inbox))


@pytest.mark.parametrize("url", ["ftp://host/dir", "s3://", ""])
def test_what_is_no_inbox_is_not_called_a_store(url: str) -> None:
    with pytest.raises(InboxError, match="is no inbox: give a folder or s3://"):
        Inbox.open(url)
