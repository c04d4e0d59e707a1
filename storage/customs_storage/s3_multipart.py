"""Objects too large for one request, sent in parts with the memory of one part."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from customs_storage.errors import ChecksumMismatch

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

_PART = 16 << 20
_MAX_PARTS = 10_000
_CONDITION_UNKNOWN = {"NotImplemented", "InvalidArgument", "InvalidRequest"}


def upload_in_parts(
    client: S3Client,
    bucket: str,
    name: str,
    stream: BinaryIO,
    size: int,
    metadata: dict[str, str],
    is_taken: Callable[[], bool],
) -> bool:
    """Send an object in parts under the condition that there is none when it is complete.

    Killed in between, nothing is visible; the bucket's lifecycle (`storage/policies/`) removes the parts.

    S3 judges the condition (`If-None-Match: *` on `CompleteMultipartUpload`) atomically. Some servers refuse it, and
    Ceph's gateway up to 16 ignores it without a word. So `is_taken` is asked just before, which leaves a gap of one
    request on those servers. It can do no harm there: keys of large objects hold the hash of their delivery or the id
    of their release, so that whoever comes second brings the same bytes.

    Args:
        client: a client of boto3.
        bucket: the bucket.
        name: the object's whole name.
        stream: stands at 0.
        size: bytes in the stream.
        metadata: of the new object; `sha256` is compared with what is sent.
        is_taken: tells whether there is an object of this name.

    Returns:
        False if there was.

    Raises:
        ClientError: 412 or 409 if an object was there first, or whatever else the server says.
        ChecksumMismatch: if the source changed while it was sent.
    """
    part_size = max(_PART, -(-size // _MAX_PARTS))
    upload = client.create_multipart_upload(Bucket=bucket, Key=name, Metadata=metadata)["UploadId"]
    try:
        parts: list[CompletedPartTypeDef] = []
        digest = hashlib.sha256()
        while chunk := stream.read(part_size):
            digest.update(chunk)
            md5 = base64.b64encode(hashlib.md5(chunk, usedforsecurity=False).digest()).decode()
            number = len(parts) + 1
            answer = client.upload_part(
                Bucket=bucket, Key=name, UploadId=upload, PartNumber=number, Body=chunk, ContentMD5=md5
            )
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        if digest.hexdigest() != metadata["sha256"]:
            raise ChecksumMismatch(
                f"the source of s3://{bucket}/{name} changed while it was sent: repeat with it at rest"
            )
        if is_taken():
            client.abort_multipart_upload(Bucket=bucket, Key=name, UploadId=upload)
            return False
        _complete(client, bucket, name, upload, parts)
    except BaseException:
        with suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(Bucket=bucket, Key=name, UploadId=upload)
        raise
    return True


def _complete(client: S3Client, bucket: str, name: str, upload: str, parts: list[CompletedPartTypeDef]) -> None:
    try:
        client.complete_multipart_upload(
            Bucket=bucket, Key=name, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _CONDITION_UNKNOWN:
            raise
        # This server knows no condition here; see above why that is safe.
        client.complete_multipart_upload(Bucket=bucket, Key=name, UploadId=upload, MultipartUpload={"Parts": parts})
