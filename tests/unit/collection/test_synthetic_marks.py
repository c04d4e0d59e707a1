"""What an inbox says of its deliveries: made up, all of it or folder by folder."""

from __future__ import annotations

import pytest

from customs_monitor.collection.in_force import in_force
from customs_monitor.collection.inbox import Inbox, InboxError
from support.collection import RATES, SURVEY, Collection


def test_a_folder_of_an_inbox_can_be_synthetic_beside_real_ones(collection: Collection) -> None:
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.deliver("survey_results/provenance.json", '{"synthetic": true}')
    collection.deliver("exchange_rates/eurofxref-hist.csv", RATES)
    for feed in ("survey_results", "exchange_rates"):
        collection.run(feed)
    marks = {
        item.receipt.feed: item.receipt.synthetic
        for item in in_force(collection.store, collection.layout, collection.registry)
    }
    assert marks == {"survey_results": True, "exchange_rates": False}


def test_the_mark_of_a_folder_is_no_delivery(collection: Collection) -> None:
    collection.deliver("survey_results/provenance.json", '{"synthetic": true}')
    assert list(Inbox.open(str(collection.inbox)).files(collection.scratch)) == []


def test_a_mark_of_the_inbox_holds_for_its_folders(collection: Collection) -> None:
    collection.deliver("provenance.json", '{"synthetic": true}')
    collection.deliver("survey_results/provenance.json", '{"synthetic": false}')
    collection.deliver("survey_results/survey.csv", SURVEY)
    (file,) = Inbox.open(str(collection.inbox)).files(collection.scratch)
    assert file.synthetic


def test_a_mark_of_a_folder_that_says_nothing_is_an_error(collection: Collection) -> None:
    collection.deliver("survey_results/provenance.json", "{}")
    with pytest.raises(InboxError, match=r'survey_results/provenance.json must be \{"synthetic": true\} or false'):
        Inbox.open(str(collection.inbox))
