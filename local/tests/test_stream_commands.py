"""`lakehouse stream` on a stream whose job is a script that listens as the real one does: deployed, swapped, drained.

The state machine is that of the example, and a wait takes a fiftieth of its time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import example_machines
from tests.example_machines import BUCKET
from tests.fake_spark import spark_home
from tests.machines import machine
from tests.planner import bundled
from tests.support import LOCAL, Endpoint, until

# what lakehouse_jobs/draining.py does, with a file for each batch; `--deaf` hears nothing, `--poor` has no room to ask,
# and `--frail` fails when it has asked
_JOB = f"""
import json, os, sys, time, urllib.error, urllib.request
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
run, before = given["--correlation-id"], given["--take-over-from"]
lake = os.environ["AWS_ENDPOINT_URL"] + "/{BUCKET}/checkpoints/trips"
def say(place, **facts):
    body = json.dumps({{"at": int(time.time() * 1000), **facts}}).encode()
    urllib.request.urlopen(urllib.request.Request(lake + place, body, method="PUT"))
def said(place):
    try:
        return bool(urllib.request.urlopen(lake + place))
    except urllib.error.HTTPError:
        return False
if before != "-":
    if not given.get("--poor"):
        say(f".runs/{{before}}/asked.json")
    if given.get("--frail"):
        sys.exit("ValueError: no such column")
    while not said(f".runs/{{before}}/done.json"):
        time.sleep(0.05)
batch = dict(batch=7, records=1, overAt=int(time.time() * 1000))
say("/offsets/7"), say("/commits/7"), say(f".runs/{{run}}/up.json", **batch)
while given.get("--deaf") or not said(f".runs/{{run}}/asked.json"):
    time.sleep(0.05)
