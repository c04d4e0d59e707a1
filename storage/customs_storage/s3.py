"""The store in a bucket of S3, or of any server that speaks S3 and honours conditional writes.

Creation is `PUT` with `If-None-Match: *`, replacement `PUT` with `If-Match`. Every object carries the metadata
`sha256`, which readers check, and `write-id`, a random number of its own: when the answer to a successful conditional
`PUT` is lost, the repetition is refused with 412, and only the `write-id` tells a writer whether the object that
stands in its way is its own. (Comparing contents would let two claimants of one key that bring the same bytes both
believe they had won.)
"""

from __future__ import annotations

import base64
import hashlib
import io
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from customs_storage.errors import ObjectNotFound, PreconditionFailed, StoreBusy
from customs_storage.hashing import CHUNK, Source, rewindable, sha256_of
from customs_storage.keys import check_folder, check_key, check_prefix
from customs_storage.s3_body import CheckedBody
from customs_storage.s3_client import connect, explained, status_of
from customs_storage.s3_conditions import PROBE, require_conditional_writes
from customs_storage.s3_multipart import upload_in_parts
from customs_storage.store import ObjectInfo, ObjectStore

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

SINGLE_PUT_LIMIT = 256 << 20
"""Bytes up to which an object is sent in one request, streamed from the file. One conditional `PUT` is atomic on every
server; what a server makes of a condition on the completion of a multipart upload differs."""

_CONFLICTS = 8
_HEAD_FIRST = 1 << 20


