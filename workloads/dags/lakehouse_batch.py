"""The regular run of the lake: its sources into bronze and silver, then what follows, as steps of an EMR cluster.

One file for Airflow 2.10 to 3.3. Nothing is asked of AWS when the file is read: tasks find out when they run, from the
parameter that the stack writes, which applications there are. A stage that is not deployed is skipped.

What fails keeps nothing else from its readers: each stage follows the one before it however that ended, so that what
was loaded is checked and served, and gold is made of what is served. Such a run ends failed, and is not reviewed. Only
where no load came as far as its datasets, nothing follows it.

A run that somebody starts may take `transient`: all its steps go to a cluster of their own, which ends with them. That
is for a first load or another heavy one; as it is the same DAG, such a run and a regular one never overlap.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.step_function import StepFunctionStartExecutionOperator
from airflow.providers.amazon.aws.sensors.step_function import StepFunctionExecutionSensor
from lakehouse.orchestration.on_airflow import (
    DAG,
    Param,
    TaskGroup,
    chain,
    environment,
    of_tasks,
    run_ended,
    seconds,
    step,
    task,
    warn,
)
from lakehouse.orchestration.steps import LOAD, STAGES

ENDED = "all_done"
"""Run when all before has ended, however it did."""

GOES_ON = "none_failed"
"""Run where nothing before failed: a stage that has no steps is skipped, and does not skip what follows."""


@task
def plan(dag_run: Any = None, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """What this run is: its ids, and the arguments of each call. Airflow gives the arguments.

    The run is named by the moment its data interval begins; one that somebody starts, by the moment it was asked for.
    """
    from lakehouse.orchestration.runtime import load_runtime
    from lakehouse.orchestration.steps import Run, all_steps, flow_input, run_id_of

    options = params or {}
    moment = dag_run.logical_date or dag_run.run_after
    run = Run(environment(), run_id_of(moment, dag_run.run_id), options.get("correlationId") or dag_run.run_id)
    runtime = load_runtime(run.environment)
    steps = all_steps(runtime, run)
    ids = {"runId": run.run_id, "correlationId": run.correlation_id}
    if options.get("transient"):
        machine = runtime["jobFlow"]["stateMachineArn"]
        flow = {"state_machine_arn": machine, "state_machine_input": json.dumps(flow_input(steps, run))}
        return {**ids, "calls": {"transient": [flow]}}
    cluster = runtime["batchCluster"]["id"]
    calls = {stage: [{"cluster_id": cluster, "arguments": one} for one in each] for stage, each in steps.items()}
    return {**ids, "calls": calls}


@task(trigger_rule=ENDED)
def calls(planned: dict[str, Any] | None, part: str) -> list[dict[str, Any]]:
    """The calls of a part of the plan; none where it is not deployed or not asked for, or has nothing to follow."""
    from lakehouse.orchestration.records import load_began
    from lakehouse.orchestration.runtime import load_runtime

    if planned is None:  # there is no plan
        return []
    each: list[dict[str, Any]] = planned["calls"].get(part, [])
    follows = part != LOAD.name and planned["calls"].get(LOAD.name)
    if each and follows and not load_began(load_runtime(environment()), planned["runId"]):
        return []
    return each


@task(trigger_rule=GOES_ON)
def records(planned: dict[str, Any]) -> list[dict[str, Any]]:
    """What the run did to each dataset, from the records of its jobs."""
    from lakehouse.orchestration.records import load_records
    from lakehouse.orchestration.runtime import load_runtime

    return load_records(load_runtime(environment()), planned["runId"])


@task
def promises(found: list[dict[str, Any]], planned: dict[str, Any]) -> list[str]:
    """Hold each dataset's latency and throughput against its contract, and warn of what is not kept."""
    from lakehouse.orchestration.records import broken_promises

    broken = broken_promises(found)
    if broken:
        warn(f"run {planned['runId']}: {len(broken)} promises not kept", "\n".join(broken))
    return broken


with DAG(
    "lakehouse_batch",
    description="Brings bronze, silver and what follows up to the sources",
    # The contracts promise a day: a run a day that takes a little longer than the last would break it.
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=13),  # a job flow ends itself after twelve
    on_failure_callback=run_ended,
    default_args=of_tasks(),
    params={
        "transient": Param(False, type="boolean", title="On a cluster of its own, for a heavy load"),
        "correlationId": Param(None, type=["null", "string"], title="Stands on every log line; the run's id if empty"),
    },
    tags=["lakehouse"],
) as dag:
    planned = plan()
    ran: list[Any] = []
    for stage in STAGES:
        with TaskGroup(stage.name):
            steps = calls(planned, stage.name)
            chain(ran[-1:] or planned, steps)
            ran.append(step.expand_kwargs(steps))
    with TaskGroup("transient"):
        # A name of its own for each attempt: Step Functions takes none twice.
        start = StepFunctionStartExecutionOperator.partial(
            task_id="start", name="{{ ti.xcom_pull('plan')['runId'] }}-{{ ti.try_number }}"
        ).expand_kwargs(calls(planned, "transient"))
        wait = StepFunctionExecutionSensor.partial(
            task_id="wait", mode="reschedule", poke_interval=seconds("poll_seconds", 10) * 3
        ).expand(execution_arn=start.output)
    with TaskGroup("review"):
        found = records(planned)
        # Airflow calls a run by its last tasks: they go on only where no stage failed
        chain([*ran, wait], found)
        promises(found, planned)
