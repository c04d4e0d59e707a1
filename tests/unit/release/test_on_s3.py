"""A release on S3: rows are fetched, files are sent side by side, the pointer is swapped by a conditional write."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from customs_monitor.release import release_now
from customs_monitor.release.diff import diff
from customs_monitor.release.explain import explain
from customs_monitor.release.history import releases
from customs_monitor.release.summary import published_lines
from customs_monitor.release.verifying import verify
from customs_storage import open_store
from support.releases import ANSWERS, Deliveries


@pytest.fixture(params=["moto", pytest.param("rgw", marks=pytest.mark.rig)])
def bucket(request, monkeypatch, tmp_path):
    """A store in a bucket of moto in this process, or of a real server."""
    if request.param == "rgw":
        yield open_store(f"{request.getfixturevalue('rgw').url}/release")
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-nobody")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="bucket")
        yield open_store("s3://bucket/some/prefix")


def test_two_releases_and_all_that_can_be_asked_of_them(bucket, layout, registry, fake_build, scratch, tmp_path):
    deliveries = Deliveries(bucket, layout, registry, tmp_path / "made")
    deliveries.survey()
    first = release_now(bucket, layout, registry, "run-1", scratch())
    assert release_now(bucket, layout, registry, "run-2", scratch()) is None
    deliveries.survey({**ANSWERS, "4": 12}, sequence=2)
    second = release_now(bucket, layout, registry, "run-3", scratch())

    assert [item.state for item in releases(bucket, layout)] == ["in force", "superseded"]
    assert verify(bucket, layout).problems == ()
    (change,) = [item for item in diff(bucket, layout, first.release_id, second.release_id).tables if item.changed]
    assert change.table in ("indicators/o4-3/o4-3", "marts/survey/survey")
    told = explain(bucket, layout, "o4-3", "2018-2020", "EU27_2020")
    assert bucket.head(told.deliveries[0].landing) is not None
    assert list(published_lines(bucket, layout, registry))[-1].startswith("Site: s3://")
