"""The DAGs under real Airflow: read without asking anything of anybody, then run on clusters of the endpoint.

`npm test` has the version that MWAA has by default; `npm run test:full` runs this file with the others too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.asked import Asked, towards
from tests.lake_runs import endpoint_with_jobs, lake
from tests.machines import machine
from tests.mailbox import Mailbox
from tests.support import LOCAL, Endpoint, setting

DAG = "lakehouse_batch"
RUN_ID = re.compile(r"^20260105T0\d0000Z-[0-9a-f]{6}$")
JOBS = {"ingest": "main.sh", "transform": "main.sh"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    endpoint = endpoint_with_jobs(tmp_path_factory.mktemp("dags"))
    try:
        yield endpoint
    finally:
        endpoint.stop()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as listening:
        yield listening


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, running: Endpoint, mailbox: Mailbox) -> Iterator[Asked]:
    """Airflow with the DAGs where a bundle has them, tried again once and at once."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    (home / "dags" / "lakehouse").symlink_to(LOCAL.parent / "workloads" / "dags")
    options = {
        "CORE__DAGS_FOLDER": str(home / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "LAKEHOUSE__ENVIRONMENT": "none",
        "LAKEHOUSE__RETRIES": "1",
        "LAKEHOUSE__RETRY_SECONDS": "0",
        "LAKEHOUSE__POLL_SECONDS": "0.25",
        "LAKEHOUSE__MAIL_TO": "oncall@lake.test",
        "SMTP__SMTP_HOST": "127.0.0.1",
        "SMTP__SMTP_PORT": str(mailbox.port),
        "SMTP__SMTP_STARTTLS": "False",
        "SMTP__SMTP_MAIL_FROM": "airflow@lake.test",
    }
    environment = {"AIRFLOW_HOME": str(home), **{f"AIRFLOW__{name}": value for name, value in options.items()}}
    python = Path(setting("LAKEHOUSE_AIRFLOW")) / "bin" / "python"
    asked = Asked(python, "tests.airflow_process", home / "log", {**environment, **towards(running.url)})
    try:
        yield asked
    finally:
        asked.stop()


def run(airflow: Asked, environment: str, hour: int, conf: dict[str, Any] | None = None, dag: str = DAG) -> Any:
    """A run for an hour, in an environment."""
    date = f"2026-01-05T{hour:02}:00:00+00:00"
    return airflow.ask("run", dag=dag, date=date, conf=conf or {}, environment=variables(environment))


def variables(environment: str) -> dict[str, str]:
    """What tells the DAG of the environment."""
    return {"AIRFLOW__LAKEHOUSE__ENVIRONMENT": environment}


def states(ran: Any) -> dict[str, str]:
    """The state of each task; mapped instances must agree."""
    return dict({tuple(pair) for pair in ran["tasks"]})


def arguments(step: dict[str, Any]) -> dict[str, str]:
    """What a step's job is given, and its command by `command`; a flag has no value."""
    command, *rest = step["Config"]["Args"][4:]
    pairs = zip(rest, [*rest[1:], "--"], strict=True)
    given = {name: "" if value.startswith("--") else value for name, value in pairs if name.startswith("--")}
    return {"command": command, **given}


def test_every_file_is_read_without_an_error_or_a_question(airflow: Asked) -> None:
    read = airflow.ask("read")
    assert read["errors"] == {}
    assert sorted(read["dags"]) == [DAG, "lakehouse_maintenance"]
    assert {(dag["runsAtOnce"], dag["hours"], dag["alerts"]) for dag in read["dags"].values()} == {(1, 13, True)}
    assert read["dags"]["lakehouse_maintenance"]["tasks"]["step"]["upstream"] == ["calls"]
    tasks = read["dags"][DAG]["tasks"]
    assert tasks["quality.calls"]["upstream"] == ["ingest.step", "plan"]
    assert tasks["transform.calls"]["upstream"] == ["plan", "quality.step"]
    assert tasks["transform.step"]["upstream"] == ["transform.calls"]
    stages = ("ingest.step", "quality.step", "transform.step")
    assert tasks["review.records"]["upstream"] == sorted([*stages, "plan", "transient.wait"])
    every = [task for dag in read["dags"].values() for task in dag["tasks"].values()]
    # the DAG's time-out is the only one: a step runs on when its task is ended
    assert {(task["retries"], task["backoff"], task["timeout"], task["alerts"]) for task in every} == {
        (1, True, None, True)
    }


def test_a_run_goes_stage_by_stage_and_holds_the_jobs_against_their_contracts(
    airflow: Asked, running: Endpoint
) -> None:
    regular = lake(running, "regular", JOBS)
    ran = run(airflow, "regular", 1, {"correlationId": "up-1"})
    assert ran["state"] == "success", airflow.log[-3000:]
    steps = regular.steps()
    given = [arguments(step) for step in steps]
    assert {step["Status"]["State"] for step in steps} == {"COMPLETED"}
    assert sorted(one.get("--source", "") for one in given[:2]) == ["nycflights", "weather"]
    assert [one["command"] for one in given] == ["ingest", "ingest", "transform"]
    assert {one["--correlation-id"] for one in given} == {"up-1"}
    [run_id] = {one["--run-id"] for one in given}
    assert RUN_ID.match(run_id)
    assert (states(ran)["quality.step"], states(ran)["transient.start"]) == ("skipped", "skipped")
    assert regular.told("critical") == []
    [(subject, text)] = regular.told("warning")
    assert subject == f"run {run_id}: 2 promises not kept"
    assert text.splitlines() == [
        "flights: loaded in 120 s, its contract promises 60 s",
        "flights: 75 rows a second, its contract promises 100",
    ]


def test_maintenance_is_a_step_of_its_own(airflow: Asked, running: Endpoint) -> None:
    kept = lake(running, "kept", JOBS)
    ran = run(airflow, "kept", 3, dag="lakehouse_maintenance")
    assert (ran["state"], states(ran)["step"]) == ("success", "success"), airflow.log[-3000:]
    [given] = [arguments(step) for step in kept.steps()]
    assert (given["command"], given["--environment"]) == ("maintain", "kept")
    assert RUN_ID.match(given["--run-id"])


def test_a_step_that_fails_is_tried_again_then_told_to_topic_and_mail(
    airflow: Asked, running: Endpoint, mailbox: Mailbox
) -> None:
    failing = lake(running, "failing", {"ingest": "main.sh", "quality": "fail.sh", "transform": "main.sh"})
    ran = run(airflow, "failing", 2)
    assert (ran["state"], states(ran)["transform.step"]) == ("failed", "success")
    assert [(arguments(step)["command"], step["Status"]["State"]) for step in failing.steps()] == [
        ("ingest", "COMPLETED"),
        ("ingest", "COMPLETED"),
        ("quality", "FAILED"),
        ("quality", "FAILED"),
        ("transform", "COMPLETED"),
    ]
    assert "--stage" in arguments(failing.steps()[0])
    [(subject, text)] = failing.told("critical")
    assert subject == "lakehouse_batch failed: quality.step"
    assert f"run {ran['run']}, failed for good" in text
    [mail] = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("oncall@lake.test", subject)


def test_what_a_load_brought_is_served_though_a_part_of_it_failed(airflow: Asked, running: Endpoint) -> None:
    partial = lake(running, "partial", {"ingest": "partly.sh", "quality": "main.sh", "transform": "main.sh"})
    ran = run(airflow, "partial", 6)
    assert [(arguments(step)["command"], step["Status"]["State"]) for step in partial.steps()] == [
        *[("ingest", "FAILED")] * 4,
        ("quality", "COMPLETED"),
        ("transform", "COMPLETED"),
    ]
    assert (ran["state"], states(ran)["review.records"]) == ("failed", "upstream_failed")
    assert {subject for subject, _ in partial.told("critical")} == {"lakehouse_batch failed: ingest.step"}


def test_nothing_follows_a_load_that_did_not_come_as_far_as_its_datasets(airflow: Asked, running: Endpoint) -> None:
    gone = lake(running, "gone", {"ingest": "main.sh", "quality": "main.sh", "transform": "main.sh"})
    running.client("emr").terminate_job_flows(JobFlowIds=[gone.cluster_id])
    ran = run(airflow, "gone", 7)
    assert {task: state for task, state in states(ran).items() if task.endswith(".step")} == {
        "ingest.step": "failed",
        "quality.step": "skipped",
        "transform.step": "skipped",
    }
    assert (ran["state"], states(ran)["review.records"]) == ("failed", "upstream_failed")
    assert [subject for subject, _ in gone.told("critical")] == ["lakehouse_batch failed: ingest.step"] * 2


def test_a_run_that_cannot_be_planned_fails_by_that_alone(airflow: Asked, running: Endpoint) -> None:
    ran = run(airflow, "nowhere", 8)
    failed = {task for task, state in states(ran).items() if state == "failed"}
    assert (ran["state"], failed) == ("failed", {"plan"})


def test_a_run_that_takes_too_long_is_told_too(airflow: Asked, running: Endpoint) -> None:
    slow = lake(running, "slow", JOBS)
    airflow.ask("end", dag=DAG, run="scheduled__x", reason="timed_out", environment=variables("slow"))
    airflow.ask("end", dag=DAG, run="scheduled__y", reason="task_failure", environment=variables("slow"))
    [(subject, text)] = slow.told("critical")
    assert subject == "lakehouse_batch took too long"
    assert text == (
        "run scheduled__x of lakehouse_batch took longer than 13:00:00 and was ended; "
        "a step that it waited for is not: see the steps of the cluster"
    )


def test_a_run_goes_on_when_nobody_can_be_told_and_says_so_once(airflow: Asked, running: Endpoint) -> None:
    nowhere = {"warning": "arn:aws:sns:us-east-1:000000000000:nowhere"}
    lake(running, "untold", {"ingest": "main.sh"}, topics=nowhere, sources={"weather": {"secretId": "weather"}})
    before = len(airflow.log)
    assert run(airflow, "untold", 3)["state"] == "success"
    assert len(re.findall("not delivered by topic, going on", airflow.log[before:])) == 1


def test_a_heavy_run_has_a_cluster_of_its_own(airflow: Asked, running: Endpoint) -> None:
    request = {
        "Name.$": "$.Name",
        "ReleaseLabel": "emr-7.14.0",
        "Steps.$": "$.Steps",
        "Instances": {"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1, "MasterInstanceType": "m5.xlarge"},
    }
    flow = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:emr:runJobFlow", "Parameters": request, "End": True}
    arn = machine(running, "flow", {"StartAt": "Run", "States": {"Run": flow}})
    standing = lake(running, "heavy", JOBS, jobFlow={"stateMachineArn": arn})
    ran = run(airflow, "heavy", 5, {"transient": True})
    assert (ran["state"], states(ran)["ingest.step"], states(ran)["transient.wait"]) == (
        "success",
        "skipped",
        "success",
    ), airflow.log[-3000:]
    [own] = [
        each for each in running.client("emr").list_clusters()["Clusters"] if each["Name"].startswith("lakehouse ")
    ]
    steps = standing.steps(own["Id"])
    assert [arguments(step)["command"] for step in steps] == ["ingest", "ingest", "transform"]
    assert standing.steps() == []
