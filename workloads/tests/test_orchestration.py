from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from orchestration import alerts
from orchestration.alerts import Alert, send
from orchestration.exceptions import OrchestrationError
from orchestration.records import broken_promises
from orchestration.steps import MAINTENANCE, STAGES, Run, all_steps, flow_input, run_id_of, steps_of

RUN = Run("dev", "20130201T000000Z-0a1b2c", "up-1")


def runtime(*applications: str, sources: tuple[str, ...] = ("b", "a")) -> dict[str, Any]:
    return {
        "applications": {name: {"args": ["spark-submit", "s3://jobs/main.py"]} for name in applications},
        "sources": {source: {"secretId": source} for source in sources},
    }


def record(**more: Any) -> dict[str, Any]:
    objectives = {"latencySeconds": 60, "rowsPerSecond": 10}
    return {"dataset": "flights", "rowsRead": 100, "seconds": 1.0, "objectives": objectives, **more}


def test_a_stage_has_a_step_for_each_source_or_one_and_none_where_it_is_not_deployed() -> None:
    steps = all_steps(runtime("quality", "ingest"), RUN)
    assert list(steps) == [stage.name for stage in STAGES]
    assert {stage: [step["Name"] for step in each] for stage, each in steps.items()} == {
        "ingest": ["ingest a 20130201T000000Z-0a1b2c", "ingest b 20130201T000000Z-0a1b2c"],
        "quality": ["quality 20130201T000000Z-0a1b2c"],
        "transform": [],
    }
    assert steps["ingest"][0]["HadoopJarStep"]["Args"] == [
        *("spark-submit", "s3://jobs/main.py", "ingest", "--environment", "dev", "--source", "a"),
        *("--run-id", "20130201T000000Z-0a1b2c", "--correlation-id", "up-1", "--stage"),
    ]
    assert steps["quality"][0]["HadoopJarStep"]["Args"][-1] == "--staged"


def test_maintenance_is_a_command_of_the_application_that_loads() -> None:
    [step] = steps_of(runtime("ingest"), MAINTENANCE, RUN)
    arguments = step["HadoopJarStep"]["Args"]
    assert arguments[:5] == ["spark-submit", "s3://jobs/main.py", "maintain", "--environment", "dev"]
    assert "--source" not in arguments
    assert steps_of(runtime("transform"), MAINTENANCE, RUN) == []


def test_a_load_serves_its_rows_itself_where_nobody_checks_them() -> None:
    [step] = all_steps(runtime("ingest", sources=("a",)), RUN)["ingest"]
    assert "--stage" not in step["HadoopJarStep"]["Args"]


def test_a_stack_without_any_of_the_applications_cannot_be_run() -> None:
    with pytest.raises(OrchestrationError, match="must hold one of ingest, quality, transform, got maintenance"):
        all_steps(runtime("maintenance"), RUN)


def test_a_job_flow_has_the_steps_of_all_stages_in_their_order() -> None:
    flow = flow_input(all_steps(runtime("transform", "ingest", sources=("a",)), RUN), RUN)
    assert [step["Name"].split()[0] for step in flow["Steps"]] == ["ingest", "transform"]
    assert {tuple(step) for step in flow["Steps"]} == {("Name", "HadoopJarStep")}


def test_a_run_has_one_id_however_often_it_is_asked_for_and_ids_sort_by_time() -> None:
    first, later = (datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (0, 1))
    assert run_id_of(first, "scheduled__x") == run_id_of(first, "scheduled__x") == "20260105T000000Z-6c3668"
    assert run_id_of(first, "z") < run_id_of(later, "a")


@pytest.mark.parametrize(
    ("ran", "broken"),
    [
        (record(seconds=60.0), []),
        (record(seconds=61.0), ["flights: loaded in 61 s, its contract promises 60 s"]),
        (record(rowsRead=601, seconds=50.0), []),
        (record(rowsRead=601, seconds=60.0), []),
        (
            record(rowsRead=601, seconds=61.0),
            [
                "flights: loaded in 61 s, its contract promises 60 s",
                "flights: 9.85 rows a second, its contract promises 10",
            ],
        ),
        (record(rowsRead=600, seconds=60.0), []),
        (record(seconds=1e6, objectives=None), []),
    ],
)
def test_a_promise_is_broken_beyond_it_and_small_runs_are_not_judged_by_throughput(
    ran: dict[str, Any], broken: list[str]
) -> None:
    assert broken_promises([ran]) == broken


def test_a_channel_that_fails_costs_no_other_its_alert_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Alert] = []

    def down(_: Alert) -> None:
        raise ConnectionError("refused")

    assert send(Alert("s", "t"), {"mail": down, "topic": told.append}) == ["topic"]
    assert told == [Alert("s", "t")]
    assert [entry.getMessage() for entry in caplog.records] == ["alert 's' not delivered by mail, going on: refused"]


def test_subject_of_an_alert_is_one_that_sns_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: one line of less than 100 characters."""
    monkeypatch.setattr(alerts, "boto3", asked := Mock())

    assert send(Alert("a run\n" + "x" * 200, "text"), {"topic": alerts.topic("arn")}) == ["topic"]

    subject = asked.client().publish.call_args.kwargs["Subject"]
    assert (subject[:7], len(subject)) == ("a run x", 99)