say(f".runs/{{run}}/done.json", **batch)
"""

_MAIN = f'{sys.executable} - "${{@:2}}" <<"END"\n{_JOB}END\n'

_HURRY = 20
# the command's clock, not what it waits for
_CLOCK = f"const began = Date.now(), now = Date.now; Date.now = () => began + (now() - began) * {_HURRY};"


@dataclass
class Stream:
    """An environment with one stream, and the command line."""

    endpoint: Endpoint
    folder: Path
    program: Path
    environment: str
    definition: dict[str, Any]
    machine: str
    cluster: str

    def version(self, script: str, *more: str) -> None:
        """Deploy another version of the job."""
        step = self.definition["States"]["Start"]["Arguments"]["Steps"][0]
        step["Name"] = "trips"
        told = ["--take-over-from", "{% $replaces %}", "--correlation-id", "{% $correlationId %}"]
        place = ["stream", *more, "--checkpoint", f"s3://{BUCKET}/checkpoints/trips/"]
        step["HadoopJarStep"]["Args"] = ["spark-submit", f"s3://{BUCKET}/{script}", *place, *told]
        states = self.endpoint.client("stepfunctions")
        states.update_state_machine(stateMachineArn=self.machine, definition=json.dumps(self.definition))

    def hurry(self) -> None:
        """From now on three minutes of a command take nine seconds."""
        (self.folder / "clock.cjs").write_text(_CLOCK)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = ["node", str(self.program), *arguments, "--endpoint", self.endpoint.url, "--region", "us-east-1"]
        env = {**os.environ, "NODE_PATH": str(LOCAL.parent / "node_modules")}
        if (clock := self.folder / "clock.cjs").exists():
            env["NODE_OPTIONS"] = f"--require {clock}"
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=env, stdout=pipe, stderr=pipe, text=True)

    def run(self, verb: str, *more: str) -> tuple[int, str]:
        """`lakehouse stream <verb>`; its exit code, and what it said."""
        process = self.start("stream", verb, self.environment, *more)
        out, error = process.communicate(timeout=120)
        return process.returncode, out + (error if process.returncode == 1 else "")

    def steps(self) -> list[str]:
        """The states of the steps, the newest first."""
        steps = self.endpoint.client("emr").list_steps(ClusterId=self.cluster)["Steps"]
        return [step["Status"]["State"] for step in steps]

    def supervisors(self) -> int:
        states = self.endpoint.client("stepfunctions")
        return len(states.list_executions(stateMachineArn=self.machine, statusFilter="RUNNING")["executions"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    folder = tmp_path_factory.mktemp("streams")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SFN_WAIT_SCALE", "0.02")
        endpoint = Endpoint(folder / "endpoint", spark=spark_home(folder / "spark"))
    endpoint.upload("main.sh", _MAIN.encode(), BUCKET)
    endpoint.upload("fails.sh", b'echo "ValueError: no such column" >&2; exit 3', BUCKET)
    endpoint.upload("fails-late.sh", b'sleep 15; echo "ValueError: no such topic" >&2; exit 3', BUCKET)
    try:
        yield endpoint
    finally:
        endpoint.stop()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled(tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return example_machines.template("streaming-job", tmp_path_factory.mktemp("example"))


@pytest.fixture
def stream(
    running: Endpoint, program: Path, template: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Stream]:
    """A stream that is deployed and does not run."""
    for found in running.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="checkpoints/").get("Contents", []):
        running.client("s3").delete_object(Bucket=BUCKET, Key=found["Key"])
    cluster, name = example_machines.cluster_of(running), f"trips-{abs(hash(request.node.name))}"
    definition = example_machines.supervised(template, cluster, "main.sh", name)
    arn = machine(running, name, definition)
    facts = {
        "streamingCluster": {"id": cluster},
        "kafka": {"clusterArn": "arn:aws:kafka:us-east-1:000000000000:cluster/lake/1"},
        "streamingJobs": {"trips": {"stateMachineArn": arn}},
    }
    running.client("ssm").put_parameter(
        Name="/lakehouse/dev/runtime", Value=json.dumps(facts), Type="String", Overwrite=True
    )
    made = Stream(running, tmp_path, program, "dev", definition, arn, cluster)
    made.version("main.sh")
    yield made
    running.client("emr").terminate_job_flows(JobFlowIds=[cluster])


def test_deploy_starts_a_stream_once_and_drain_ends_it_between_two_batches(stream: Stream) -> None:
    code, text = stream.run("status")
    assert (code, text.splitlines()[0][:20]) == (3, "trips: does not run ")

    code, text = stream.run("deploy")
    assert (code, "batch 7 is committed" in text, stream.steps()) == (0, True, ["RUNNING"]), text
    code, text = stream.run("deploy")
    assert (code, "already" in text, stream.steps()) == (0, True, ["RUNNING"]), text
    code, text = stream.run("status", "--json")
    [found] = json.loads(text)
    assert (code, found["state"], found["restarts"], found["batch"]["number"]) == (0, "runs as deployed", 0, 7)

    code, text = stream.run("drain")
    assert (code, "batch 7 is the last one, committed whole" in text) == (0, True), text
    assert (stream.steps(), stream.supervisors()) == (["COMPLETED"], 0)
    assert stream.run("drain") == (0, "✓ trips does not run, and nobody starts it again\n")


def test_a_new_version_takes_the_place_of_the_old_one_also_when_the_command_was_killed(stream: Stream) -> None:
    stream.run("deploy")
    stream.version("main.sh", "--max-records", "5")
    assert stream.run("status")[0] == 2
    killed = stream.start("stream", "deploy", "dev")
    until(lambda: len(stream.steps()) > 1, 30, "the step of the new version")
    killed.kill()
    killed.communicate()

    code, text = stream.run("deploy")

    assert code == 0, text
    assert stream.steps() == ["RUNNING", "COMPLETED"]
    assert stream.run("status")[0] == 0
    until(lambda: stream.supervisors() == 1, 30, "the end of the old supervisor")
    stream.version("main.sh", "--max-records", "6")
    code, text = stream.run("deploy", "--json")
    [swapped] = json.loads(text)
    assert (code, swapped["outcome"], swapped["gapSeconds"] < 60) == (0, "swapped", True)
    assert stream.steps() == ["RUNNING", "COMPLETED", "COMPLETED"]


def test_a_new_version_that_does_not_come_up_takes_nobodys_place(stream: Stream) -> None:
    stream.run("deploy")
    stream.version("fails.sh")

    code, text = stream.run("deploy")

    assert code == 1
    assert "ended FAILED: ValueError: no such column\n  the version before runs on; mend what it says" in text
    assert stream.steps()[-1] == "RUNNING"
    until(lambda: stream.supervisors() == 1, 30, "the end of the new supervisor")


def test_a_new_version_that_did_not_come_up_is_tried_anew_when_what_it_lacked_is_there(stream: Stream) -> None:
    stream.run("deploy")
    stream.endpoint.upload("lacks.sh", b'echo "ValueError: no such topic" >&2; exit 3', BUCKET)
    stream.version("lacks.sh")
    assert [stream.run("deploy")[0] for _ in range(2)] == [1, 1]
    assert stream.steps() == ["FAILED", "FAILED", "RUNNING"]
    stream.endpoint.upload("lacks.sh", _MAIN.encode(), BUCKET)

    code, text = stream.run("deploy")

    assert (code, stream.steps()) == (0, ["RUNNING", "FAILED", "FAILED", "COMPLETED"]), text


def test_a_new_version_that_is_slow_to_fail_takes_nobodys_place(stream: Stream) -> None:
    stream.run("deploy")
    stream.version("fails-late.sh")
    stream.hurry()

    code, text = stream.run("deploy")

    assert code == 1
    assert "ended FAILED: ValueError: no such topic\n  the version before runs on; mend what it says" in text
    assert stream.steps() == ["FAILED", "RUNNING"]


@pytest.mark.parametrize("lacks", ["a step", "a container"])
def test_a_new_version_for_which_there_is_no_room_gets_that_of_the_old_one(stream: Stream, lacks: str) -> None:
    stream.run("deploy")
    stream.version("main.sh", "--poor", "yes")
    stream.hurry()
    if lacks == "a step":
        stream.endpoint.client("emr").modify_cluster(ClusterId=stream.cluster, StepConcurrencyLevel=1)
    else:
        stream.endpoint.client("cloudwatch").put_metric_data(
            Namespace="AWS/ElasticMapReduce",
            MetricData=[
                {
                    "MetricName": "AppsPending",
                    "Dimensions": [{"Name": "JobFlowId", "Value": stream.cluster}],
                    "Timestamp": datetime.now(UTC) + timedelta(seconds=200),
                    "Value": 1,
                }
            ],
        )

    code, text = stream.run("deploy")

    assert (code, stream.steps()) == (0, ["RUNNING", "COMPLETED"]), text


def test_a_new_version_that_fails_after_it_asked_is_left_to_its_supervisor(stream: Stream) -> None:
    stream.version("main.sh", "--deaf", "yes")
    stream.run("deploy")
    stream.version("main.sh", "--frail", "yes")

    code, text = stream.run("deploy")

    assert code == 1
    assert "its supervisor starts it again a few times; mend what it says" in text
    assert stream.supervisors() == 2


def test_a_stream_that_nobody_looks_after_is_told_and_looked_after_again(stream: Stream) -> None:
    stream.run("deploy")
    states = stream.endpoint.client("stepfunctions")
    [found] = states.list_executions(stateMachineArn=stream.machine, statusFilter="RUNNING")["executions"]
    states.stop_execution(executionArn=found["executionArn"])

    code, text = stream.run("status")
    assert (code, "nobody looks after it" in text, stream.steps()) == (4, True, ["RUNNING"]), text
    code, text = stream.run("deploy")
    assert (code, "nobody looked after it, now a supervisor does" in text) == (0, True), text
    assert (stream.run("status")[0], stream.steps(), stream.supervisors()) == (0, ["RUNNING"], 1)

    code, text = stream.run("drain")
    assert (code, stream.steps(), stream.supervisors()) == (0, ["COMPLETED"], 0), text


def test_what_cannot_be_done_is_told_with_the_remedy(stream: Stream) -> None:
    stream.version("main.sh", "--deaf", "yes")
    stream.run("deploy")

    code, text = stream.run("drain", "--timeout", "1")
    assert code == 1
    assert "'stream trips' must be drained in that time, got \"running\"; it ends when its batch does" in text
    code, text = stream.run("status", "--dataset", "trip")
    assert (code, "'--dataset' must be that of a stream, got \"trip\"; did you mean 'trips'?" in text) == (1, True)
    process = stream.start("redrive", "dev", "--dlq", "bronze.trip__dlq", "--where", "true")
    assert "'--dlq' must be that of a stream, got \"trip__dlq\"; did you mean 'trips__dlq'?" in process.communicate()[1]
    process = stream.start("stream", "status", "staging")
    assert "'env' must be deployed there, got \"staging\"" in process.communicate(timeout=60)[1]
