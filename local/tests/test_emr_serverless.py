"""EMR Serverless: applications by the API and by CloudFormation, and job runs around a scripted `spark-submit`."""

from __future__ import annotations

import copy
import gzip
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.jobs.serverless import is_idle
from readback.report import read_back
from tests.fake_spark import spark_home
from tests.support import REGION, Endpoint, until
from tests.templates import Template

BUCKET = "test-assets"
ROLE = "arn:aws:iam::000000000000:role/job"
STATES = ("SUBMITTED", "QUEUED", "SCHEDULED", "RUNNING", "CANCELLING")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with the scripted Spark; jobs may take four seconds."""
    folder = tmp_path_factory.mktemp("serverless")
    endpoint = Endpoint(folder / "endpoint", spark=spark_home(folder / "spark", stepTimeoutSeconds=4))
    endpoint.upload("ok.sh", b'echo "out $@"; env | sort; exit 0')
    endpoint.upload("fail.sh", b"echo 'ValueError: no column gate'; exit 3")
    endpoint.upload("second.sh", b"[ -e ../tried ] && exit 0; touch ../tried; exit 1")
    endpoint.upload("wait.sh", b"while [ ! -e ../../go ]; do sleep 0.05; done")
    endpoint.upload("sleep.sh", b"sleep 1000 & echo $!; sleep 1000")
    try:
        yield endpoint
    finally:
        endpoint.stop()


def application(endpoint: Endpoint, **more: Any) -> str:
    """An application; gives its id."""
    request = {"name": "a", "type": "SPARK", "releaseLabel": "emr-7.14.0", **more}
    return str(endpoint.client("emr-serverless").create_application(**request)["applicationId"])


def start(endpoint: Endpoint, application_id: str, script: str, **more: Any) -> str:
    """A job run; gives its id."""
    spark = {"entryPoint": f"s3://{BUCKET}/{script}", **more.pop("sparkSubmit", {})}
    request = {"applicationId": application_id, "executionRoleArn": ROLE, "jobDriver": {"sparkSubmit": spark}, **more}
    return str(endpoint.client("emr-serverless").start_job_run(**request)["jobRunId"])


def run_of(endpoint: Endpoint, application_id: str, run: str) -> dict[str, Any]:
    """A job run."""
    found: dict[str, Any] = endpoint.client("emr-serverless").get_job_run(applicationId=application_id, jobRunId=run)
    return dict(found["jobRun"])


def ended(endpoint: Endpoint, application_id: str, run: str, state: str) -> dict[str, Any]:
    """A job run once it has ended in that state."""
    until(lambda: run_of(endpoint, application_id, run)["state"] not in STATES, 15, "the job run's end")
    found = run_of(endpoint, application_id, run)
    assert found["state"] == state, found
    return found


def state(endpoint: Endpoint, application_id: str) -> str:
    """An application's state."""
    return str(endpoint.client("emr-serverless").get_application(applicationId=application_id)["application"]["state"])


