"""The made-up samples beside the real ones: a small part of a synthetic EU, marked so, and made again byte by byte.

`CUSTOMS_MONITOR_SAMPLES=write .venv/bin/pytest tests/unit/synth/test_samples.py` writes them anew.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.synth.generate import synthesise

REAL = {"action_plan_status", "it_systems", "survey_results"}
#: Who reports to each collection, so that `make run` stays short; registers come for one year or two quarters.
SENDERS = {
    "control_statistics": ("2026-Q2", "AT BE DE EL ES FI FR IT LU NL PL PT SE"),
    "crc_statistics": ("2026-Q2", "AT BE DE EL ES FR IE IT LU NL PL SE"),
    "crc_combination_statistics": ("2026-Q2", "BE DE ES FR IT LU NL"),
    "ms_questionnaire": ("2021-2023", "AT BE DE EL ES FR IE IT LU NL PL"),
}
PERIODS = {"2025", "2026-Q1", "2026-Q2", "2021-2023"}
MEMBERS = ("AT", "BE", "DE", "EL", "ES", "FI", "FR", "IE", "IT", "LU", "NL", "PL", "PT", "SE")


@pytest.fixture(scope="module")
def made(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the samples by `<feed>/<file>`."""
    out = tmp_path_factory.mktemp("samples") / "eu"
    synthesise(registry, out, seed=2026, first="2023-Q4", last="2026-Q2", rows=150, members=MEMBERS)
    found = {
        path.relative_to(out / "inbox").as_posix(): path.read_bytes()
        for path in sorted(out.glob("inbox/*/*"))
        if path.parent.name not in REAL and _is_sample(path.parent.name, path.stem.removeprefix(f"{path.parent.name}_"))
    }
    mark = (out / "inbox" / "provenance.json").read_bytes()
    return found | {f"{name.partition('/')[0]}/provenance.json": mark for name in found}


def _is_sample(feed: str, rest: str) -> bool:
    period, *sender, _version = rest.split("_")
    if feed not in SENDERS:
        return period in PERIODS
    wanted, senders = SENDERS[feed]
    return period == wanted and sender[0] in senders.split()


@pytest.fixture(scope="module")
def samples(registry: Registry, made: dict[str, bytes]) -> Path:
    folder = registry.project.samples
    if os.environ.get("CUSTOMS_MONITOR_SAMPLES") == "write":
        for old in folder.iterdir():
            if old.name not in REAL:
                shutil.rmtree(old)
        for name, content in made.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    return folder


def test_the_samples_are_those_the_generator_makes(samples: Path, made: dict[str, bytes]) -> None:
    there = {
        path.relative_to(samples).as_posix(): path.read_bytes()
        for path in sorted(samples.glob("*/*"))
        if path.parent.name not in REAL
    }
    assert sorted(there) == sorted(made), "write the samples anew, see above"
    for name, content in made.items():
        assert _parts(there[name]) == _parts(content), f"{name}: write the samples anew, see above"


def _parts(content: bytes) -> object:
    """Return a file as it is, a workbook as its parts: how they are packed differs between releases of Python."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def test_every_made_up_folder_says_so_and_no_real_one_does(samples: Path) -> None:
    for folder in samples.iterdir():
        mark = folder / "provenance.json"
        assert mark.exists() is (folder.name not in REAL), folder.name
        assert folder.name in REAL or json.loads(mark.read_text()) == {"synthetic": True}


def test_all_feeds_behind_the_indicators_have_a_small_sample(registry: Registry, samples: Path) -> None:
    feeds = {feed for feed, contract in registry.feeds.items() if contract.domain in ("collections", "registers")}
    assert feeds | REAL == {folder.name for folder in samples.iterdir()}
    collected = [path for feed in SENDERS for path in (samples / feed).iterdir() if path.name != "provenance.json"]
    assert len(collected) <= 45
    assert max(path.stat().st_size for path in samples.glob("*/*")) < 30_000
