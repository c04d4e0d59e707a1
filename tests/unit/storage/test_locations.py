from __future__ import annotations

from pathlib import Path

import pytest

from customs_storage import InvalidKey, StoreError, open_store


def test_a_folder_has_three_spellings(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"

    urls = {open_store(location).url for location in (folder, str(folder), folder.as_uri())}

    assert urls == {folder.as_uri()}
    assert folder.as_uri().endswith("a%20folder")


def test_the_environment_names_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOMS_MONITOR_STORE", str(tmp_path / "named"))
    assert open_store().url == (tmp_path / "named").as_uri()

    monkeypatch.delenv("CUSTOMS_MONITOR_STORE")
    monkeypatch.chdir(tmp_path)
    assert open_store().url == (tmp_path / "data").as_uri()


@pytest.mark.usefixtures("aws_variables")
def test_a_bucket_may_have_a_prefix() -> None:
    assert open_store("s3://bucket").url == "s3://bucket"
    assert open_store("s3://bucket/").url == "s3://bucket"
    assert open_store("s3://bucket/a/b/").url == "s3://bucket/a/b"


@pytest.mark.parametrize(
    "location",
    ["", "file://host/x", "file://", "file:///", "https://x/y", "s3://", "s3:///x", "s3://b?x=1", "s3://b/a#b"],
)
def test_what_names_no_store_is_refused(location: str) -> None:
    with pytest.raises(StoreError, match="give file:///folder"):
        open_store(location) if location else open_store(Path(location).name)


def test_a_password_in_the_url_is_refused_and_not_told() -> None:
    with pytest.raises(StoreError) as told:
        open_store("s3://key:hidden@bucket/x")
    assert "hidden" not in str(told.value)


def test_a_prefix_that_climbs_is_refused() -> None:
    with pytest.raises(InvalidKey):
        open_store("s3://bucket/a/../b")
