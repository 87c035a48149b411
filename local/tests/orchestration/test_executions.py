"""State machines that really run on the endpoint: a supervisor over EMR, waits, timeouts, stops, errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from emulator.completions import executions
from tests.fake_spark import spark_home
from tests.machines import ended, machine, start
from tests.supervisor import supervisor
from tests.support import Endpoint

BUCKET = "test-assets"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with the scripted Spark: a job that works, and one that fails but for its third attempt."""
    folder = tmp_path_factory.mktemp("executions")
    endpoint = Endpoint(folder / "endpoint", spark=spark_home(folder / "spark"))
    endpoint.upload("ok.sh", b'echo "$@"')
    endpoint.upload("fail.sh", b"exit 3")
    endpoint.upload("third.sh", b"echo x >> ../../attempts; [ $(wc -l < ../../attempts) -ge 3 ]")
    try:
        yield endpoint
    finally:
        endpoint.stop()


def run(endpoint: Endpoint, name: str, *states: tuple[str, dict[str, Any]], **given: Any) -> dict[str, Any]:
    """Run a machine of these states, one after the other; gives the ended execution."""
    named = dict(states)
    for (_, state), (following, _) in pairwise(states):
        state["Next"] = following
    if states[-1][1]["Type"] not in ("Succeed", "Fail", "Choice"):
        states[-1][1]["End"] = True
    arn = machine(endpoint, name, {"StartAt": states[0][0], "States": named})
    return ended(endpoint, start(endpoint, arn, given))