def test_a_job_run_starts_its_application_and_its_logs_reach_the_bucket_and_the_log_group(running: Endpoint) -> None:
    logs = running.client("logs")
    logs.create_log_group(logGroupName="jobs")
    monitoring = {
        "s3MonitoringConfiguration": {"logUri": f"s3://{BUCKET}/serverless/"},
        "cloudWatchLoggingConfiguration": {"enabled": True, "logGroupName": "jobs", "logStreamNamePrefix": "dev"},
    }
    application_id = application(running, monitoringConfiguration=monitoring)
    assert state(running, application_id) == "CREATED"
    parameters = (
        "--conf spark.emr-serverless.driverEnv.GREETING='hello there' --conf spark.executor.memory=4g"
        " --conf spark.jars=/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar"
    )
    overrides = [{"classification": "spark-defaults", "properties": {"spark.sql.session.timeZone": "UTC"}}]
    run = start(
        running,
        application_id,
        "ok.sh",
        name="ingest",
        sparkSubmit={"entryPointArguments": ["--date", "2024-01-01"], "sparkSubmitParameters": parameters},
        configurationOverrides={"applicationConfiguration": overrides},
    )
    found = ended(running, application_id, run, "SUCCESS")
    assert (found["name"], found["attempt"], found["releaseLabel"]) == ("ingest", 1, "emr-7.14.0")
    assert found["startedAt"] <= found["endedAt"]
    assert state(running, application_id) == "STARTED"
    prefix = f"applications/{application_id}/jobs/{run}/SPARK_DRIVER"
    bodies = {
        name: gzip.decompress(
            running.client("s3").get_object(Bucket=BUCKET, Key=f"serverless/{prefix}/{name}.gz")["Body"].read()
        ).decode()
        for name in ("stdout", "stderr")
    }
    assert "out --date 2024-01-01" in bodies["stdout"]
    assert "GREETING=hello there" in bodies["stdout"]
    assert "given spark.sql.session.timeZone=UTC" in bodies["stderr"]
    assert "iceberg-spark-runtime.jar" in bodies["stderr"]
    assert "delta-spark.jar" not in bodies["stderr"]
    assert "spark.executor.memory" not in bodies["stderr"]
    events = logs.get_log_events(logGroupName="jobs", logStreamName=f"dev/{prefix}/stdout")["events"]
    assert events[0]["message"] == "out --date 2024-01-01"


def test_a_failed_job_run_tells_why(running: Endpoint) -> None:
    application_id = application(running)
    found = ended(running, application_id, start(running, application_id, "fail.sh"), "FAILED")
    assert "ValueError: no column gate" in found["stateDetails"]
    failed = running.client("cloudwatch").list_metrics(Namespace="AWS/EMRServerless", MetricName="FailedJobs")
    names = [{item["Name"]: item["Value"] for item in metric["Dimensions"]} for metric in failed["Metrics"]]
    assert {"ApplicationId": application_id, "ApplicationName": "a"} in names


def test_a_job_run_is_tried_again_as_often_as_its_policy_says(running: Endpoint) -> None:
    application_id = application(running)
    run = start(running, application_id, "second.sh", retryPolicy={"maxAttempts": 3})
    assert ended(running, application_id, run, "SUCCESS")["attempt"] == 2


def test_job_runs_beyond_the_schedulers_limit_wait_for_their_turn(running: Endpoint) -> None:
    application_id = application(running, schedulerConfiguration={"maxConcurrentRuns": 2})
    runs = [start(running, application_id, "wait.sh") for _ in range(3)]

    def states() -> list[str]:
        return [run_of(running, application_id, run)["state"] for run in runs]

    until(lambda: states() == ["RUNNING", "RUNNING", "QUEUED"], 5, "two job runs at once")
    service = running.client("emr-serverless")
    listed = service.list_job_runs(applicationId=application_id, states=["QUEUED"])["jobRuns"]
    assert [run["id"] for run in listed] == [runs[2]]
    with pytest.raises(service.exceptions.ValidationException, match="must be completed or cancelled"):
        service.stop_application(applicationId=application_id)
    (running.state / "state" / "job-runs" / "go").touch()
    for run in runs:
        ended(running, application_id, run, "SUCCESS")
    service.stop_application(applicationId=application_id)
    assert state(running, application_id) == "STOPPED"


