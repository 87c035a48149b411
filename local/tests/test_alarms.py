"""When an alarm is in which state."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.completions.alarms import evaluate, state
from tests.support import Endpoint

ALARM: dict[str, Any] = {
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1,
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
}
NOW = 10_000.0


def points(*values_by_age: tuple[float, float]) -> list[dict[str, Any]]:
    """Points by value and age in seconds."""
    return [{"Timestamp": NOW - age, "Value": value} for value, age in values_by_age]


@pytest.mark.parametrize(
    ("more", "given", "expected"),
    [
        ({}, points((2, 10), (2, 70), (2, 130)), "ALARM"),
        ({}, points((2, 10), (0, 70), (2, 130)), "OK"),
        ({"DatapointsToAlarm": 2}, points((2, 10), (0, 70), (2, 130)), "ALARM"),
        ({"EvaluationPeriods": 1}, points((1, 5), (1, 20)), "ALARM"),
        ({}, points((2, 500)), "INSUFFICIENT_DATA"),
        ({"TreatMissingData": "ignore"}, points((2, 500)), None),
        ({"TreatMissingData": "notBreaching"}, [], "OK"),
        ({"TreatMissingData": "breaching"}, [], "ALARM"),
        ({"TreatMissingData": "breaching", "AlarmConfigurationUpdatedTimestamp": NOW - 100}, [], None),
        ({"TreatMissingData": "breaching", "AlarmConfigurationUpdatedTimestamp": NOW}, points((0, 500)), "ALARM"),
        ({"TreatMissingData": "breaching"}, points((0, 10)), "OK"),
    ],
)
def test_the_state_follows_the_newest_periods(more: dict[str, Any], given: list[dict[str, Any]], expected: str) -> None:
    assert state({**ALARM, **more}, given, NOW) == expected


def alarm(endpoint: Endpoint, name: str, *metrics: dict[str, Any], **more: Any) -> str:
    """A metric-math alarm that looks at one period; gives its ARN."""
    cloudwatch = endpoint.client("cloudwatch")
    request = {"AlarmName": name, "ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 1, **more}
    cloudwatch.put_metric_alarm(Metrics=list(metrics), **request)
    return str(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"])


def metric(identifier: str, name: str) -> dict[str, Any]:
    """A metric that an expression uses."""
    stat = {"Metric": {"Namespace": "Math", "MetricName": name}, "Period": 300, "Stat": "Sum"}
    return {"Id": identifier, "MetricStat": stat, "ReturnData": False}


def put(endpoint: Endpoint, **values: float) -> None:
    """A value of each metric."""
    data = [{"MetricName": name, "Value": value} for name, value in values.items()]
    endpoint.client("cloudwatch").put_metric_data(Namespace="Math", MetricData=data)


def state_of(endpoint: Endpoint, name: str) -> str:
    """The state of an alarm of either kind."""
    kinds = ["MetricAlarm", "CompositeAlarm"]
    answer = endpoint.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=kinds)
    return str([*answer["MetricAlarms"], *answer["CompositeAlarms"]][0]["StateValue"])


def test_a_metric_math_alarm_is_evaluated_with_expressions_on_expressions(endpoint: Endpoint) -> None:
    rate = {"Id": "rate", "Expression": "100 * good / total", "ReturnData": True}
    total = {"Id": "total", "Expression": "good + FILL(bad, 0)", "ReturnData": False}
    alarm(endpoint, "quality", rate, total, metric("good", "Good"), metric("bad", "Bad"), Threshold=95)
    put(endpoint, Good=100)
    assert state_of(endpoint, "quality") == "OK"
    put(endpoint, Bad=10)
    assert state_of(endpoint, "quality") == "ALARM"


def test_an_expression_that_is_not_known_leaves_its_alarm_alone(endpoint: Endpoint) -> None:
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m)", "ReturnData": True}
    alarm(endpoint, "band", band, metric("m", "Any"), Threshold=1)
    put(endpoint, Any=10)
    assert state_of(endpoint, "band") == "INSUFFICIENT_DATA"


def test_an_alarm_on_a_query_says_once_that_it_is_not_evaluated(caplog: pytest.LogCaptureFixture) -> None:
    query = "SELECT COUNT(DAGDurationFailed) FROM SCHEMA(\"AmazonMWAA\", DAG, Environment) WHERE Environment = 'lake'"
    asked = {"Id": "query", "Expression": query, "Period": 300, "ReturnData": True}
    failed = {**ALARM, "AlarmName": "failed", "StateValue": "INSUFFICIENT_DATA", "Metrics": [asked]}
    evaluate(failed)
    evaluate(failed)
    assert failed["StateValue"] == "INSUFFICIENT_DATA"
    assert failed["StateReason"].startswith("not evaluated here: ")
    assert [record.message for record in caplog.records] == [f"alarm failed is {failed['StateReason']}"]


def test_a_composite_alarm_follows_its_rule_and_acts_unless_it_is_suppressed(endpoint: Endpoint) -> None:
    cloudwatch, sns, sqs = (endpoint.client(name) for name in ("cloudwatch", "sns", "sqs"))
    topic = sns.create_topic(Name="storms")["TopicArn"]
    queue = sqs.create_queue(QueueName="storms")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    for name in ("left", "right", "planned", "silence"):
        missing = {"TreatMissingData": "notBreaching", "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
        one = {"Namespace": "Math", "MetricName": name, "Period": 300, "Statistic": "Sum", "EvaluationPeriods": 1}
        cloudwatch.put_metric_alarm(AlarmName=name, **one, **missing)
    suppressor = cloudwatch.describe_alarms(AlarmNames=["silence"])["MetricAlarms"][0]["AlarmArn"]
    periods = {"ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 60}
    rule = '(ALARM("left") OR ALARM("right")) AND NOT ALARM("planned")'
    common = {"AlarmName": "storm", "AlarmRule": rule, "AlarmActions": [topic]}
    cloudwatch.put_composite_alarm(**common, ActionsSuppressor=suppressor, **periods)

    def set_to(**states: str) -> None:
        for name, value in states.items():
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="tests")

    set_to(silence="ALARM", left="ALARM")
    assert state_of(endpoint, "storm") == "ALARM"
    live = cloudwatch.describe_alarms(AlarmNames=["storm"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    assert live["ActionsSuppressedBy"] == "Alarm"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    set_to(planned="ALARM")
    assert state_of(endpoint, "storm") == "OK"
    set_to(silence="OK", left="OK", planned="OK", right="ALARM")
    assert state_of(endpoint, "storm") == "ALARM"
    assert len(sqs.receive_message(QueueUrl=queue)["Messages"]) == 1
