"""EMR steps around a scripted `spark-submit`: states, order, cancellation, timeouts, logs, reasons, metrics."""

from __future__ import annotations

import gzip
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_spark import spark_home
from tests.support import Endpoint, until

BUCKET = "test-assets"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with the scripted Spark; steps may take two seconds."""
    folder = tmp_path_factory.mktemp("runner")
    endpoint = Endpoint(folder / "endpoint", spark=spark_home(folder / "spark", stepTimeoutSeconds=4))
    endpoint.upload("ok.sh", b"echo out; echo err >&2; pwd; env | sort; cat data/inside.txt 2>/dev/null; exit 0")
    endpoint.upload(
        "fail.sh", b"echo 'Traceback (most recent call last):'; echo \"ValueError: no column gate\"; exit 3"
    )
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("inside.txt", "a")
    endpoint.upload("a.zip", (folder / "a.zip").read_bytes())
    endpoint.upload("sleep.sh", b"sleep 1000 & echo $! > /proc/self/fd/1; sleep 1000")
    endpoint.upload("wait.sh", b"while [ ! -e ../go ]; do sleep 0.05; done")
    try:
        yield endpoint
    finally:
        endpoint.stop()


def cluster(endpoint: Endpoint, **more: Any) -> str:
    """A cluster; gives its id."""
    instances = {"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1, "MasterInstanceType": "m5.xlarge"}
    instances.update(more.pop("Instances", {}))
    request = {"Name": "c", "ReleaseLabel": "emr-7.14.0", "LogUri": f"s3://{BUCKET}/logs/", "Instances": instances}
    answer = endpoint.client("emr").run_job_flow(**request, JobFlowRole="r", ServiceRole="s", **more)
    return str(answer["JobFlowId"])


def step(script: str, *options: str, action: str = "CONTINUE", arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    """A step that submits a script."""
    args = ["spark-submit", "--deploy-mode", "cluster", *options, f"s3://{BUCKET}/{script}", *arguments]
    return {"Name": script, "ActionOnFailure": action, "HadoopJarStep": {"Jar": "command-runner.jar", "Args": args}}


def add(endpoint: Endpoint, cluster_id: str, *steps: dict[str, Any]) -> list[str]:
    """Add steps; gives their ids."""
    return list(endpoint.client("emr").add_job_flow_steps(JobFlowId=cluster_id, Steps=list(steps))["StepIds"])


def status(endpoint: Endpoint, cluster_id: str, step_id: str) -> dict[str, Any]:
    """A step's status."""
    found: dict[str, Any] = endpoint.client("emr").describe_step(ClusterId=cluster_id, StepId=step_id)["Step"]["Status"]
    return found


def ended(endpoint: Endpoint, cluster_id: str, step_id: str, state: str) -> dict[str, Any]:
    """The status of a step once it is in that state."""
    until(lambda: status(endpoint, cluster_id, step_id)["State"] not in ("PENDING", "RUNNING"), 20, "the step's end")
    found = status(endpoint, cluster_id, step_id)
    assert found["State"] == state, found
    return found


def cluster_state(endpoint: Endpoint, cluster_id: str) -> str:
    """A cluster's state."""
    return str(endpoint.client("emr").describe_cluster(ClusterId=cluster_id)["Cluster"]["Status"]["State"])


