"""The same deliveries, in any order of arrival and in any number of runs, give the same bytes.

The order in which deliveries of one group (feed, period, sender) arrive is part of the input; that of groups is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_monitor.contracts import Registry
from customs_monitor.release import release_now
from customs_storage import ObjectStore, open_store
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from support.collection import RATES, SURVEY, Collection
from support.published import data_files

pytestmark = pytest.mark.e2e

SYSTEMS = (
    "reference_period,system_code,work_type,aspect,actor,release,status,status_basis,completed_date,planned_date,"
    "milestone,source\n"
    '2020,REX,NEW,DEPLOYMENT,COM,_Z,COMPLETED,PRINTED,,,"Completed, deployed",section 2.1.3\n'
    '2020,REX,NEW,OPERATION,COM,_Z,COMPLETED,PRINTED,,,"Completed, in operation",section 2.1.3\n'
)
#: One file per group, but for the survey of 2018-2020, which is sent twice: the second one supersedes the first.
FILES = {
    "survey_results/survey_2018-2020.csv": SURVEY,
    "survey_results/survey_2018-2020_mended.csv": SURVEY.replace(",3,14,", ",3,13,").replace(",4,11,", ",4,12,"),
    "exchange_rates/eurofxref-hist.csv": RATES,
    "it_systems/it_systems_2020.csv": SYSTEMS,
    "it_systems/it_systems_2021.csv": SYSTEMS.replace("2020,REX", "2021,REX"),
}
SUPERSEDED, MENDED = list(FILES)[:2]

#: Orders of arrival in which the mended survey comes after the one it mends, each with where one run ends.
arrivals = st.tuples(
    st.permutations(list(FILES)).map(
        lambda order: (
            order
            if order.index(SUPERSEDED) < order.index(MENDED)
            else [{SUPERSEDED: MENDED, MENDED: SUPERSEDED}.get(name, name) for name in order]
        )
    ),
    st.lists(st.booleans(), min_size=len(FILES) - 1, max_size=len(FILES) - 1),
)


def in_runs(order: Sequence[str], ends: Sequence[bool]) -> list[list[str]]:
    """Cut an order of arrival into runs: one ends after a delivery where `ends` says so."""
    numbers = list(accumulate([0, *ends]))
    return [[name for name, number in zip(order, numbers, strict=True) if number == run] for run in set(numbers)]


class Platform:
    """A registry, and fresh stores to collect into."""

    def __init__(self, folder: Path) -> None:
        self.registry = Registry.load()
        self.layout = Layout.load()
        self._folder = folder
        self._stores = 0

    def collected(self, runs: Sequence[Sequence[str]]) -> ObjectStore:
        """Return a new store after these runs; files stay in the inbox."""
        self._stores += 1
        folder = self._folder / str(self._stores)
        for part in ("inbox", "scratch"):
            (folder / part).mkdir(parents=True)
        store = open_store((folder / "store").as_uri())
        collection = Collection(store, self.layout, self.registry, folder / "inbox", folder / "scratch")
        for names in runs:
            for name in names:
                collection.deliver(name, FILES[name])
            for feed in sorted({name.partition("/")[0] for name in names}):
                collection.run(feed)
        return store

    def release(self, store: ObjectStore) -> dict[str, str]:
        """Publish, and return the hashes of the data files."""
        self._stores += 1
        scratch = self._folder / f"release-{self._stores}"
        scratch.mkdir()
        assert release_now(store, self.layout, self.registry, "run-release", scratch) is not None
        found = data_files(store)
        assert found
        return found


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return Platform(tmp_path_factory.mktemp("order"))


@pytest.fixture(scope="module")
def collected(platform: Platform) -> ObjectStore:
    """The store after one run over all files in the order of their names."""
    return platform.collected([list(FILES)])


@pytest.fixture(scope="module")
def released(platform: Platform, collected: ObjectStore) -> dict[str, str]:
    """The data files of the release that rests on it."""
    return platform.release(collected)


def accepted(store: ObjectStore) -> dict[str, str]:
    """Return the hashes of the accepted rows and of what was judged."""
    return {
        info.key: sha256_of(store.get(info.key))
        for prefix in ("accepted/", "judgements/")
        for info in store.list(prefix)
    }


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(arrival=arrivals)
def test_accepted_rows_do_not_depend_on_the_order(
    platform: Platform, collected: ObjectStore, arrival: tuple[list[str], list[bool]]
) -> None:
    expected = accepted(collected)
    assert len([key for key in expected if key.startswith("accepted/")]) == len(FILES)
    assert accepted(platform.collected(in_runs(*arrival))) == expected


def test_the_files_of_a_release_do_not_depend_on_the_order(platform: Platform, released: dict[str, str]) -> None:
    others = [name for name in FILES if name not in (SUPERSEDED, MENDED)]
    apart = platform.collected([[name] for name in [*reversed(others), SUPERSEDED, MENDED]])
    assert platform.release(apart) == released
    assert {"indicators/o4-3/o4-3.csv", "indicators/o12-3/o12-3.parquet", "marts/survey/survey.csv"} <= released.keys()


def test_within_a_group_the_order_is_the_input(
    platform: Platform, collected: ObjectStore, released: dict[str, str]
) -> None:
    others = [name for name in FILES if name not in (SUPERSEDED, MENDED)]
    swapped = platform.collected([[MENDED], [SUPERSEDED, *others]])
    assert accepted(swapped) == accepted(collected)
    assert platform.release(swapped) != released
