"""What only a store on S3 can get wrong: lost answers, parts, endpoints, credentials."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from customs_storage import ChecksumMismatch, PreconditionFailed, StoreError, StoreUnavailable, open_store
from customs_storage.s3 import S3Store
from customs_storage.s3_client import connect
from rigs.fixtures import Bucket

PARTS_ABOVE = 20 << 20
ON_RGW = pytest.param("rgw", marks=pytest.mark.rig)


@pytest.fixture(params=["moto", ON_RGW])
def s3(request: pytest.FixtureRequest) -> Iterator[S3Store]:
    """A store that sends what is above 20 MiB in parts."""
    if request.param == "rgw":
        yield S3Store(request.getfixturevalue("rgw").name, "prefix", single_put_limit=PARTS_ABOVE)
        return
    request.getfixturevalue("aws_variables")
    with mock_aws():
        client = connect()
        client.create_bucket(Bucket="bucket")
        yield S3Store("bucket", "prefix", client=client, single_put_limit=PARTS_ABOVE)


class LosesAnswers:
    """A client whose first conditional write succeeds, but whose answer is lost: the library's repetition gets 412."""

    def __init__(self, client: Any, operation: str) -> None:
        self._client = client
        self._operation = operation

    def __getattr__(self, name: str) -> Any:
        if name != self._operation:
            return getattr(self._client, name)

        def lost(**arguments: Any) -> Any:
            done = getattr(self._client, name)(**arguments)
            if not arguments["Key"].endswith("/k"):
                return done
            self._operation = ""
            answer = {"Error": {"Code": "PreconditionFailed"}, "ResponseMetadata": {"HTTPStatusCode": 412}}
            raise ClientError(answer, name)  # type: ignore[arg-type]

        return lost


def losing(store: S3Store, operation: str) -> S3Store:
    client: Any = LosesAnswers(store._client, operation)
    return S3Store(store._bucket, "prefix", client=client, single_put_limit=PARTS_ABOVE)


def test_a_lost_answer_to_a_creation_is_recognised(s3: S3Store) -> None:
    assert losing(s3, "put_object").put_if_absent("k", b"mine")
    assert not s3.put_if_absent("k", b"mine"), "another writer of the same bytes is still another writer"


def test_a_lost_answer_to_a_replacement_is_recognised(s3: S3Store) -> None:
    first = s3.compare_and_set("k", b"one", None)

    second = losing(s3, "put_object").compare_and_set("k", b"two", first)

    assert s3.get_version("k") == (b"two", second)
    with pytest.raises(PreconditionFailed):
        s3.compare_and_set("k", b"two", first)


def test_a_lost_answer_to_the_last_part_is_recognised(s3: S3Store) -> None:
    assert losing(s3, "complete_multipart_upload").put_if_absent("k", bytes(PARTS_ABOVE + 1))