def log(endpoint: Endpoint, cluster_id: str, step_id: str, name: str) -> str:
    """A log of a step in the cluster's bucket."""
    key = f"logs/{cluster_id}/steps/{step_id}/{name}.gz"
    return gzip.decompress(endpoint.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()


def release(endpoint: Endpoint, cluster_id: str) -> None:
    """Let the waiting scripts of a cluster end."""
    folder = endpoint.state / "state" / "steps" / cluster_id
    # a step that is told to run may not have its folder yet
    until(folder.exists, 5, "the folder of the cluster's steps")
    (folder / "go").touch()


def test_a_step_runs_with_its_files_and_its_logs_reach_the_bucket(running: Endpoint, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("inside.txt", "unpacked")
    running.upload("data.zip", (tmp_path / "data.zip").read_bytes())
    configurations = [
        {"Classification": "iceberg-defaults", "Properties": {"iceberg.enabled": "true"}},
        {"Classification": "spark-defaults", "Properties": {"spark.sql.session.timeZone": "UTC"}},
    ]
    cluster_id = cluster(running, Configurations=configurations)
    options = ("--archives", f"s3://{BUCKET}/data.zip#data", "--conf", "spark.yarn.appMasterEnv.GREETING=hello")
    [step_id] = add(running, cluster_id, step("ok.sh", *options, "--conf", "spark.executor.memory=4g"))
    found = ended(running, cluster_id, step_id, "COMPLETED")
    assert {"CreationDateTime", "StartDateTime", "EndDateTime"} <= set(found["Timeline"])
    out, err = (log(running, cluster_id, step_id, name) for name in ("stdout", "stderr"))
    assert "unpacked" in out
    assert "GREETING=hello" in out
    assert f"AWS_ENDPOINT_URL={running.url}" in out
    assert "given spark.sql.session.timeZone=UTC" in err
    assert "iceberg-spark-runtime.jar" in err
    assert "delta-spark.jar" not in err
    assert "spark.executor.memory" not in err
    assert "exit code 0" in log(running, cluster_id, step_id, "controller")
    assert cluster_state(running, cluster_id) == "WAITING"


def test_steps_share_what_an_archive_unpacks_to(running: Endpoint, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shared.zip", "w") as archive:
        archive.writestr("inside.txt", "unpacked once")
    for name in ("one.zip", "other.zip"):
        running.upload(name, (tmp_path / "shared.zip").read_bytes())
    running.upload("where.sh", b"cd -P data || cd -P words; pwd; cat inside.txt")
    cluster_id = cluster(running)
    options = [("--archives", f"s3://{BUCKET}/{archive}") for archive in ("one.zip#data", "other.zip#words")]
    steps = add(running, cluster_id, *(step("where.sh", *each) for each in options))
    for step_id in steps:
        ended(running, cluster_id, step_id, "COMPLETED")
    first, second = (log(running, cluster_id, step_id, "stdout") for step_id in steps)
    assert first == second
    assert first.endswith("unpacked once")


def test_a_failed_step_tells_why(running: Endpoint) -> None:
    cluster_id = cluster(running)
    failing, after = add(running, cluster_id, step("fail.sh"), step("ok.sh"))
    details = ended(running, cluster_id, failing, "FAILED")["FailureDetails"]
    assert details["Message"] == "ValueError: no column gate"
    assert details["LogFile"] == f"s3://{BUCKET}/logs/{cluster_id}/steps/{failing}/stderr.gz"
    ended(running, cluster_id, after, "COMPLETED")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["spark-submit", f"s3://{BUCKET}/missing.sh"], "'s3://test-assets/missing.sh' must be readable"),
        (["bash", "-c", "true"], "'HadoopJarStep.Args\\[0\\]' must be spark-submit"),
        (["spark-submit", "--nonsense", "x", "a.sh"], "'spark-submit option' must be a known one"),
        (
            ["spark-submit", "--archives", f"s3://{BUCKET}/ok.sh", f"s3://{BUCKET}/ok.sh"],
            "'--archives' must be a zip or tar file, got",
        ),
        (
            ["spark-submit", "--archives", f"s3://{BUCKET}/a.zip#a,s3://{BUCKET}/a.zip#a", f"s3://{BUCKET}/ok.sh"],
            "'--archives' must be archives of different names, got",
        ),
    ],
)
def test_a_step_that_cannot_start_fails_with_the_reason(running: Endpoint, args: list[str], message: str) -> None:
    cluster_id = cluster(running)
    jar = {"Jar": "command-runner.jar", "Args": args}
    [step_id] = add(running, cluster_id, {"Name": "x", "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar})
    assert re.search(message, ended(running, cluster_id, step_id, "FAILED")["FailureDetails"]["Message"])


def test_steps_run_first_in_first_out_one_at_a_time(running: Endpoint) -> None:
    cluster_id = cluster(running)
    first, second = add(running, cluster_id, step("wait.sh"), step("ok.sh"))
    until(lambda: status(running, cluster_id, first)["State"] == "RUNNING", 5, "the first step's start")
    assert status(running, cluster_id, second)["State"] == "PENDING"
    assert cluster_state(running, cluster_id) == "RUNNING"
    release(running, cluster_id)
    ended(running, cluster_id, second, "COMPLETED")
    starts = [status(running, cluster_id, item)["Timeline"]["StartDateTime"] for item in (first, second)]
    assert starts == sorted(starts)


def test_as_many_steps_run_at_once_as_the_cluster_allows(running: Endpoint) -> None:
    cluster_id = cluster(running, StepConcurrencyLevel=2)
    ids = add(running, cluster_id, *(step("wait.sh") for _ in range(3)))

    def states() -> list[str]:
        return [status(running, cluster_id, item)["State"] for item in ids]

    until(lambda: states() == ["RUNNING", "RUNNING", "PENDING"], 5, "two steps at once")
    release(running, cluster_id)
    for item in ids:
        ended(running, cluster_id, item, "COMPLETED")


def test_a_running_step_is_cancelled_with_everything_it_started(running: Endpoint) -> None:
    cluster_id = cluster(running)
    active, waiting = add(running, cluster_id, step("sleep.sh"), step("ok.sh"))
    work = running.state / "state" / "steps" / cluster_id / active / "stdout"
    child = int(until(lambda: work.exists() and work.read_text().strip(), 5, "the script's child"))
    answer = running.client("emr").cancel_steps(ClusterId=cluster_id, StepIds=[active, waiting])
    assert [item["Status"] for item in answer["CancelStepsInfoList"]] == ["SUBMITTED", "SUBMITTED"]
    ended(running, cluster_id, active, "CANCELLED")
    ended(running, cluster_id, waiting, "CANCELLED")
    until(lambda: not alive(child), 5, "the end of the script's child")
    until(lambda: cluster_state(running, cluster_id) == "WAITING", 5, "the waiting cluster")


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_step_that_takes_too_long_fails(running: Endpoint) -> None:
    cluster_id = cluster(running)
    [step_id] = add(running, cluster_id, step("sleep.sh"))
    message = ended(running, cluster_id, step_id, "FAILED")["FailureDetails"]["Message"]
    assert message == "the step took longer than 4 seconds and was ended"


def test_a_transient_cluster_ends_with_its_last_step(running: Endpoint) -> None:
    instances = {"KeepJobFlowAliveWhenNoSteps": False}
    good = cluster(running, Instances=instances, Steps=[step("ok.sh")])
    until(lambda: cluster_state(running, good) == "TERMINATED", 10, "the cluster's end")
    bad = cluster(running, Instances=instances, Steps=[step("fail.sh", action="TERMINATE_CLUSTER"), step("ok.sh")])
    until(lambda: cluster_state(running, bad) == "TERMINATED_WITH_ERRORS", 10, "the cluster's end")
    listed = running.client("emr").list_steps(ClusterId=bad)["Steps"]
    assert [item["Status"]["State"] for item in listed] == ["CANCELLED", "FAILED"]
    reason = running.client("emr").describe_cluster(ClusterId=bad)["Cluster"]["Status"]["StateChangeReason"]
    failed = listed[1]["Id"]
    assert reason == {"Code": "STEP_FAILURE", "Message": f"Shut down as step {failed} failed"}
    with pytest.raises(Exception, match="may not be modified"):
        add(running, bad, step("ok.sh"))


def test_a_transient_cluster_goes_on_after_a_failed_step_that_may_fail(running: Endpoint) -> None:
    instances = {"KeepJobFlowAliveWhenNoSteps": False}
    steps = [step("fail.sh", action="CONTINUE"), step("ok.sh")]
    cluster_id = cluster(running, Instances=instances, Steps=steps, AutoTerminationPolicy={"IdleTimeout": 3600})
    until(lambda: cluster_state(running, cluster_id) == "TERMINATED", 10, "the cluster's end")
    emr = running.client("emr")
    live = emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
    assert live["Status"]["StateChangeReason"] == {
        "Code": "ALL_STEPS_COMPLETED",
        "Message": "Steps completed with errors",
    }
    assert "EndDateTime" in live["Status"]["Timeline"]
    policy = emr.get_auto_termination_policy(ClusterId=cluster_id)["AutoTerminationPolicy"]
    assert policy == {"IdleTimeout": 3600}
    ended = {item["Id"] for item in emr.list_clusters(ClusterStates=["TERMINATED"])["Clusters"]}
    assert cluster_id in ended


def test_a_terminated_cluster_ends_its_steps_and_a_protected_one_stays(running: Endpoint) -> None:
    emr = running.client("emr")
    cluster_id = cluster(running)
    [step_id] = add(running, cluster_id, step("sleep.sh"))
    until(lambda: status(running, cluster_id, step_id)["State"] == "RUNNING", 5, "the step's start")
    emr.set_termination_protection(JobFlowIds=[cluster_id], TerminationProtected=True)
    with pytest.raises(Exception, match="protected from termination"):
        emr.terminate_job_flows(JobFlowIds=[cluster_id])
    emr.set_termination_protection(JobFlowIds=[cluster_id], TerminationProtected=False)
    emr.terminate_job_flows(JobFlowIds=[cluster_id])
    ended(running, cluster_id, step_id, "CANCELLED")
    until(lambda: cluster_state(running, cluster_id) == "TERMINATED", 5, "the cluster's end")


def test_a_failed_application_raises_an_alarm_that_reaches_a_queue(running: Endpoint) -> None:
    sns, sqs, cloudwatch = (running.client(name) for name in ("sns", "sqs", "cloudwatch"))
    topic = sns.create_topic(Name="failures")["TopicArn"]
    queue = sqs.create_queue(QueueName="failures")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cluster_id, other = cluster(running), cluster(running)
    for name, watched in (("watched", cluster_id), ("other", other)):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmActions=[topic],
            ComparisonOperator="GreaterThanThreshold",
            Dimensions=[{"Name": "JobFlowId", "Value": watched}],
            EvaluationPeriods=1,
            MetricName="AppsFailed",
            Namespace="AWS/ElasticMapReduce",
            Period=300,
            Statistic="Sum",
            Threshold=0,
            TreatMissingData="notBreaching",
        )
    [step_id] = add(running, cluster_id, step("fail.sh"))
    ended(running, cluster_id, step_id, "FAILED")

    def received() -> Any:
        return sqs.receive_message(QueueUrl=queue).get("Messages")

    message = json.loads(json.loads(until(received, 10, "the alarm's message")[0]["Body"])["Message"])
    assert (message["AlarmName"], message["NewStateValue"]) == ("watched", "ALARM")
    states = {a["AlarmName"]: a["StateValue"] for a in cloudwatch.describe_alarms()["MetricAlarms"]}
    assert states == {"watched": "ALARM", "other": "OK"}


def test_stopping_the_endpoint_ends_running_steps(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path / "endpoint", spark=spark_home(tmp_path / "spark"))
    endpoint.upload("sleep.sh", b"trap '' TERM; sleep 1000 & echo $!; sleep 1000; sleep 1000")
    cluster_id = cluster(endpoint)
    [step_id] = add(endpoint, cluster_id, step("sleep.sh"))
    work = endpoint.state / "state" / "steps" / cluster_id / step_id / "stdout"
    child = int(until(lambda: work.exists() and work.read_text().strip(), 5, "the script's child"))
    assert os.getpgid(child) != os.getpgid(endpoint.process.pid)
    assert endpoint.stop() == 0
    assert not alive(child)
