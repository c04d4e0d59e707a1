#!/usr/bin/env bash
# Prepares the services of docker-compose.yml; may be run again at any time.
set -euo pipefail

airflow db migrate
airflow users create --role Admin --username admin --firstname Platform --lastname Administrator \
  --email "$AIRFLOW_ADMIN_EMAIL" --password "$AIRFLOW_ADMIN_PASSWORD"
python - <<'PYTHON'
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import boto3

address = urlsplit(os.environ["CUSTOMS_MONITOR_STORE"])
bucket, prefix = address.netloc, address.path.strip("/")
s3 = boto3.client("s3")
if bucket not in {item["Name"] for item in s3.list_buckets()["Buckets"]}:
    s3.create_bucket(Bucket=bucket)
lifecycle = json.loads(Path(os.environ["CUSTOMS_MONITOR_HOME"], "storage", "policies", "lifecycle.json").read_text())
for rule in lifecycle["Rules"]:
    rule["Filter"]["Prefix"] = "/".join(filter(None, [prefix, rule["Filter"]["Prefix"]]))
s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=lifecycle)
PYTHON
