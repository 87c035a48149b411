"""The state machines of streaming jobs and job flows, as the examples define them, on the endpoint's own EMR.

Only the entry script of a step is another: one that ends, fails or stays, and a wait takes a fiftieth of its time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import machines
from tests.example_machines import BUCKET, cluster_of, definition_of, supervised, template
from tests.fake_spark import spark_home
from tests.support import Endpoint, until

SECONDS = 60.0
"""How long an execution may take."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint in a hurry, with the scripted Spark."""
    folder = tmp_path_factory.mktemp("machines")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SFN_WAIT_SCALE", "0.02")
        endpoint = Endpoint(folder / "endpoint", spark=spark_home(folder / "spark"))
    endpoint.upload("ends.sh", b"exit 0", BUCKET)
    endpoint.upload("fails.sh", b'echo "ValueError: no such topic" >&2; exit 3', BUCKET)
    endpoint.upload("stays.sh", b"sleep 1000", BUCKET)
    try:
        yield endpoint
    finally:
        endpoint.stop()


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The templates of the two examples by their name."""
    return {name: template(name, tmp_path_factory.mktemp(name)) for name in ("streaming-job", "batch-job-flow")}


# --- streaming jobs


def _steps(endpoint: Endpoint, cluster: str) -> list[str]:
    return [step["Status"]["State"] for step in endpoint.client("emr").list_steps(ClusterId=cluster)["Steps"]]


def _subscribed(endpoint: Endpoint, name: str) -> tuple[str, str]:
    """A topic, and a queue that gets what is published to it."""
    sns, sqs = endpoint.client("sns"), endpoint.client("sqs")
    topic, queue = sns.create_topic(Name=name)["TopicArn"], sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    return str(topic), str(queue)


def _cancel(endpoint: Endpoint, cluster: str) -> None:
    steps = endpoint.client("emr").list_steps(ClusterId=cluster, StepStates=["RUNNING"])["Steps"]
    endpoint.client("emr").cancel_steps(ClusterId=cluster, StepIds=[step["Id"] for step in steps])


@pytest.mark.parametrize("script", ["fails.sh", "ends.sh"])
def test_a_job_that_ends_is_started_again_until_restarts_are_used_up(
    running: Endpoint, templates: Any, script: str
) -> None:
    topic, queue = _subscribed(running, f"critical-{script[:-3]}")
    cluster, name = cluster_of(running), f"ending-{script[:-3]}"
    definition = supervised(templates["streaming-job"], cluster, script, name, topic)
    assert definition["States"]["AreRestartsLeft"]["Choices"][0]["Condition"] == "{% $restarts <= 5 %}"
    definition["States"]["AreRestartsLeft"]["Choices"][0]["Condition"] = "{% $restarts <= 2 %}"
    found = machines.ended(running, machines.start(running, machines.machine(running, name, definition)), SECONDS)
    assert (found["status"], found["error"]) == ("FAILED", "JobIsDown")
    state = "FAILED" if script == "fails.sh" else "COMPLETED"
    assert _steps(running, cluster) == [state] * 3
    [received] = running.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    message = json.loads(received["Body"])
    assert message["Subject"] == "Nobody keeps streaming job trips running"
    assert f"is {state}" in message["Message"]
    assert ("no such topic" in message["Message"]) == (script == "fails.sh")


def test_two_supervisors_look_at_one_step_and_end_well_when_it_is_cancelled(running: Endpoint, templates: Any) -> None:
    cluster = cluster_of(running)
    machine = machines.machine(
        running, "drained", supervised(templates["streaming-job"], cluster, "stays.sh", "drained")
    )
    first = machines.start(running, machine)
    until(lambda: _steps(running, cluster) == ["RUNNING"], 20, "the job")
    second = machines.start(running, machine)
    sfn = running.client("stepfunctions")
    until(lambda: "Look" in str(sfn.get_execution_history(executionArn=second)["events"]), 20, "the second look")
    assert _steps(running, cluster) == ["RUNNING"]
    _cancel(running, cluster)
    for execution in (first, second):
        found = machines.ended(running, execution, SECONDS)
        assert (found["status"], json.loads(found["output"])["Outcome"]) == ("SUCCEEDED", "cancelled")
    assert _steps(running, cluster) == ["CANCELLED"]


def test_a_run_that_was_asked_to_end_is_not_started_again(running: Endpoint, templates: Any) -> None:
    cluster = cluster_of(running)
    machine = machines.machine(running, "asked", supervised(templates["streaming-job"], cluster, "ends.sh", "asked"))
    execution = machines.start(running, machine, {"correlationId": "run 1/a"})
    until(lambda: _steps(running, cluster).count("COMPLETED") > 1, 20, "the restart of a run that nobody asked to end")
    running.upload("checkpoints/trips.runs/run%201%2Fa/asked.json", b"{}", BUCKET)
    found = machines.ended(running, execution, SECONDS)
    assert (found["status"], json.loads(found["output"])["Outcome"]) == ("SUCCEEDED", "drained")


def _until_told(endpoint: Endpoint, cluster: str, folder: Path) -> tuple[str, Path]:
    """A script that runs until there is the file, which is told too."""
    end = folder / "end"
    endpoint.upload(f"{cluster}.sh", f"until [ -e {end} ]; do sleep 0.1; done".encode(), BUCKET)
    return f"{cluster}.sh", end


def test_who_takes_a_step_over_sees_that_its_run_was_asked_to_end(
    running: Endpoint, templates: Any, tmp_path: Path
) -> None:
    cluster = cluster_of(running)
    script, end = _until_told(running, cluster, tmp_path)
    definition = supervised(templates["streaming-job"], cluster, script, "taken-over")
    machine = machines.machine(running, "taken-over", definition)
    first = machines.start(running, machine, {"correlationId": "run"})
    until(lambda: _steps(running, cluster) == ["RUNNING"], 20, "the job")
    second = machines.start(running, machine)
    sfn = running.client("stepfunctions")
    until(lambda: "Look" in str(sfn.get_execution_history(executionArn=second)["events"]), 20, "the second look")
    running.upload("checkpoints/trips.runs/run/asked.json", b"{}", BUCKET)
    end.touch()
    for execution in (first, second):
        found = machines.ended(running, execution, SECONDS)
        assert (found["status"], json.loads(found["output"])["Outcome"]) == ("SUCCEEDED", "drained")
    assert _steps(running, cluster) == ["COMPLETED"]


def test_a_run_that_asked_another_to_end_and_failed_is_started_when_the_other_has_ended(
    running: Endpoint, templates: Any, tmp_path: Path
) -> None:
    cluster, name = cluster_of(running), "asking"
    script, end = _until_told(running, cluster, tmp_path)
    machine = machines.machine(running, name, supervised(templates["streaming-job"], cluster, script, name))
    first = machines.start(running, machine, {"correlationId": "ends"})
    until(lambda: _steps(running, cluster) == ["RUNNING"], 20, "the job")
    running.client("stepfunctions").update_state_machine(
        stateMachineArn=machine,
        definition=json.dumps(supervised(templates["streaming-job"], cluster, "fails.sh", name)),
    )
    running.upload("checkpoints/trips.runs/ends/asked.json", b"{}", BUCKET)
    second = machines.start(running, machine, {"correlationId": "asks", "replaces": "ends"})
    sfn = running.client("stepfunctions")
    until(lambda: "Search" in str(sfn.get_execution_history(executionArn=second)["events"]), 20, "the search")
    assert _steps(running, cluster) == ["FAILED", "RUNNING"]
    end.touch()
    assert machines.ended(running, first, SECONDS)["status"] == "SUCCEEDED"
    until(lambda: _steps(running, cluster).count("FAILED") > 1, 20, "the restart")
    [again, *_] = running.client("emr").list_steps(ClusterId=cluster)["Steps"]
    assert again["Config"]["Args"][-4:] == ["--take-over-from", "-", "--correlation-id", "asks"]
    sfn.stop_execution(executionArn=second)


def test_a_run_that_takes_the_place_of_another_starts_beside_it(running: Endpoint, templates: Any) -> None:
    cluster, name = cluster_of(running), "replacing"
    machine = machines.machine(running, name, supervised(templates["streaming-job"], cluster, "stays.sh", name))
    first = machines.start(running, machine, {"correlationId": "old"})
    until(lambda: _steps(running, cluster) == ["RUNNING"], 20, "the job")
    machines.start(running, machine, {"correlationId": "new", "replaces": "old"})
    until(lambda: _steps(running, cluster) == ["RUNNING"] * 2, 20, "the job beside it")
    running.upload("checkpoints/trips.runs/old/asked.json", b"{}", BUCKET)
    old = running.client("emr").list_steps(ClusterId=cluster)["Steps"][-1]["Id"]
    running.client("emr").cancel_steps(ClusterId=cluster, StepIds=[old])
    assert machines.ended(running, first, SECONDS)["status"] == "SUCCEEDED"
    assert _steps(running, cluster) == ["RUNNING", "CANCELLED"]
    running.client("emr").terminate_job_flows(JobFlowIds=[cluster])


def test_an_execution_hands_over_before_its_history_is_full_and_a_lost_cluster_is_told(
    running: Endpoint, templates: Any
) -> None:
    cluster = cluster_of(running)
    definition = supervised(templates["streaming-job"], cluster, "stays.sh", "handing")
    choices = definition["States"]["Judge"]["Choices"]
    choices[0]["Condition"] = choices[0]["Condition"].replace("$looks < 2000", "$looks < 2")
    machine = machines.machine(running, "handing", definition)
    first = machines.ended(running, machines.start(running, machine), SECONDS)
    assert json.loads(first["output"])["Outcome"] == "handed over"
    sfn = running.client("stepfunctions")

    def executions(status: str) -> list[Any]:
        return list(sfn.list_executions(stateMachineArn=machine, statusFilter=status)["executions"])

    until(lambda: len(executions("SUCCEEDED")) > 1, 30, "the second hand-over")
    assert _steps(running, cluster) == ["RUNNING"]
    running.client("emr").terminate_job_flows(JobFlowIds=[cluster])
    until(lambda: executions("FAILED"), 30, "the end of the supervisor")
    failed = sfn.describe_execution(executionArn=executions("FAILED")[0]["executionArn"])
    assert failed["error"] == "JobIsDown"
    assert "TERMINATED" in failed["cause"]


# --- job flows


def _flow(running: Endpoint, templates: Any, name: str, seconds: int | None = None) -> str:
    definition = definition_of(templates["batch-job-flow"], {})
    if seconds is not None:
        limit = definition["States"]["Judge"]["Choices"][1]
        limit["Condition"] = limit["Condition"].replace("21600000", str(seconds * 1000))
    return machines.machine(running, name, definition)


def _step(script: str) -> dict[str, Any]:
    args = ["spark-submit", "--deploy-mode", "cluster", f"s3://{BUCKET}/{script}"]
    return {"Name": script, "HadoopJarStep": {"Jar": "command-runner.jar", "Args": args}}


def test_a_flow_runs_its_steps_on_a_cluster_that_ends(running: Endpoint, templates: Any) -> None:
    machine = _flow(running, templates, "ending")
    steps = {"Steps": [_step("ends.sh"), _step("ends.sh")], "Name": "day 1"}
    found = machines.ended(running, machines.start(running, machine, steps), SECONDS)
    assert found["status"] == "SUCCEEDED", found
    emr, cluster_id = running.client("emr"), json.loads(found["output"])["ClusterId"]
    cluster = emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
    assert (cluster["Name"], cluster["Status"]["State"]) == ("day 1", "TERMINATED")
    assert "lakehouse-job-flow" in {tag["Key"] for tag in cluster["Tags"]}
    assert _steps(running, cluster_id) == ["COMPLETED", "COMPLETED"]
    fleets = emr.list_instance_fleets(ClusterId=cluster_id)["InstanceFleets"]
    spot = {fleet["InstanceFleetType"]: fleet["TargetSpotCapacity"] for fleet in fleets}
    assert spot == {"MASTER": 0, "CORE": 0, "TASK": 1}
    assert emr.get_auto_termination_policy(ClusterId=cluster_id)["AutoTerminationPolicy"] == {"IdleTimeout": 900}


def test_a_flow_fails_with_the_first_step_that_fails_and_says_why(running: Endpoint, templates: Any) -> None:
    machine = _flow(running, templates, "failing")
    found = machines.ended(
        running, machines.start(running, machine, {"Steps": [_step("fails.sh"), _step("ends.sh")]}), SECONDS
    )
    assert found["error"] == "JobFlowFailed"
    assert "fails.sh FAILED Application failed. ValueError: no such topic" in found["cause"]
    assert found["cause"].count("ends.sh CANCELLED") == 1


def test_a_flow_ends_a_cluster_that_takes_too_long(running: Endpoint, templates: Any) -> None:
    machine = _flow(running, templates, "slow", seconds=1)
    found = machines.ended(running, machines.start(running, machine, {"Steps": [_step("stays.sh")]}), SECONDS)
    assert "runs longer than" in found["cause"]
    cluster = found["cause"].split()[0]
    emr = running.client("emr")

    def state() -> str:
        return str(emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]["State"])

    until(lambda: state() == "TERMINATED", 20, "the end of the cluster")


@pytest.mark.parametrize("data", [{}, {"Steps": []}, {"Steps": [{"Name": "no jar"}]}])
def test_a_flow_refuses_input_without_steps(running: Endpoint, templates: Any, data: Any) -> None:
    machine = _flow(running, templates, f"refusing-{len(json.dumps(data))}")
    found = machines.ended(running, machines.start(running, machine, data), SECONDS)
    assert found["error"] == "InvalidInput"
