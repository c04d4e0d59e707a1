"""How the platform talks to S3, and what it says when that fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)
from botocore.loaders import Loader, create_loader

from customs_storage.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CREDENTIALS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE)"
_CURES = {
    "NoSuchBucket": "there is no such bucket: create it, or correct the store's URL",
    "InvalidAccessKeyId": f"the server does not know this access key: {_CREDENTIALS} for this endpoint",
    "SignatureDoesNotMatch": f"the secret key does not belong to the access key: {_CREDENTIALS} anew",
    "ExpiredToken": "the session has expired: log in anew",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "AccessDenied": "these credentials lack the right: grant s3:ListBucket, s3:GetObject and s3:PutObject",
    "403": "these credentials lack the right, or are wrong: grant s3:ListBucket, s3:GetObject and s3:PutObject",
    "404": "there is no such bucket: create it, or correct the store's URL",
    "PermanentRedirect": "the bucket lies in another region: set AWS_REGION",
    "301": "the bucket lies in another region: set AWS_REGION",
    "BadDigest": "the source changed while it was sent: repeat with it at rest",
    "QuotaExceeded": "the quota is used up: raise it, or let housekeeping delete",
}
_UNAVAILABLE = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "500", "502", "503", "504"}


def connect() -> S3Client:
    """Return a client from the usual AWS variables and files, with bounded waits and retries.

    Unless `AWS_EC2_METADATA_DISABLED=false` says that this is a machine of Amazon's, its metadata service is never
    asked for credentials: elsewhere that is a call to an address nobody answers. Addresses are path-style where
    `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names a server: few other servers have a host name per bucket.
    """
    core = botocore.session.Session()
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "true").lower() != "false":
        core.get_component("credential_provider").remove("iam-role")
    own_server = any(os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
    core.register_component("data_loader", _models())
    try:
        client = core.create_client(
            "s3",
            region_name=core.get_config_variable("region") or "us-east-1",
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "max_attempts": 4},
                s3={"addressing_style": "path" if own_server else "auto"},
                # The newer CRC trailers are unknown to many servers; Content-MD5 and our SHA-256 do their work.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise StoreError(f"no S3 client can be made: {error}: correct the AWS environment variables") from error
    return cast("S3Client", client)


@cache
def _models() -> Loader:
    # The description of S3 is a file of 1 MB; without this every client parses it anew.
    return create_loader()


def status_of(error: ClientError) -> int:
    """Return the HTTP status of an answer that the client library raised."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


@contextmanager
def explained(client: S3Client, bucket: str, name: str, action: str) -> Iterator[None]:
    """Turn the client library's errors into those of the store: bucket, key, cause and cure, and no secret.

    Args:
        client: whose endpoint to name.
        bucket: the bucket.
        name: the object's whole name.
        action: what was tried, as a participle.
    """
    what = f"s3://{bucket}/{name} cannot be {action}"
    where = _endpoint(client)
    try:
        yield
    except NoCredentialsError as error:
        raise StoreError(f"{what}: there are no credentials: {_CREDENTIALS}") from error
    except PartialCredentialsError as error:
        raise StoreError(f"{what}: half of the credentials is missing: {_CREDENTIALS}") from error
    except (EndpointConnectionError, SSLError, ConnectionError, HTTPClientError) as error:
        kind = type(error).__name__
        raise StoreUnavailable(
            f"{what}: {where} does not answer ({kind}): see that the server runs and AWS_ENDPOINT_URL_S3 names it"
        ) from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        cause = _CURES.get(code) or f"the server says {code}: {error.response['Error'].get('Message', 'no more')}"
        kind_of_error = StoreUnavailable if code in _UNAVAILABLE else StoreError
        raise kind_of_error(f"{what} at {where}: {cause}") from error
    except BotoCoreError as error:
        raise StoreError(f"{what} at {where}: {error}: correct the store's URL or the AWS variables") from error


def _endpoint(client: S3Client) -> str:
    parts = urlsplit(client.meta.endpoint_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
