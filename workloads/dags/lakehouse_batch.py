"""The regular load: for each source one EMR step on the standing cluster, in a run that is named by its data interval.

One file for Airflow 2.10 to 3.3. Nothing is asked of AWS when the file is read: where everything is, tasks find out
when they run, from the parameter that the stack writes. Which environment that is, says the option
`lakehouse.environment` of Airflow's configuration.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

try:  # Airflow 3
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator

PIPELINE = "ingest"

RETRIES = {
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
}


def runtime_of(environment: str) -> dict[str, Any]:
    """What the stack of an environment says of itself: cluster, applications, sources.

    :raises ValueError: there is no cluster or no pipeline to run.
    """
    import boto3

    name = f"/lakehouse/{environment}/runtime"
    value = boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    runtime: dict[str, Any] = json.loads(value)
    missing = [part for part in ("batchCluster", "applications", "sources") if not runtime.get(part)]
    if missing:
        raise ValueError(f"'{name}' must be complete, got no {', '.join(missing)}; deploy the stack again")
    return runtime


def step_of(runtime: dict[str, Any], source: str, run: str, correlation: str) -> dict[str, Any]:
    """The EMR step that loads a source in a run.

    :raises ValueError: the stack has no such pipeline.
    """
    application = runtime["applications"].get(PIPELINE)
    if application is None:
        raise ValueError(f"'applications' must hold '{PIPELINE}', got {sorted(runtime['applications'])}; deploy again")
    names = ["--environment", runtime["environment"], "--source", source]
    ids = ["--run-id", run, "--correlation-id", correlation]
    return {
        "Name": f"{PIPELINE} {source} {run}",
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": [*application["args"], PIPELINE, *names, *ids]},
    }


def run_id_of(interval_start: datetime, dag_run: str) -> str:
    """The id of a run: it sorts by the interval's time, and is the same at each attempt, so that none repeats work."""
    moment = interval_start.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{moment}-{hashlib.sha256(dag_run.encode()).hexdigest()[:6]}"


def environment() -> str:
    """The name of the environment, from Airflow's configuration."""
    from airflow.configuration import conf

    return str(conf.get("lakehouse", "environment"))


@task
def plan(data_interval_start: datetime | None = None, run_id: str | None = None) -> list[dict[str, Any]]:
    """The cluster and the step of each source, as the operator that adds steps takes them.

    Airflow gives the arguments by their names. On Airflow 3 a run that somebody starts has no interval.
    """
    runtime = runtime_of(environment())
    correlation = str(run_id)
    run = run_id_of(data_interval_start or datetime.now(UTC), correlation)
    cluster = runtime["batchCluster"]["id"]
    return [
        {"job_flow_id": cluster, "steps": [step_of(runtime, source, run, correlation)]}
        for source in sorted(runtime["sources"])
    ]


with DAG(
    "lakehouse_batch",
    description="Loads every source into bronze and silver",
    # The contracts promise a day: a run a day that takes a little longer than the last would break it.
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args={"owner": "lakehouse", **RETRIES},
    tags=["lakehouse"],
) as dag:
    # Adding a step and waiting for it are one task, so that a retry adds the step again.
    EmrAddStepsOperator.partial(
        task_id="load",
        wait_for_completion=True,
        waiter_delay=10,
        waiter_max_attempts=1440,
    ).expand_kwargs(plan())
