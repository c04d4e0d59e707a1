"""Does this server honour conditional writes in this bucket? Asked before the first write, because some keep silent.

A server that does not know `If-None-Match` ignores it, and every promise of the store with it. Ceph's gateway 16 knows
it, but not in a bucket with versioning (measured in `tests/rigs`): there every `If-None-Match: *` holds, and no
`If-Match` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from customs_storage.errors import StoreError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PROBE = ".conditional-writes"
"""An empty object of the store's own, no key of the layout; once it is there, the question costs one request."""


def require_conditional_writes(client: S3Client, bucket: str, prefix: str) -> None:
    """Create the probe under the condition that there is none, twice if need be.

    Args:
        client: a client of boto3.
        bucket: the bucket.
        prefix: of the store's keys, empty or ending in `/`.

    Raises:
        StoreError: if the server lets the second creation pass.
        ClientError: if it refuses the first for another reason than that there is a probe.
    """
    for _ in range(2):
        try:
            client.put_object(Bucket=bucket, Key=prefix + PROBE, Body=b"", IfNoneMatch="*")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
                return
            raise
    raise StoreError(
        f"the server does not honour conditional writes in bucket {bucket}, so two runs could overwrite each other: "
        "use a bucket that never had versioning (Ceph up to 16 honours them only there), or another server"
    )
