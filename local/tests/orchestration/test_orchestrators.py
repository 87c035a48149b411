"""The orchestrators of `npm start`, as it talks to them: what is deployed is what runs, and they say how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.asked import Asked, AskedError, towards
from tests.lake_runs import BUCKET, endpoint_with_jobs, lake
from tests.orchestration.test_dags import arguments
from tests.support import LOCAL, REGION, Endpoint, setting

DAGS = LOCAL.parent / "workloads" / "dags"
RUN_ID = "20260105T000000Z-0a1b2c"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    endpoint = endpoint_with_jobs(tmp_path_factory.mktemp("orchestrators"))
    try:
        yield endpoint
    finally:
        endpoint.stop()


@pytest.fixture
def airflow(tmp_path: Path, running: Endpoint) -> Iterator[Asked]:
    options = {
        "CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "LAKEHOUSE__RETRIES": "1",
        "LAKEHOUSE__RETRY_SECONDS": "0",
        "LAKEHOUSE__POLL_SECONDS": "0.25",
    }
    environment = {"AIRFLOW_HOME": str(tmp_path), **{f"AIRFLOW__{name}": value for name, value in options.items()}}
    yield from asked(
        "LAKEHOUSE_AIRFLOW", "orchestrators.airflow_driver", tmp_path, {**environment, **towards(running.url)}
    )


@pytest.fixture
def prefect(tmp_path: Path, running: Endpoint) -> Iterator[Asked]:
    environment = {
        "PREFECT_HOME": str(tmp_path),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    }
    yield from asked(
        "LAKEHOUSE_PREFECT", "orchestrators.prefect_driver", tmp_path, {**environment, **towards(running.url)}
    )


def asked(variable: str, module: str, home: Path, environment: dict[str, str]) -> Iterator[Asked]:
    """A driver, until the test is over."""
    driver = Asked(Path(setting(variable)) / "bin" / "python", module, home / "log", environment)
    try:
        yield driver
    finally:
        driver.stop()


def deploy(endpoint: Endpoint, name: str, files: dict[str, bytes], options: dict[str, str]) -> None:
    """An MWAA environment with these files in its folder of DAGs, and what MWAA wants to see beside them."""
    for path, content in files.items():
        endpoint.upload(f"dags/{path}", content, name)
    s3, ec2, iam = (endpoint.client(service) for service in ("s3", "ec2", "iam"))
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    shut = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(shut, True))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for i, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    endpoint.client("mwaa").create_environment(
        Name=name,
        SourceBucketArn=f"arn:aws:s3:::{name}",
        DagS3Path="dags",
        ExecutionRoleArn=iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"],
        NetworkConfiguration={"SubnetIds": subnets, "SecurityGroupIds": [group]},
        AirflowConfigurationOptions=options,
    )


def facts(ran: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """State and tries of each task; instances that were mapped must agree."""
    return {fact["task"]: (fact["state"], fact["tries"]) for fact in ran["tasks"]}


def test_airflow_runs_the_dags_that_are_deployed_with_the_options_they_are_deployed_with(
    airflow: Asked, running: Endpoint
) -> None:
    files = [path for path in DAGS.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    ours = {f"lakehouse/{path.relative_to(DAGS)}": path.read_bytes() for path in files}
    deploy(running, "orchestrated", ours, {"lakehouse.environment": "orchestrated"})
    failing = lake(running, "orchestrated", {"ingest": "main.sh", "transform": "fail.sh"})
    assert airflow.ask("open", airflow="orchestrated") == ["lakehouse_batch", "lakehouse_maintenance"]
    ran = airflow.ask("run", dag="lakehouse_batch", correlationId="up-1")
    given = [arguments(step) for step in failing.steps()]
    assert {(one["--run-id"], one["--correlation-id"]) for one in given} == {(ran["runId"], "up-1")}
    assert ran["state"] == "failed"
    told = facts(ran)
    assert (told["ingest.step"], told["transform.step"]) == (("success", 1), ("failed", 2))
    assert told["review.records"] == ("upstream_failed", 0)
    [error] = [fact["error"] for fact in ran["tasks"] if fact["task"] == "transform.step"]
    assert "FAILED" in error


def test_airflow_says_which_file_cannot_be_imported_and_why(airflow: Asked, running: Endpoint) -> None:
    deploy(running, "broken", {"mine/report.py": b"from airflow import DAG\nimport no_such_module\n"}, {})
    with pytest.raises(AskedError) as told:
        airflow.ask("open", airflow="broken")
    assert str(told.value).startswith("a DAG file cannot be imported:\nmine/report.py: ")
    assert "No module named 'no_such_module'" in str(told.value)


def test_prefect_runs_a_stage_at_once_and_repeats_no_step_that_ended_well(prefect: Asked, running: Endpoint) -> None:
    flows = lake(running, "flows", {"ingest": "main.sh", "transform": "fail.sh"})
    assert prefect.ask("open") == ["lakehouse_batch"]
    asked_for = {"environment": "flows", "runId": RUN_ID, "correlationId": "up-1"}
    ran = prefect.ask("run", **asked_for)
    assert (ran["state"], ran["runId"]) == ("failed", RUN_ID)
    assert (facts(ran)["ingest.step"], facts(ran)["transform.step"]) == (("success", 1), ("failed", 2))
    [(subject, text)] = flows.told("critical")
    assert subject == "lakehouse_batch failed"
    assert f"step 'transform {RUN_ID}' ended FAILED" in text
    running.upload("fail.sh", b"exit 0")
    again = prefect.ask("run", **asked_for)
    assert (again["state"], facts(again)["ingest.step"], facts(again)["transform.step"]) == (
        "success",
        ("success", 0),
        ("success", 1),
    )
    commands = [arguments(step)["command"] for step in flows.steps()]
    assert commands == ["ingest", "ingest", "transform", "transform", "transform"]
    [(subject, _)] = flows.told("warning")
    assert subject == f"run {RUN_ID}: 2 promises not kept"


def test_prefect_serves_what_a_load_brought_and_checks_again_what_it_brings_at_last(
    prefect: Asked, running: Endpoint
) -> None:
    works: bytes = running.client("s3").get_object(Bucket=BUCKET, Key="main.sh")["Body"].read()
    running.upload("mended.sh", works + b"exit 1")
    stages = {"ingest": "mended.sh", "quality": "main.sh", "transform": "main.sh"}
    partial = lake(running, "partial", stages)
    assert prefect.ask("open") == ["lakehouse_batch"]
    asked_for = {"environment": "partial", "runId": "20260106T000000Z-0a1b2c", "correlationId": "up-1"}
    assert prefect.ask("run", **asked_for)["state"] == "failed"
    commands = [arguments(step)["command"] for step in partial.steps()]
    assert commands == [*["ingest"] * 4, "quality", "transform"]
    [(_, text)] = partial.told("critical")
    assert re.findall("step 'ingest ([a-z]+) ", text) == ["nycflights", "weather"]
    running.upload("mended.sh", works)
    assert prefect.ask("run", **asked_for)["state"] == "success"
    again = [arguments(step)["command"] for step in partial.steps()[len(commands) :]]
    assert again == ["ingest", "ingest", "quality", "transform"]


def test_prefect_follows_no_load_that_did_not_come_as_far_as_its_datasets(prefect: Asked, running: Endpoint) -> None:
    gone = lake(running, "gone", {"ingest": "main.sh", "quality": "main.sh", "transform": "main.sh"})
    running.client("emr").terminate_job_flows(JobFlowIds=[gone.cluster_id])
    assert prefect.ask("open") == ["lakehouse_batch"]
    ran = prefect.ask("run", environment="gone", runId="20260107T000000Z-0a1b2c", correlationId="up-1")
    assert (ran["state"], set(facts(ran))) == ("failed", {"plan", "ingest.step"})
