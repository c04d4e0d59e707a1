"""The bucket's policies are accepted by the servers, in the way that their README says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from customs_storage import open_store
from customs_storage.layout import Layout
from rigs.fixtures import Bucket


@pytest.fixture
def policies(root: Path) -> Path:
    return root / "storage" / "policies"


def apply_as_documented(policies: Path, monkeypatch: pytest.MonkeyPatch, bucket: str) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", (policies / "README.md").read_text(), re.DOTALL)
    monkeypatch.setenv("BUCKET", bucket)
    monkeypatch.setenv("PREFIX", "prefix")
    monkeypatch.chdir(policies)
    exec(compile(script, "README.md", "exec"), {})


def test_the_documented_way_protects_the_store(
    aws_variables: None, policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket")
        apply_as_documented(policies, monkeypatch, "bucket")

        assert "prefix/published/latest.json" in lifecycle_prefixes("bucket")
        store = open_store("s3://bucket/prefix")
        etag = store.compare_and_set("published/latest.json", b"1", None)
        store.compare_and_set("published/latest.json", b"2", etag)
        store.delete("published/latest.json")
        assert store.put_if_absent("published/latest.json", b"3"), "a deleted object does not stand in the way"
        found = s3.list_object_versions(Bucket="bucket", Prefix="prefix/published/")["Versions"]
        bodies = [
            s3.get_object(Bucket="bucket", Key=one["Key"], VersionId=one["VersionId"])["Body"].read() for one in found
        ]
        assert sorted(bodies) == [b"1", b"2", b"3"]


@pytest.mark.rig
def test_a_real_server_takes_the_lifecycle(rgw: Bucket, policies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSIONED", "no")
    apply_as_documented(policies, monkeypatch, rgw.name)

    assert "prefix/outcomes/" in lifecycle_prefixes(rgw.name)
    assert open_store(f"{rgw.url}/prefix").put_if_absent("outcomes/r/1.json", b"{}")


def lifecycle_prefixes(bucket: str) -> set[str]:
    rules = boto3.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {rule["Filter"]["Prefix"] for rule in rules}


def test_the_lifecycle_ends_nothing_that_must_stay(policies: Path) -> None:
    rules = json.loads((policies / "lifecycle.json").read_text())["Rules"]
    layout = Layout.load()

    expiring = {rule["Filter"]["Prefix"] for rule in rules if "Expiration" in rule}
    assert expiring == {layout.prefix("outcome")}
    bound = {rule["Filter"]["Prefix"] for rule in rules if "NoncurrentVersionExpiration" in rule}
    ours = {layout.prefix(name) for name in ("outcome", "accepted", "rejected")} | {layout.key("latest")}
    assert bound == ours


def test_the_bucket_policy_asks_for_both_conditions_of_ours(policies: Path) -> None:
    statements = {one["Sid"]: one for one in json.loads((policies / "bucket-policy.json").read_text())["Statement"]}

    condition = statements["OnlyConditionalWrites"]["Condition"]
    assert condition["Null"] == {"s3:if-none-match": "true", "s3:if-match": "true"}
    assert all(one["Effect"] == "Deny" for one in statements.values())
