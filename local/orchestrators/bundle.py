"""The DAGs that are deployed: what an MWAA environment says of itself, and the files in its bucket."""

from __future__ import annotations

from pathlib import Path

import boto3
from botocore.config import Config


def fetch(name: str, folder: Path) -> dict[str, str]:
    """Copy the DAG folder of an environment, as MWAA does; gives its options of Airflow, by `section.name`."""
    # the endpoint has no host names of its own for parts of a service
    mwaa = boto3.client("mwaa", config=Config(inject_host_prefix=False))
    environment = mwaa.get_environment(Name=name)["Environment"]
    bucket = environment["SourceBucketArn"].rpartition(":")[2]
    prefix = f"{environment['DagS3Path'].strip('/')}/"
    s3 = boto3.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            target = folder / item["Key"].removeprefix(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, item["Key"], str(target))
    options: dict[str, str] = environment.get("AirflowConfigurationOptions", {})
    return options