def test_a_job_run_is_cancelled_with_everything_it_started(running: Endpoint) -> None:
    application_id = application(running)
    run = start(running, application_id, "sleep.sh")
    out = running.state / "state" / "job-runs" / run / "1" / "stdout"
    child = int(until(lambda: out.exists() and out.read_text().strip(), 5, "the script's child"))
    service = running.client("emr-serverless")
    service.cancel_job_run(applicationId=application_id, jobRunId=run)
    ended(running, application_id, run, "CANCELLED")
    until(lambda: not alive(child), 5, "the end of the script's child")
    with pytest.raises(service.exceptions.ValidationException, match="has ended"):
        service.cancel_job_run(applicationId=application_id, jobRunId=run)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_state_machine_runs_a_job(running: Endpoint) -> None:
    application_id = application(running)
    sdk = "arn:aws:states:::aws-sdk:emrserverless"
    begin = {
        "Type": "Task",
        "Resource": f"{sdk}:startJobRun",
        "Parameters": {
            "ApplicationId": application_id,
            "ClientToken.$": "States.UUID()",
            "ExecutionRoleArn": ROLE,
            "JobDriver": {"SparkSubmit": {"EntryPoint": f"s3://{BUCKET}/ok.sh", "EntryPointArguments": ["a"]}},
        },
        "Next": "See",
    }
    parameters = {"ApplicationId.$": "$.ApplicationId", "JobRunId.$": "$.JobRunId"}
    see = {"Type": "Task", "Resource": f"{sdk}:getJobRun", "Parameters": parameters, "End": True}
    gone = {"Type": "Task", "Resource": f"{sdk}:getApplication", "Parameters": {"ApplicationId": "00none"}, "End": True}
    states = running.client("stepfunctions")

    def run(name: str, definition: dict[str, Any]) -> Any:
        arn = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING", 10, "the end")
        return states.describe_execution(executionArn=execution)

    found = json.loads(run("job", {"StartAt": "Begin", "States": {"Begin": begin, "See": see}})["output"])["JobRun"]
    assert found["JobDriver"]["SparkSubmit"]["EntryPointArguments"] == ["a"]
    ended(running, application_id, found["JobRunId"], "SUCCESS")
    assert (
        run("gone", {"StartAt": "See", "States": {"See": gone}})["error"] == "EmrServerless.ResourceNotFoundException"
    )


def test_the_same_client_token_is_the_same_job_run(running: Endpoint) -> None:
    application_id = application(running)
    assert start(running, application_id, "ok.sh", clientToken="x") == start(
        running, application_id, "ok.sh", clientToken="x"
    )


def test_an_application_that_does_not_start_by_itself_takes_no_job_before(running: Endpoint) -> None:
    application_id = application(running, autoStartConfiguration={"enabled": False})
    service = running.client("emr-serverless")
    with pytest.raises(service.exceptions.ValidationException, match="Current status: CREATED"):
        start(running, application_id, "ok.sh")
    service.start_application(applicationId=application_id)
    ended(running, application_id, start(running, application_id, "ok.sh"), "SUCCESS")


def test_a_started_application_is_neither_changed_nor_deleted(running: Endpoint) -> None:
    application_id = application(running)
    service = running.client("emr-serverless")
    service.start_application(applicationId=application_id)
    with pytest.raises(service.exceptions.ValidationException, match="one of the following statuses"):
        service.update_application(applicationId=application_id, architecture="ARM64")
    with pytest.raises(service.exceptions.ValidationException, match="one of the following statuses"):
        service.delete_application(applicationId=application_id)
    service.stop_application(applicationId=application_id)
    changed = service.update_application(applicationId=application_id, architecture="ARM64")["application"]
    assert changed["architecture"] == "ARM64"
    service.delete_application(applicationId=application_id)
    listed = {item["id"]: item["state"] for item in service.list_applications()["applications"]}
    assert listed[application_id] == "TERMINATED"


@pytest.mark.parametrize("wrong", [{"releaseLabel": "7.14"}, {"type": "FLINK"}])
def test_an_application_of_another_kind_is_refused(running: Endpoint, wrong: dict[str, str]) -> None:
    with pytest.raises(running.client("emr-serverless").exceptions.ValidationException, match="Invalid"):
        application(running, **wrong)


def test_what_does_not_exist_is_not_found(running: Endpoint) -> None:
    service = running.client("emr-serverless")
    with pytest.raises(service.exceptions.ResourceNotFoundException):
        service.get_application(applicationId="00none")
    with pytest.raises(service.exceptions.ResourceNotFoundException):
        service.get_job_run(applicationId=application(running), jobRunId="00none")


