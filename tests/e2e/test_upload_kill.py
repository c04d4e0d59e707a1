"""`kill -9` at any moment of upload, check and confirm: another process goes on; nothing is lost, nothing is twice.

After every single write of the whole way (in `make test` after every third one), and at points of time, drawn by the
seed below over the measured length of an undisturbed run.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from customs_monitor.collection.acknowledgement import verify
from customs_monitor.collection.landing import receipts
from customs_monitor.collection.ledger import events
from customs_monitor.collection.life import life_of
from customs_monitor.collection.signing import public_keys
from customs_monitor.collection.uploads import uploads_of
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from support.stores import Stores
from support.uploading import FEED, PLACE, SENDER, statistics
from support.warm_runs import WarmRuns

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

_SERVER = Path(__file__).parents[1] / "support" / "upload_server.py"
#: After so many kills a run is left to come to its end, also where none has done so by itself.
_KILLS_IN_A_ROUND = 10
_SEED = 20_261_129


def lasting(store: ObjectStore) -> dict[str, bytes]:
    """Return what does not tell the time: bytes as received, accepted rows, verdicts, and the names of reports."""
    found = {}
    for info in store.list():
        top, *_, name = info.key.split("/")
        if top == "rejected":
            found[info.key] = b""
        elif top in ("accepted", "judgements") or (top == "landing" and name != "receipt.json"):
            found[info.key] = store.get(info.key)
    return found


def assert_once(store: ObjectStore, layout: Layout, registry: Registry) -> None:
    """Find two deliveries, three sendings with an acknowledgement each, and nothing half done."""
    landed = list(receipts(store, layout, feed=FEED))
    assert sorted(item.sequence for item in landed) == [1, 2]
    ledger = events(store, layout, PLACE)
    assert [(event.number, event.kind) for event in ledger] == [(1, "sent"), (2, "sent"), (3, "resent")]
    first, second, again = (event.delivery_id for event in ledger)
    assert first == again != second
    assert [(item.version, item.state) for item in life_of(store, layout, registry, PLACE)] == [
        (2, "superseded"),
        (1, "accepted"),
    ]
    assert [status.state for status in uploads_of(store, layout, SENDER)] == ["sent"] * 3

    given = [info.key for info in store.list(layout.prefix("acknowledgement"))]
    assert len(given) == 6, given
    keys = public_keys(store, layout)
    claims = [verify(store.get(key), keys) for key in given]
    assert sorted((one.event, one.delivery_id) for one in claims) == sorted(
        (event.number, event.delivery_id) for event in ledger for _ in ("json", "pdf")
    )
    assert not [info.key for info in store.list() if "/part/" in info.key], "parts are left"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """What is sent: a version, another one, and the first again."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, hits in (("1", 100), ("2", 90), ("3", 100)):
        (folder / f"{name}.csv").write_bytes(statistics(hits))
    return folder


@pytest.mark.parametrize(
    ("kind", "writes"),
    [
        pytest.param("folder", 3, id="file-every-third"),
        pytest.param("folder", 1, id="file", marks=pytest.mark.rig),
        pytest.param("rgw", 1, id="rgw", marks=pytest.mark.rig),
    ],
)
def test_a_kill_after_every_single_write(
    kind: str, writes: int, files: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    stores: Stores = request.getfixturevalue(f"{kind}_stores")
    kills = 0
    with WarmRuns(tmp_path, stores.environment, _SERVER) as runs:
        runs.complete(stores.url("undisturbed"), files)
        # Every process gets as many writes further than the one before.
        while runs.dies(stores.url("killed"), files, writes):
            kills += 1
            assert kills < 500, "no process gets any further"
    store = stores.open("killed")
    assert kills * writes > 70, f"{kills * writes} writes cannot be all of them: what is counted?"
    assert_once(store, Layout.load(), Registry.load())
    assert lasting(store) == lasting(stores.open("undisturbed"))


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        pytest.param("folder", 4, id="file"),
        pytest.param("folder", 30, id="file-30", marks=pytest.mark.rig),
        pytest.param("rgw", 60, id="rgw", marks=pytest.mark.rig),
    ],
)
def test_a_kill_at_any_moment(
    kind: str, kills: int, files: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    stores: Stores = request.getfixturevalue(f"{kind}_stores")
    layout, registry, random = Layout.load(), Registry.load(), Random(_SEED)
    done = rounds = 0
    with WarmRuns(tmp_path, stores.environment, _SERVER) as runs:
        seconds = runs.complete(stores.url("undisturbed"), files)
        undisturbed = lasting(stores.open("undisturbed"))
        while done < kills:
            rounds += 1
            assert rounds < kills + 20, "most runs end before they are killed: the measured length is wrong"
            store = stores.open(f"round-{rounds}")
            points = []
            for _ in range(min(_KILLS_IN_A_ROUND, kills - done)):
                points.append(random.uniform(0, seconds))
                if not runs.kill(store.url, files, points[-1]):
                    # What is left takes less time, and so may a machine that others use.
                    seconds *= 0.9
                    break
                done += 1
            runs.complete(store.url, files)
            assert_once(store, layout, registry)
            assert lasting(store) == undisturbed, f"round {rounds}, killed after {points} s"
