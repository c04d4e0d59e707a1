from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from customs_storage import ObjectNotFound, ObjectStore, PreconditionFailed, StoreError
from customs_storage.canonical import canonical_json
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import (
    GateVerdict,
    Manifest,
    ManifestDelivery,
    ManifestError,
    ManifestFile,
    Problem,
    read_manifest,
    verify,
)
from customs_storage.pointer import Latest, read_latest, swap_latest

LAYOUT = Layout.load()
FILES = {"indicators/o4-3/o4-3.csv": b"a,b\n1,2\n", "site/index.html": b"<!doctype html>"}


def delivery(sender: str) -> ManifestDelivery:
    return ManifestDelivery(
        feed="survey_results",
        period="2018-2020",
        sender=sender,
        delivery_id="9f86d081",
        sha256="0" * 64,
        received_at=datetime(2026, 10, 1, 8, tzinfo=timezone(timedelta(hours=2))),
        origin="storage/samples/survey_results/scores.csv",
        synthetic=False,
    )


def manifest(files: dict[str, bytes] = FILES, release_id: str = "r1") -> Manifest:
    return Manifest(
        release_id=release_id,
        created_at=datetime(2026, 10, 1, 6, tzinfo=UTC),
        code_version="0.1.0+abc",
        input_fingerprint="1" * 64,
        contract_fingerprints={"survey_results": "2" * 64},
        lock_fingerprint="3" * 64,
        files=[ManifestFile(path=path, sha256=sha256_of(data), size=len(data)) for path, data in files.items()],
        deliveries=[delivery("SE"), delivery("EL")],
        gate=[GateVerdict(check="coverage", verdict="passed", detail="26 of 27 senders")],
    )


def publish(store: ObjectStore, release: Manifest, area: str = "release_file") -> Latest:
    for path, data in FILES.items():
        store.put(LAYOUT.key(area, release_id=release.release_id, path=path), data)
    if area == "restricted_file":
        key = LAYOUT.key(area, release_id=release.release_id, path="manifest.json")
    else:
        key = LAYOUT.key("manifest", release_id=release.release_id)
    store.put(key, release.to_bytes())
    return Latest(release_id=release.release_id, manifest=key, sha256=sha256_of(release.to_bytes()))


def test_a_manifest_is_read_as_it_was_written(store: ObjectStore) -> None:
    publish(store, manifest())

    assert read_manifest(store, "r1") == manifest()
    with pytest.raises(ObjectNotFound, match=r"releases/absent/manifest.json"):
        read_manifest(store, "absent")


def test_the_order_of_the_parts_does_not_change_the_bytes() -> None:
    one = manifest()
    other = Manifest.model_validate(
        one.model_dump() | {"files": list(one.files)[::-1], "deliveries": list(one.deliveries)[::-1]}
    )

    assert other.to_bytes() == one.to_bytes()
    assert [one.sender for one in other.deliveries] == ["EL", "SE"]
    assert b'"received_at":"2026-10-01T06:00:00Z"' in one.to_bytes(), "times are in UTC"


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"created_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - a time without a zone is the point
        {"input_fingerprint": "ABC"},
        {"gate": [{"check": "c", "verdict": "fine", "detail": ""}]},
        {"files": [ManifestFile(path="a", sha256="0" * 64, size=1)] * 2},
        {"code_version": 1},
    ],
)
def test_what_is_no_manifest_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Manifest.model_validate(manifest().model_dump() | change)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../other", "a/../../b", "a//b"])
def test_a_file_of_a_manifest_lies_in_its_release(path: str) -> None:
    with pytest.raises(ValidationError, match="is no key"):
        ManifestFile(path=path, sha256="0" * 64, size=0)


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_another_version_of_the_manifest_is_refused_by_number(version: object) -> None:
    document = json.loads(manifest().to_bytes()) | {"version": version}

    with pytest.raises(ManifestError, match="reads version 1: use the release of Customs Monitor that wrote it"):
        Manifest.from_bytes(json.dumps(document).encode(), "k")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b'{"version": 1}', b"[" * 5_000])
def test_what_is_no_manifest_is_refused_with_its_key(data: bytes) -> None:
    with pytest.raises(ManifestError, match="the-key"):
        Manifest.from_bytes(data, "the-key")


@pytest.mark.parametrize("area", ["release_file", "restricted_file"])
def test_a_whole_release_has_no_problem(store: ObjectStore, area: str) -> None:
    publish(store, manifest(), area)

    assert verify(store, "r1", area=area) == []  # type: ignore[arg-type]
    assert verify(store, manifest(), area=area) == []  # type: ignore[arg-type]


def test_every_problem_of_a_release_is_told(store: ObjectStore) -> None:
    publish(store, manifest())
    folder = LAYOUT.prefix("release_file", release_id="r1")
    claimed = {**FILES, "site/missing.html": b"x", "site/longer.html": b"abcd", "site/other.html": b"abc"}
    store.put(f"{folder}site/longer.html", b"abc")
    store.put(f"{folder}site/other.html", b"abd")
    store.put(f"{folder}extra/file", b"")

    problems = verify(store, manifest(claimed))

    assert [(problem.kind, problem.key.removeprefix(folder)) for problem in problems] == [
        ("extra", "extra/file"),
        ("altered", "site/longer.html"),
        ("missing", "site/missing.html"),
        ("altered", "site/other.html"),
    ]
    assert problems[1].detail == "has 3 bytes, should have 4"
    assert sha256_of(b"abd") in problems[3].detail


def test_a_manifest_that_was_exchanged_is_told(store: ObjectStore) -> None:
    latest = publish(store, manifest())
    swap_latest(store, latest, None)
    assert verify(store, "r1") == []

    store.delete(latest.manifest)
    forged = manifest().model_copy(update={"code_version": "forged"})
    store.put(latest.manifest, forged.to_bytes())

    assert verify(store, "r1") == [
        Problem(
            "altered",
            latest.manifest,
            f"has SHA-256 {sha256_of(forged.to_bytes())}, latest.json says {latest.sha256}",
        )
    ]


def test_latest_moves_from_release_to_release(store: ObjectStore) -> None:
    assert read_latest(store) is None
    first, second = (publish(store, manifest(release_id=name)) for name in ("r1", "r2"))

    swap_latest(store, first, None)
    assert read_latest(store) == first
    swap_latest(store, second, first)
    assert read_latest(store) == second
    assert json.loads(store.get("published/latest.json")) == {
        "release_id": "r2",
        "manifest": "published/releases/r2/manifest.json",
        "sha256": second.sha256,
    }


def test_latest_does_not_move_under_another_publisher(store: ObjectStore) -> None:
    first, second, third = (publish(store, manifest(release_id=name)) for name in ("r1", "r2", "r3"))
    swap_latest(store, first, None)
    swap_latest(store, second, first)

    for expected, seen in ((first, "r1"), (None, "nothing")):
        with pytest.raises(PreconditionFailed, match=f"was {seen} and is now r2"):
            swap_latest(store, third, expected)
    assert read_latest(store) == second


def test_a_latest_that_names_nothing_is_explained(store: ObjectStore) -> None:
    store.put("published/latest.json", b'{"release_id": "r1"}')

    with pytest.raises(StoreError, match=r"latest\.json names no release"):
        read_latest(store)


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}\n'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(float("nan"))
