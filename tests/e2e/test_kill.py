"""`kill -9` of the pipeline at any moment: readers see whole releases, and the next run completes."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from customs_monitor.contracts import Registry
from customs_storage.layout import Layout
from support.killing import Killable

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

KILLS = 50
#: Kills between two runs that end by themselves.
_BETWEEN = 10
#: Kills between two deliveries, so that there is always something to land, judge and publish.
_FRESH = 2


@pytest.fixture(params=["file", pytest.param("rgw", marks=pytest.mark.rig)])
def store_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two empty stores: one for the killed runs, one for the undisturbed."""
    base = request.getfixturevalue("rgw").url if request.param == "rgw" else tmp_path.as_uri()
    return f"{base}/killed", f"{base}/undisturbed"


def test_a_kill_at_any_moment_loses_nothing_and_shows_no_mix(store_urls: tuple[str, str], tmp_path: Path) -> None:
    registry, layout = Registry.load(), Layout.load()
    # A run must not make its files under a folder that is itself the store's.
    killed = Killable(store_urls[0], tmp_path / "of-killed", registry, layout)
    undisturbed = Killable(store_urls[1], tmp_path / "of-undisturbed", registry, layout)
    undisturbed.deliver(0)
    started = time.monotonic()
    undisturbed.complete()
    seconds = time.monotonic() - started

    random = Random(20_261_124)
    kills = number = 0
    while kills < KILLS:
        if kills % _FRESH == 0:
            killed.deliver(number)
            number += 1
        # A run that found nothing left to do may have ended before the blow, and is no kill.
        if not killed.kill_somewhere(random, seconds):
            killed.look()
            killed.deliver(number)
            number += 1
            continue
        kills += 1
        killed.look()
        if kills % _BETWEEN == 0:
            killed.complete()
    killed.complete()

    for later in range(1, number):
        undisturbed.deliver(later)
    undisturbed.complete()
    assert killed.data_files() == undisturbed.data_files()
    assert any(path.startswith("indicators/o4-3/") for path in killed.data_files())