def cluster(endpoint: Endpoint) -> str:
    """A standing cluster."""
    instances = {"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1, "MasterInstanceType": "m5.xlarge"}
    answer = endpoint.client("emr").run_job_flow(Name="c", ReleaseLabel="emr-7.14.0", Instances=instances)
    return str(answer["JobFlowId"])


def steps(endpoint: Endpoint, cluster_id: str) -> list[str]:
    """The states of a cluster's steps, oldest first."""
    listed = endpoint.client("emr").list_steps(ClusterId=cluster_id)["Steps"]
    return [step["Status"]["State"] for step in reversed(listed)]


def task(action: str, **parameters: Any) -> dict[str, Any]:
    """A task that calls an AWS API."""
    return {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{action}", "Parameters": parameters}


def test_a_supervisor_starts_a_failing_job_again_then_reports(running: Endpoint) -> None:
    sns, sqs = running.client("sns"), running.client("sqs")
    topic = sns.create_topic(Name="supervised")["TopicArn"]
    queue = sqs.create_queue(QueueName="supervised")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cluster_id = cluster(running)
    watching = machine(running, "watching", supervisor(script=f"s3://{BUCKET}/fail.sh", attempts=2))
    done = ended(running, start(running, watching, {"cluster": cluster_id, "topic": topic}), 40)
    assert (done["status"], done["error"], done["cause"]) == ("FAILED", "JobFailed", '{"state":"FAILED"}')
    assert steps(running, cluster_id) == ["FAILED", "FAILED"]
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(message["Body"])
    last = running.client("emr").list_steps(ClusterId=cluster_id)["Steps"][0]
    assert (body["Subject"], json.loads(body["Message"])) == ("job failed 2 times", {"id": last["Id"]})
    assert last["Config"]["Args"][-1] == f"--execution={done['name']}"
    watched = running.client("cloudwatch").list_metrics(
        Namespace="AWS/States", Dimensions=[{"Name": "StateMachineArn", "Value": watching}]
    )["Metrics"]
    assert {metric["MetricName"] for metric in watched} == {"ExecutionsStarted", "ExecutionsFailed", "ExecutionTime"}
    listed = running.client("cloudwatch").list_metrics(Namespace="Tests")["Metrics"]
    assert listed[0]["Dimensions"] == [{"Name": "Cluster", "Value": cluster_id}]


def test_a_supervised_job_that_recovers_ends_well(running: Endpoint) -> None:
    cluster_id = cluster(running)
    watching = machine(running, "recovering", supervisor(script=f"s3://{BUCKET}/third.sh", attempts=5))
    done = ended(running, start(running, watching, {"cluster": cluster_id, "topic": "none"}), 40)
    assert done["status"] == "SUCCEEDED"
    assert steps(running, cluster_id) == ["FAILED", "FAILED", "COMPLETED"]


def test_a_cluster_that_is_gone_is_an_error_of_emr(running: Endpoint) -> None:
    cluster_id = cluster(running)
    running.client("emr").terminate_job_flows(JobFlowIds=[cluster_id])
    watching = machine(running, "orphan", supervisor(script=f"s3://{BUCKET}/ok.sh", attempts=1))
    done = ended(running, start(running, watching, {"cluster": cluster_id, "topic": "none"}))
    assert done["error"] == "ClusterGone"
    missing = run(running, "nothing", ("Describe", task("emr:describeCluster", ClusterId="j-NONE")))
    assert missing["error"] == "Emr.InvalidRequestException"
    assert "j-NONE" in missing["cause"]


def test_a_transient_cluster_is_run_and_followed_by_a_machine(running: Endpoint) -> None:
    args = ["spark-submit", f"s3://{BUCKET}/ok.sh"]
    jar = {"Jar": "command-runner.jar", "Args": args}
    flow = task(
        "emr:runJobFlow",
        Name="transient",
        ReleaseLabel="emr-7.14.0",
        Instances={"KeepJobFlowAliveWhenNoSteps": False, "InstanceCount": 1, "MasterInstanceType": "m5.xlarge"},
        Steps=[{"Name": "job", "ActionOnFailure": "TERMINATE_CLUSTER", "HadoopJarStep": jar}],
    )
    describe = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:emr:describeCluster"}
    parameters = {"Parameters": {"ClusterId.$": "$.JobFlowId"}}
    done = run(
        running, "flow", ("Run", flow), ("Wait", {"Type": "Wait", "Seconds": 2}), ("See", {**describe, **parameters})
    )
    found = json.loads(done["output"])["Cluster"]
    assert found["Status"]["State"] == "TERMINATED"
    assert found["Status"]["Timeline"]["EndDateTime"].endswith("Z")


def test_expressions_of_jsonata_remember_wait_choose_and_tell(running: Endpoint) -> None:
    cluster_id = cluster(running)
    states: dict[str, Any] = {
        "Begin": {"Type": "Pass", "Assign": {"tries": 0, "reason": ""}, "Next": "Describe"},
        "Describe": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:emr:describeCluster",
            "Arguments": {"ClusterId": "{% $tries = 0 ? 'j-NONE' : $states.input.cluster %}"},
            "Assign": {"state": "{% $states.result.Cluster.Status.State %}"},
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"reason": "{% $states.errorOutput.Error %}", "tries": "{% $tries + 1 %}"},
                    "Output": "{% $states.input %}",
                    "Next": "Wait",
                }
            ],
            "Next": "Judge",
        },
        "Wait": {"Type": "Wait", "Seconds": "{% $tries %}", "Next": "Describe"},
        "Judge": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $state in ['WAITING', 'RUNNING'] and $tries = 1 %}", "Next": "Done"}],
            "Default": "Wrong",
        },
        "Done": {
            "Type": "Succeed",
            "Output": {"reason": "{% $reason %}", "by": "{% $states.context.StateMachine.Name %}"},
        },
        "Wrong": {"Type": "Fail", "Error": "Wrong"},
    }
    arn = machine(running, "jsonata", {"QueryLanguage": "JSONata", "StartAt": "Begin", "States": states})
    done = ended(running, start(running, arn, {"cluster": cluster_id}))
    assert json.loads(done["output"]) == {"reason": "Emr.InvalidRequestException", "by": "jsonata"}


def test_waits_take_their_seconds(running: Endpoint) -> None:
    begun = time.monotonic()
    done = run(running, "waiting", ("Wait", {"Type": "Wait", "SecondsPath": "$.seconds"}), seconds=2)
    assert done["status"] == "SUCCEEDED"
    assert time.monotonic() - begun >= 2


