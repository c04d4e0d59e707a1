"""Whose a file is: by folder, by header, by both; and what a person is told when it is nobody's."""

from __future__ import annotations

import pytest

from customs_monitor.collection.inbox import Inbox, InboxError, look_through
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


def test_unfinished_uploads_and_hidden_files_are_left_alone(collection: Collection) -> None:
    for name in ("survey_results/survey.csv.part", "survey_results/.survey.csv", "survey_results/survey.csv~"):
        collection.deliver(name, SURVEY)
    assert decisions(collection) == ({}, {})


def test_an_inbox_that_does_not_exist_is_an_error_that_says_what_to_give() -> None:
    with pytest.raises(InboxError, match="give a folder that holds <feed>/<file>"):
        Inbox.open("/nowhere/at/all")
