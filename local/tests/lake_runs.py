"""A lake that orchestrators can run: a cluster, topics, and jobs that are scripts and record what they did."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fake_spark import spark_home
from tests.support import Endpoint
from tests.test_job_runner import cluster

BUCKET = "test-assets"
RECORD = {"dataset": "flights", "state": "succeeded", "rowsRead": 9_000, "rowsRejected": 0, "rowsInserted": 9_000}
PROMISES = {"latencySeconds": 60, "rowsPerSecond": 100}

# arguments: <command> --environment <e> … --run-id <id> …; an ingest records a run that is too slow by its contract
_JOB = f"""
import json, sys, urllib.request
given = dict(zip(sys.argv[2::2], sys.argv[3::2]))
record = {{**{RECORD}, "rowsUpdated": 0, "seconds": 120, "objectives": {PROMISES}}}
url = "$AWS_ENDPOINT_URL/{BUCKET}/runs/" + given["--run-id"] + "/flights.json"
if sys.argv[1] == "ingest":
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(record).encode(), method="PUT"))
"""


def endpoint_with_jobs(folder: Path) -> Endpoint:
    """An endpoint whose Spark is a script: `main.sh` works, `fail.sh` does not, `partly.sh` does both."""
    endpoint = Endpoint(folder / "endpoint", spark=spark_home(folder / "spark"))
    script = f'{sys.executable} - "$@" <<END\n{_JOB}END\n'
    endpoint.upload("main.sh", script.encode())
    endpoint.upload("fail.sh", b"echo 'no such table' >&2; exit 3")
    endpoint.upload("partly.sh", f"{script}exit 1\n".encode())
    return endpoint


@dataclass(frozen=True)
class Lake:
    """What is deployed of an environment."""

    endpoint: Endpoint
    environment: str
    cluster_id: str
    queues: dict[str, str]

    def steps(self, cluster_id: str | None = None) -> list[dict[str, Any]]:
        """The steps of its cluster, or of another one, oldest first."""
        emr, owner = self.endpoint.client("emr"), cluster_id or self.cluster_id
        listed = reversed(emr.list_steps(ClusterId=owner)["Steps"])
        return [emr.describe_step(ClusterId=owner, StepId=step["Id"])["Step"] for step in listed]

    def told(self, severity: str) -> list[tuple[str, str]]:
        """Subject and text of each alert that went to a topic."""
        received = self.endpoint.client("sqs").receive_message(
            QueueUrl=self.queues[severity], MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        bodies = [json.loads(message["Body"]) for message in received.get("Messages", ())]
        return [(body["Subject"], body["Message"]) for body in bodies]


def lake(endpoint: Endpoint, environment: str, scripts: dict[str, str], **more: Any) -> Lake:
    """Deploy an environment whose applications are these scripts; `more` is added to its runtime parameter."""
    topics = {severity: _topic(endpoint, f"{environment}-{severity}") for severity in ("critical", "warning")}
    identifier = cluster(endpoint)
    runtime = {
        "version": 1,
        "environment": environment,
        "batchCluster": {"id": identifier},
        "buckets": {"artifacts": BUCKET},
        "topics": {severity: arn for severity, (arn, _) in topics.items()},
        "sources": {source: {"secretId": source} for source in ("nycflights", "weather")},
        "applications": {name: _application(script) for name, script in scripts.items()},
        **more,
    }
    endpoint.client("ssm").put_parameter(
        Name=f"/lakehouse/{environment}/runtime", Value=json.dumps(runtime), Type="String", Overwrite=True
    )
    return Lake(endpoint, environment, identifier, {severity: queue for severity, (_, queue) in topics.items()})


def _application(script: str) -> dict[str, Any]:
    return {"args": ["spark-submit", "--deploy-mode", "cluster", f"s3://{BUCKET}/{script}"]}


def _topic(endpoint: Endpoint, name: str) -> tuple[str, str]:
    sns, sqs = endpoint.client("sns"), endpoint.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, queue
