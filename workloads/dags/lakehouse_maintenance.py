"""The care of the tables that streams and dbt write, daily: small files are joined, old versions given up.

What pipelines know their progress by is kept; they go on meanwhile. Tables that Glue looks after are left to it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lakehouse.orchestration.on_airflow import DAG, environment, of_tasks, run_ended, step, task


@task
def calls(dag_run: Any = None) -> list[dict[str, Any]]:
    """The one step, and its cluster; none where the job is not deployed. Airflow gives the argument."""
    from lakehouse.orchestration.runtime import load_runtime
    from lakehouse.orchestration.steps import MAINTENANCE, Run, run_id_of, steps_of

    run_id = run_id_of(dag_run.logical_date or dag_run.run_after, dag_run.run_id)
    runtime = load_runtime(environment())
    steps = steps_of(runtime, MAINTENANCE, Run(environment(), run_id, dag_run.run_id))
    return [{"cluster_id": runtime["batchCluster"]["id"], "arguments": each} for each in steps]


with DAG(
    "lakehouse_maintenance",
    description="Joins small files and gives up old versions of tables that Glue does not look after",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=13),
    on_failure_callback=run_ended,
    default_args=of_tasks(),
    tags=["lakehouse"],
) as dag:
    step.expand_kwargs(calls())