def test_a_stopped_execution_ends_and_stays_ended(running: Endpoint) -> None:
    cluster_id = cluster(running)
    add = task("emr:addJobFlowSteps", JobFlowId=cluster_id, Steps=[])
    states = {"Wait": {"Type": "Wait", "Seconds": 1, "Next": "Add"}, "Add": {**add, "End": True}}
    execution = start(running, machine(running, "stopped", {"StartAt": "Wait", "States": states}))
    client = running.client("stepfunctions")
    client.stop_execution(executionArn=execution, error="Enough", cause="told to")
    time.sleep(2)
    found = client.describe_execution(executionArn=execution)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Enough", "told to")
    types = [event["type"] for event in client.get_execution_history(executionArn=execution)["events"]]
    assert types[-1] == "ExecutionAborted"
    assert "TaskStateEntered" not in types


def test_an_execution_ends_after_the_seconds_of_its_machine(running: Endpoint) -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}
    arn = machine(running, "late", {"StartAt": "Wait", "States": states, "TimeoutSeconds": 1})
    assert ended(running, start(running, arn), 5)["status"] == "TIMED_OUT"


def test_a_task_that_fails_is_tried_again_after_its_delay_then_caught(running: Endpoint) -> None:
    describe = task("emr:describeCluster", ClusterId="j-NONE")
    describe["Retry"] = [{"ErrorEquals": ["Emr.InvalidRequestException"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    describe["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}]
    begun = time.monotonic()
    done = run(running, "caught", ("Describe", describe), ("Caught", {"Type": "Pass"}))
    assert time.monotonic() - begun >= 1
    assert json.loads(done["output"])["error"]["Error"] == "Emr.InvalidRequestException"


@pytest.mark.parametrize(
    ("retrier", "count", "expected"),
    [
        ({}, 0, 1),
        ({"IntervalSeconds": 30, "BackoffRate": 2}, 3, 240),
        ({"IntervalSeconds": 30, "BackoffRate": 2, "MaxDelaySeconds": 100}, 3, 100),
    ],
)
def test_the_delay_grows_by_the_rate_up_to_its_limit(retrier: dict[str, Any], count: int, expected: float) -> None:
    assert executions.delay(retrier, count) == expected


def test_the_delay_with_full_jitter_lies_below_it() -> None:
    found = {executions.delay({"IntervalSeconds": 10, "JitterStrategy": "FULL"}, 0) for _ in range(20)}
    assert len(found) > 1
    assert all(0 <= delay <= 10 for delay in found)


@pytest.mark.parametrize(
    ("state", "error", "cause"),
    [
        (
            {"Type": "Pass", "Parameters": {"a.$": "$.missing"}},
            "States.ParameterPathFailure",
            "The JSONPath '$.missing' specified for the field 'a.$' could not be found",
        ),
        (
            {"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', $.missing)"}},
            "States.IntrinsicFailure",
            "The JsonPath argument for the field '$.missing' could not be found",
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.missing", "IsNull": True, "Next": "End"}], "Default": "End"},
            "States.Runtime",
            "Invalid path '$.missing'",
        ),
    ],
)
def test_a_path_that_leads_nowhere_fails(running: Endpoint, state: dict[str, Any], error: str, cause: str) -> None:
    done = run(running, error.replace(".", "-"), ("It", state), ("End", {"Type": "Succeed"}))
    assert (done["status"], done["error"]) == ("FAILED", error)
    assert cause in done["cause"]


def test_an_absent_value_can_be_asked_for(running: Endpoint) -> None:
    choice = {"Variable": "$.missing", "IsPresent": False, "Next": "End"}
    done = run(
        running,
        "asking",
        ("It", {"Type": "Choice", "Choices": [choice]}),
        ("End", {"Type": "Succeed"}),
    )
    assert done["status"] == "SUCCEEDED"


def test_a_machine_starts_another(running: Endpoint) -> None:
    child = machine(running, "child", {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    begin = task("sfn:startExecution", StateMachineArn=child, Input='{"a":1}')
    done = run(running, "parent", ("Begin", begin))
    found = ended(running, json.loads(done["output"])["ExecutionArn"])
    assert (found["stateMachineArn"], found["output"]) == (child, '{"a": 1}')


def test_the_endpoint_stops_while_executions_run(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path)
    states = {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}
    start(endpoint, machine(endpoint, "long", {"StartAt": "Wait", "States": states, "TimeoutSeconds": 900}))
    begun = time.monotonic()
    assert endpoint.stop() == 0
    assert time.monotonic() - begun < 5
