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

bucket = urlsplit(os.environ["CUSTOMS_MONITOR_STORE"]).netloc
s3 = boto3.client("s3")
if bucket not in {item["Name"] for item in s3.list_buckets()["Buckets"]}:
    s3.create_bucket(Bucket=bucket)
policies = Path(os.environ["CUSTOMS_MONITOR_HOME"], "storage", "policies")
s3.put_bucket_lifecycle_configuration(
    Bucket=bucket, LifecycleConfiguration=json.loads((policies / "lifecycle.json").read_text())
)
PYTHON
