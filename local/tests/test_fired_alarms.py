"""The alarms of the deployed dev stack fire by the metrics that jobs put, and their topics deliver it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support import LOCAL, REGION, Endpoint, until
from tests.synthesized import Assembly

ENVIRONMENT = "dev"
HOUR = 3600
REPORT = """
import sys, boto3
from lakehouse_jobs.telemetry import Metric, Telemetry
url, region, environment, dataset, name, value = sys.argv[1:]
keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
telemetry = Telemetry(boto3.client("cloudwatch", endpoint_url=url, region_name=region, **keys), environment)
telemetry.record(next(metric for metric in Metric if metric.value.name == name), float(value), Dataset=dataset)
telemetry.flush()
"""


class Watched:
    """The alarm on one metric of a dataset, the composite alarm above it if any, and queues behind its topics."""

    def __init__(self, endpoint: Endpoint, metric: str, dataset: str) -> None:
        self._endpoint = endpoint
        self.metric, self.dataset = metric, dataset
        pages = endpoint.client("cloudwatch").get_paginator("describe_alarms")
        answer = pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"]).build_full_result()
        wanted = {"Environment": ENVIRONMENT, "Dataset": dataset}
        (self.alarm,) = [
            alarm
            for alarm in answer["MetricAlarms"]
            if alarm.get("MetricName") == metric and {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == wanted
        ]
        groups = [
            alarm
            for alarm in answer["CompositeAlarms"]
            if self.alarm["AlarmName"] in alarm["AlarmRule"] and alarm.get("AlarmActions")
        ]
        # an alarm that belongs to none speaks for itself
        (self.group,) = groups or [self.alarm]
        self._alerts = self._subscribed(self.group["AlarmActions"])
        self._recoveries = self._subscribed(self.group["OKActions"])

    def report(self, value: float) -> None:
        """A run's report by the jobs' own code."""
        arguments = [self._endpoint.url, REGION, ENVIRONMENT, self.dataset, self.metric, str(value)]
        jobs = {"PYTHONPATH": str(LOCAL.parent / "workloads" / "jobs")}
        command = [sys.executable, "-c", REPORT, *arguments]
        done = subprocess.run(
            command, env={**os.environ, **jobs}, stderr=subprocess.PIPE, text=True, timeout=60, check=True
        )
        assert done.stderr == "", "a sink that is down is told there"

    def report_at(self, values: dict[float, float]) -> None:
        """Reports of earlier runs: value by age in seconds."""
        dimensions = [{"Name": "Environment", "Value": ENVIRONMENT}, {"Name": "Dataset", "Value": self.dataset}]
        data = [
            {
                "MetricName": self.metric,
                "Unit": "Count",
                "Value": value,
                "Dimensions": dimensions,
                "Timestamp": datetime.fromtimestamp(time.time() - age, UTC),
            }
            for age, value in values.items()
        ]
        self._endpoint.client("cloudwatch").put_metric_data(Namespace="Lakehouse", MetricData=data)

    def state(self) -> str:
        """The state of the metric's alarm."""
        names = [self.alarm["AlarmName"]]
        found = self._endpoint.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        return str(found[0]["StateValue"])

    def alert(self) -> dict[str, Any]:
        """The next message to whom it concerns."""
        return self._received(self._alerts)

    def recovery(self) -> dict[str, Any]:
        """The next message that all is well."""
        return self._received(self._recoveries)

    def silent(self) -> bool:
        """Nobody is told anything."""
        sqs = self._endpoint.client("sqs")
        return "Messages" not in sqs.receive_message(QueueUrl=self._alerts)

    def _received(self, queue: str) -> dict[str, Any]:
        sqs = self._endpoint.client("sqs")
        (message,) = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), 10, "a message of the topic")
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        body: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
        return body

    def _subscribed(self, topics: list[str]) -> str:
        sqs = self._endpoint.client("sqs")
        (topic,) = topics
        queue: str = sqs.create_queue(QueueName=f"{self.dataset}-{self.metric}-{topic.split(':')[-1]}"[:80])["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self._endpoint.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return queue


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The dev stack as it is synthesized."""
    assembly = Assembly(ENVIRONMENT)
    endpoint = assembly.endpoint(tmp_path_factory.mktemp("alarms"))
    try:
        assert assembly.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(assembly.name)
        yield endpoint
    finally:
        endpoint.stop()


def test_rejected_rows_fire(deployed: Endpoint) -> None:
    watched = Watched(deployed, "RowsRejected", "flights")

    watched.report(0)
    assert watched.state() == "OK"
    assert watched.silent()

    watched.report(3)
    assert watched.state() == "ALARM"
    told = watched.alert()
    assert (told["AlarmName"], told["NewStateValue"]) == (watched.group["AlarmName"], "ALARM")
    assert "runbook.md#rows-rejected" in told["AlarmDescription"]
    assert watched.alarm["AlarmArn"] in told["NewStateReason"]


@pytest.mark.parametrize(
    ("dataset", "earlier"),
    [
        pytest.param("weather", {26 * HOUR: 1}, id="nothing ran since a load a day ago"),
        pytest.param("flights", {0.5 * HOUR + hour * HOUR: 0 for hour in range(24)}, id="each run of a day failed"),
    ],
)
def test_a_table_that_goes_stale_fires_until_it_is_loaded(
    deployed: Endpoint, dataset: str, earlier: dict[float, float]
) -> None:
    watched = Watched(deployed, "DatasetLoaded", dataset)
    window = watched.alarm["Period"] * watched.alarm["EvaluationPeriods"]
    assert window == timedelta(days=1).total_seconds(), "the contract's promise"

    watched.report_at(earlier)
    assert watched.state() == "ALARM"
    told = watched.alert()
    assert (told["AlarmName"], told["NewStateValue"]) == (watched.group["AlarmName"], "ALARM")
    assert "runbook.md#stale-tables" in told["AlarmDescription"]

    watched.report(1)
    assert watched.state() == "OK"
    assert watched.recovery()["NewStateValue"] == "OK"


def test_a_table_that_was_loaded_within_its_promise_is_silent(deployed: Endpoint) -> None:
    watched = Watched(deployed, "DatasetLoaded", "planes")

    watched.report_at({26 * HOUR: 1, 23 * HOUR: 0})
    assert watched.state() == "OK"
    assert watched.silent()


def test_a_stream_that_is_started_again_and_again_fires(deployed: Endpoint) -> None:
    watched = Watched(deployed, "StreamRestarts", "flight_events")

    watched.report_at({1200.0: 1, 600.0: 1})
    assert watched.state() == "OK"
    watched.report_at({0.0: 1})
    assert watched.state() == "ALARM"
    assert "runbook.md#streaming-job-restarting" in watched.alert()["AlarmDescription"]


def test_a_stream_that_reads_nothing_though_its_topic_has_records_fires(deployed: Endpoint) -> None:
    cloudwatch = deployed.client("cloudwatch")

    def standing() -> Any:
        pages = cloudwatch.get_paginator("describe_alarms").paginate().build_full_result()["MetricAlarms"]
        (alarm,) = [one for one in pages if "stream-stands" in one["AlarmDescription"]]
        return alarm

    (waiting,) = [one["MetricStat"] for one in standing()["Metrics"] if one["Id"] == "waiting"]
    now = time.time()
    data = [
        {**{name: waiting["Metric"][name] for name in ("MetricName", "Dimensions")}, "Value": 7, "Timestamp": moment}
        for moment in (datetime.fromtimestamp(now - minute * 60, UTC) for minute in range(20))
    ]
    cloudwatch.put_metric_data(Namespace=waiting["Metric"]["Namespace"], MetricData=data)
    until(lambda: standing()["StateValue"] == "ALARM", 60, "the alarm on a stream that stands")