@dataclass(frozen=True)
class _Digests:
    size: int
    sha256: str
    md5: bytes

    @classmethod
    def of(cls, stream: BinaryIO) -> _Digests:
        sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        while chunk := stream.read(CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
        stream.seek(0)
        return cls(size, sha256.hexdigest(), md5.digest())


class S3Store(ObjectStore):
    """Objects below a prefix of one bucket; credentials and endpoint from the usual AWS variables."""

    def __init__(
        self, bucket: str, prefix: str = "", *, client: S3Client | None = None, single_put_limit: int = SINGLE_PUT_LIMIT
    ) -> None:
        """Take a bucket, or a folder of it, as a store. No request is made.

        Args:
            bucket: its name; it must exist.
            prefix: a key without slashes around it; empty for the whole bucket.
            client: a client of boto3; None makes one from the environment.
            single_put_limit: bytes above which an object is sent in parts.
        """
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = client or connect()
        self._single_put_limit = single_put_limit
        self._bucket_seen = False
        self._conditions_seen = False
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")

    def open(self, key: str) -> BinaryIO:
        """Stream the object; at its end the bytes are compared with the hash they were stored with."""
        return self._open(key)[0]

    def get_version(self, key: str) -> tuple[bytes, str]:
        """Read body and etag from one answer."""
        stream, etag = self._open(key)
        with stream:
            return stream.read(), etag

    def put_if_absent(self, key: str, source: Source) -> bool:
        """Send the object under the condition that there is none."""
        name = self._name(key)
        with rewindable(source) as stream, explained(self._client, self._bucket, name, "written"):
            self._require_conditions()
            digests = _Digests.of(stream)
            if digests.size > _HEAD_FIRST and self._head(name):
                return False  # not worth sending only to be refused
            metadata = {"sha256": digests.sha256, "write-id": uuid.uuid4().hex}
            if digests.size > self._single_put_limit:
                return self._put_in_parts(name, stream, digests.size, metadata)
            return self._put(name, stream, digests, metadata, expected=None) is not None

    def compare_and_set(self, key: str, data: bytes, expected: str | None) -> str:
        """Send the object under the condition that the stored one has the expected etag."""
        name = self._name(key)
        with explained(self._client, self._bucket, name, "written"):
            self._require_conditions()
            stream = io.BytesIO(data)
            digests = _Digests.of(stream)
            metadata = {"sha256": digests.sha256, "write-id": uuid.uuid4().hex}
            etag = self._put(name, stream, digests, metadata, expected)
        if etag is None:
            wanted = f"version {expected}" if expected else "absent"
            raise PreconditionFailed(f"{self.url}: {key} was to be {wanted} and is not: read it again and decide anew")
        return etag

    def head(self, key: str) -> ObjectInfo | None:
        """Ask for the object's headers."""
        name = self._name(key)
        with explained(self._client, self._bucket, name, "read"):
            found = self._head(name)
        if found is None:
            return None
        return ObjectInfo(key, found["ContentLength"], found["ETag"], found["LastModified"])

    def list(self, prefix: str = "", start_after: str | None = None) -> Iterator[ObjectInfo]:
        """Ask for page after page of a thousand."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=self._prefix + check_prefix(prefix),
            StartAfter=self._prefix + start_after if start_after else "",
        )
        with explained(self._client, self._bucket, self._prefix + prefix, "listed"):
            for page in pages:
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._prefix)
                    # The probe is no object of the layout, nor are the folder markers that consoles make.
                    if key != PROBE and not key.endswith("/"):
                        yield ObjectInfo(key, found["Size"], found["ETag"], found["LastModified"])

    def folders(self, prefix: str) -> Iterator[str]:
        """List with `/` as delimiter: the server skips what lies deeper."""
        below = self._prefix + check_folder(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=below, Delimiter="/")
        with explained(self._client, self._bucket, below, "listed"):
            for page in pages:
                for found in page.get("CommonPrefixes", []):
                    yield found["Prefix"].removeprefix(below).rstrip("/")

    def delete(self, key: str) -> None:
        """Delete the object; in a versioned bucket the version stays until its lifecycle ends it."""
        name = self._name(key)
        with explained(self._client, self._bucket, name, "deleted"):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def local_path(self, key: str) -> Path | None:
        """Return None: objects here are no files."""
        check_key(key)
        return None

    def lock(self, name: str, *, wait: float) -> AbstractContextManager[None]:
        """Do nothing, for the reason that `ObjectStore.lock` gives."""
        return nullcontext()

    def sha256(self, key: str) -> str:
        """Return the hash in the metadata; hash the object only if another program stored it, without one."""
        name = self._name(key)
        with explained(self._client, self._bucket, name, "read"):
            found = self._head(name)
        if found is None:
            raise ObjectNotFound(f"{self.url}: there is no object {key}")
        if stored := found["Metadata"].get("sha256"):
            return stored
        with self.open(key) as stream:
            return sha256_of(stream)

    def _require_conditions(self) -> None:
        if not self._conditions_seen:
            require_conditional_writes(self._client, self._bucket, self._prefix)
            self._conditions_seen = True

    def _name(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _open(self, key: str) -> tuple[BinaryIO, str]:
        name = self._name(key)
        with explained(self._client, self._bucket, name, "read"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=name)
            except self._client.exceptions.NoSuchKey:
                raise ObjectNotFound(f"{self.url}: there is no object {key}") from None
        body = CheckedBody(
            answer["Body"],
            f"{self.url}: {key}",
            answer["Metadata"].get("sha256"),
            lambda: explained(self._client, self._bucket, name, "read"),
        )
        return io.BufferedReader(body, CHUNK), answer["ETag"]

    def _head(self, name: str) -> HeadObjectOutputTypeDef | None:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=name)
        except ClientError as error:
            if status_of(error) != 404:
                raise
            if not self._bucket_seen:
                # The answer to HEAD has no body that would tell a missing object from a missing bucket.
                self._client.head_bucket(Bucket=self._bucket)
                self._bucket_seen = True
            return None
        return found

    def _put(
        self, name: str, stream: BinaryIO, digests: _Digests, metadata: dict[str, str], expected: str | None
    ) -> str | None:
        """Return the new etag, None if the condition does not hold."""
        # The etag goes without the quotes of RFC 9110: Ceph's gateway up to 16 compares it as it comes with one that it
        # keeps without them; S3 itself and the others take both.
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected.strip('"')}
        for attempt in range(_CONFLICTS):
            stream.seek(0)
            try:
                answer = self._client.put_object(
                    Bucket=self._bucket,
                    Key=name,
                    Body=stream,
                    ContentLength=digests.size,
                    ContentMD5=_base64(digests.md5),
                    Metadata=metadata,
                    **condition,
                )
            except ClientError as error:
                status = status_of(error)
                if status == 409:  # another conditional request is under way: S3 asks to repeat this one
                    time.sleep(0.05 * 2**attempt)
                    continue
                missing = status == 404 and error.response["Error"]["Code"] == "NoSuchKey"
                if status == 412 or (expected and missing):
                    return self._written_by(name, metadata["write-id"])
                raise
            return answer["ETag"]
        raise StoreBusy(f"{self.url}: others write {name} all the time: repeat later")

    def _put_in_parts(self, name: str, stream: BinaryIO, size: int, metadata: dict[str, str]) -> bool:
        try:
            return upload_in_parts(
                self._client, self._bucket, name, stream, size, metadata, lambda: self._head(name) is not None
            )
        except ClientError as error:
            if status_of(error) not in (404, 409, 412) or self._head(name) is None:
                raise
            return self._written_by(name, metadata["write-id"]) is not None

    def _written_by(self, name: str, write_id: str) -> str | None:
        """Return the etag of the stored object if this very write has stored it."""
        found = self._head(name)
        return found["ETag"] if found and found["Metadata"].get("write-id") == write_id else None


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