def test_a_large_object_goes_in_parts(s3: S3Store, tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 33
    source = tmp_path / "large"
    source.write_bytes(data)

    info = s3.put("k", source)

    assert info.size == len(data)
    assert info.etag.strip('"').endswith("-3")
    assert s3.get("k") == data
    assert s3.put("k", source) == info
    assert not s3.put_if_absent("k", bytes(PARTS_ABOVE + 1))
    uploads = s3._client.list_multipart_uploads(Bucket=s3._bucket)
    assert uploads.get("Uploads", []) == []


def test_an_object_that_appears_while_parts_are_sent_wins(s3: S3Store) -> None:
    class Interfered(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            chunk = super().read(size)
            if size == 16 << 20 and not chunk:
                s3.put("k", b"the other's")
            return chunk

    assert not s3.put_if_absent("k", Interfered(bytes(PARTS_ABOVE + 1)))
    assert s3.get("k") == b"the other's"
    assert s3._client.list_multipart_uploads(Bucket=s3._bucket).get("Uploads", []) == []


def test_a_source_that_changes_while_it_is_sent_is_not_stored(s3: S3Store, tmp_path: Path) -> None:
    class Changing(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            if offset == 0:
                self.getbuffer()[:1] = bytes([(self.getbuffer()[0] + 1) % 256])
            return super().seek(offset, whence)

    with pytest.raises((ChecksumMismatch, StoreError), match="changed while it was sent"):
        s3.put_if_absent("parts", Changing(bytes(PARTS_ABOVE + 1)))
    assert list(s3.list()) == []


def test_a_damaged_object_is_not_read_as_whole(s3: S3Store, tmp_path: Path) -> None:
    s3._client.put_object(Bucket=s3._bucket, Key="prefix/k", Body=b"damaged", Metadata={"sha256": "0" * 64})

    with pytest.raises(ChecksumMismatch, match=r"prefix: k has the SHA-256 .* restore it"):
        s3.get("k")
    with pytest.raises(ChecksumMismatch):
        s3.download("k", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_an_object_of_another_program_is_read_too(s3: S3Store) -> None:
    s3._client.put_object(Bucket=s3._bucket, Key="prefix/k", Body=b"theirs")
    s3._client.put_object(Bucket=s3._bucket, Key="prefix/folder/", Body=b"")

    assert s3.get("k") == b"theirs"
    assert s3.put("k", b"theirs").size == 6
    assert [info.key for info in s3.list()] == ["k"]


def test_a_server_that_ignores_conditions_is_not_written_to(s3: S3Store) -> None:
    class Unconditional:
        def __getattr__(self, name: str) -> Any:
            return getattr(s3._client, name)

        def put_object(self, **arguments: Any) -> Any:
            arguments.pop("IfNoneMatch", None)
            return s3._client.put_object(**arguments)

    client: Any = Unconditional()
    store = S3Store(s3._bucket, "prefix", client=client)

    calls: list[Callable[[], object]] = [lambda: store.put("k", b""), lambda: store.compare_and_set("k", b"", None)]
    for call in calls:
        with pytest.raises(StoreError, match="does not honour conditional writes"):
            call()
    assert list(s3.list()) == []


@pytest.mark.rig
def test_ceph_16_does_not_honour_conditions_in_a_versioned_bucket(rgw: Bucket) -> None:
    store = open_store(rgw.url)
    client = connect()
    client.put_bucket_versioning(Bucket=rgw.name, VersioningConfiguration={"Status": "Enabled"})

    with pytest.raises(StoreError, match="use a bucket that never had versioning"):
        store.put("k", b"")


def test_two_prefixes_of_a_bucket_are_two_stores(s3: S3Store) -> None:
    other = S3Store(s3._bucket, "prefix2", client=s3._client)
    s3.put("k", b"1")
    other.put("k", b"2")

    assert (s3.get("k"), other.get("k")) == (b"1", b"2")
    assert [info.key for info in s3.list()] == ["k"]


def test_a_missing_bucket_is_named(s3: S3Store) -> None:
    store = S3Store("absent-bucket", client=s3._client)

    calls: list[Callable[[], object]] = [
        lambda: store.get("k"),
        lambda: store.head("k"),
        lambda: store.put("k", b""),
        lambda: store.compare_and_set("k", b"", '"1"'),
        lambda: list(store.list()),
    ]
    for call in calls:
        with pytest.raises(StoreError, match=r"absent-bucket.* no such bucket: create it"):
            call()


def test_wrong_credentials_are_named_and_not_told(rgw_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    with pytest.raises(StoreError, match="does not belong to the access key") as told:
        open_store(rgw_url).put("k", b"")
    assert "a-wrong-secret" not in str(told.value)

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-wrong-key")
    with pytest.raises(StoreError, match="does not know this access key"):
        open_store(rgw_url).put("k", b"")


@pytest.fixture(params=[ON_RGW])
def rgw_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("rgw").url)


@pytest.mark.usefixtures("aws_variables")
def test_without_credentials_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))

    with pytest.raises(StoreError, match="no credentials: set AWS_ACCESS_KEY_ID"):
        open_store("s3://bucket").get("k")


@pytest.mark.usefixtures("aws_variables")
def test_an_endpoint_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://someone:hidden@127.0.0.1:1")
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(StoreUnavailable, match=r"http://127.0.0.1:1 does not answer") as told:
        open_store("s3://bucket").head("k")
    assert "hidden" not in str(told.value)


@pytest.mark.usefixtures("aws_variables")
def test_an_endpoint_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "no endpoint")

    with pytest.raises(StoreError, match="correct the AWS environment variables"):
        open_store("s3://bucket")
