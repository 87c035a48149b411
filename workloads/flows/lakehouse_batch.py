"""The same run as the DAG `lakehouse_batch`, as a Prefect flow.

    python lakehouse_batch.py <environment>     serves it hourly, one run at a time

The package `lakehouse`, which is the folder `dags` of this repository, must be on Python's path.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from lakehouse.orchestration.alerts import Alert, send, topic
from lakehouse.orchestration.emr import StepFailedError, run_step
from lakehouse.orchestration.records import as_table, broken_promises, load_began, load_records
from lakehouse.orchestration.runtime import load_runtime, topic_of
from lakehouse.orchestration.steps import LOAD, STAGES, Run, all_steps, run_id_of
from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import INPUTS
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.tasks import exponential_backoff

JITTER = 0.5
"""How much longer than asked a wait before another try may be, at random, as a share of it."""


@task(task_run_name="plan")
def plan(run: Run) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """The id of the cluster, and the steps of each stage."""
    runtime = load_runtime(run.environment)
    return runtime["batchCluster"]["id"], all_steps(runtime, run)


# A step that ended well is never added again in the same run: what it was asked is the key of what it answered. So are
# the steps that ended well before it: when a load that failed ends well at last, what it brought is checked too.
@task(task_run_name="{stage}.step", cache_policy=INPUTS - "stage" - "poll_seconds", persist_result=True)
def step(stage: str, call: dict[str, Any], after: list[str], poll_seconds: float) -> str:
    """One EMR step, added and waited for; gives its id. `after` are the ids of those before it that ended well."""
    return run_step(call["cluster_id"], call["arguments"], poll_seconds)


@task(task_run_name="review.records")
def records(run: Run) -> list[dict[str, Any]]:
    """What the run did to each dataset, also kept as an artifact."""
    found = load_records(load_runtime(run.environment), run.run_id)
    create_table_artifact(as_table(found), key=f"lakehouse-{run.environment}-run", description=f"Run {run.run_id}")
    return found


@task(task_run_name="review.promises")
def promises(run: Run, found: list[dict[str, Any]]) -> list[str]:
    """Hold each dataset's latency and throughput against its contract, and warn of what is not kept."""
    broken = broken_promises(found)
    if broken:
        tell(run.environment, "warning", Alert(f"run {run.run_id}: {len(broken)} promises not kept", "\n".join(broken)))
    return broken


def tell(environment: str, severity: str, alert: Alert) -> None:
    """Send an alert to the topic of a severity."""

    def deliver(told: Alert) -> None:
        arn = topic_of(load_runtime(environment), severity)
        if arn is not None:
            topic(arn)(told)

    send(alert, {"topic": deliver})


def failed(_: Any, ended: Any, state: Any) -> None:
    """Tell of a run that failed; hook of the flow."""
    text = f"run {ended.name} of {ended.parameters['environment']}, failed for good: {state.message}"
    tell(ended.parameters["environment"], "critical", Alert("lakehouse_batch failed", text))


@flow(name="lakehouse_batch", on_failure=[failed], timeout_seconds=6 * 3600)
def lakehouse_batch(
    environment: str,
    run_id: str | None = None,
    correlation_id: str | None = None,
    patience: dict[str, float] | None = None,
) -> str:
    """Run all stages, the steps of one at the same time; gives the run's id.

    A stage follows the one before it however that ended, where the load came as far as its datasets; a run with a step
    that failed ends failed after its last stage, and is not reviewed.

    Run again with the id of a run that failed, it goes on after the steps that ended well. `patience` has `retries`
    (3), `retry_seconds` before the first of them (60, then twice as long each time) and `poll_seconds` (10).
    """
    waits = {"retries": 3, "retry_seconds": 60, "poll_seconds": 10, **(patience or {})}
    started = flow_run.scheduled_start_time or datetime.now(UTC)
    name = run_id or run_id_of(started, str(flow_run.id))
    run = Run(environment, name, correlation_id or name)
    patient = {
        "retries": int(waits["retries"]),
        "retry_delay_seconds": exponential_backoff(waits["retry_seconds"]),
        "retry_jitter_factor": JITTER,
    }
    cluster_id, steps = plan.with_options(**patient)(run)
    patient_step = step.with_options(**patient)
    done: list[str] = []
    failures: list[str] = []
    for stage in STAGES:
        if failures and steps[LOAD.name] and not load_began(load_runtime(environment), run.run_id):
            break
        added: list[PrefectFuture[str]] = [
            patient_step.submit(stage.name, {"cluster_id": cluster_id, "arguments": each}, done, waits["poll_seconds"])
            for each in steps[stage.name]
        ]
        results = [future.result(raise_on_failure=False) for future in added]
        done = [*done, *(result for result in results if isinstance(result, str))]
        failures += [str(result) for result in results if not isinstance(result, str)]
    if failures:
        raise StepFailedError("; ".join(failures))
    promises(run, records.with_options(**patient)(run))
    return run.run_id


if __name__ == "__main__":
    lakehouse_batch.serve("hourly", cron="0 * * * *", parameters={"environment": sys.argv[1]}, limit=1)