@pytest.mark.parametrize(
    ("stop", "runs", "age", "expected"),
    [
        ({"enabled": True, "idleTimeoutMinutes": 5}, [], 301, True),
        ({"enabled": True, "idleTimeoutMinutes": 5}, [], 299, False),
        ({"enabled": True}, [], 901, True),
        ({"enabled": False}, [], 10_000, False),
        ({"enabled": True, "idleTimeoutMinutes": 5}, [{"state": "RUNNING"}], 301, False),
        ({"enabled": True, "idleTimeoutMinutes": 5}, [{"state": "FAILED"}], 301, True),
    ],
)
def test_an_idle_application_stops_after_its_timeout(
    stop: dict[str, Any], runs: list[dict[str, Any]], age: float, expected: bool
) -> None:
    now = time.time()
    record = {"state": "STARTED", "updatedAt": now - age, "autoStopConfiguration": stop}
    assert is_idle(record, runs, now) is expected
    assert not is_idle({**record, "state": "STOPPED"}, runs, now)


APPLICATION: Template = {
    "Type": "AWS::EMRServerless::Application",
    "Properties": {
        "Name": "deployed",
        "Type": "Spark",
        "ReleaseLabel": "emr-7.14.0",
        "AutoStopConfiguration": {"Enabled": True, "IdleTimeoutMinutes": 5},
        "MaximumCapacity": {"Cpu": "16vCPU", "Memory": "64GB"},
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    },
}


def deployed(endpoint: Endpoint, resource: Template) -> str:
    """Deploy the application alone, read it back, and give its id."""
    outputs = {"Id": {"Value": {"Ref": "It"}}, "Arn": {"Value": {"Fn::GetAtt": ["It", "Arn"]}}}
    status = endpoint.deploy("serverless", {"Resources": {"It": resource}, "Outputs": outputs})
    assert status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), endpoint.why("serverless")
    assert read_back(endpoint.url, "serverless", REGION).mismatches == []
    [stack] = endpoint.client("cloudformation").describe_stacks(StackName="serverless")["Stacks"]
    said = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert said["Arn"].endswith(f"/applications/{said['Id']}")
    return str(said["Id"])


def test_a_deployed_application_changes_in_place_while_it_is_not_started(running: Endpoint) -> None:
    first = deployed(running, APPLICATION)
    changed = copy.deepcopy(APPLICATION)
    changed["Properties"]["MaximumCapacity"] = {"Cpu": "32vCPU", "Memory": "64GB"}
    changed["Properties"]["Tags"] = [{"Key": "b", "Value": "3"}]
    assert deployed(running, changed) == first
    service = running.client("emr-serverless")
    service.start_application(applicationId=first)
    running.deploy("serverless", {"Resources": {"It": APPLICATION}})
    assert running.status("serverless") == "UPDATE_ROLLBACK_COMPLETE"
    assert "one of the following statuses" in running.why("serverless")
    service.stop_application(applicationId=first)
    del changed["Properties"]["MaximumCapacity"]
    assert deployed(running, changed) != first
    assert state(running, first) == "TERMINATED"
    assert running.destroy("serverless") == "DELETE_COMPLETE"


def test_stopping_the_endpoint_ends_job_runs(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path / "endpoint", spark=spark_home(tmp_path / "spark"))
    endpoint.upload("sleep.sh", b"trap '' TERM; sleep 1000 & echo $!; sleep 1000; sleep 1000")
    run = start(endpoint, application(endpoint), "sleep.sh")
    out = endpoint.state / "state" / "job-runs" / run / "1" / "stdout"
    child = int(until(lambda: out.exists() and out.read_text().strip(), 5, "the script's child"))
    assert os.getpgid(child) != os.getpgid(endpoint.process.pid)
    assert endpoint.stop() == 0
    assert not alive(child)
