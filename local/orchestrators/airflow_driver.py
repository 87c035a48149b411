"""Runs deployed DAGs in one warm process by Airflow's own `DAG.test`: no scheduler, every task for real.

    python -m orchestrators.airflow_driver      with AIRFLOW_HOME set

`{"do": "open", "airflow": …}` copies the DAGs of an MWAA environment and reads them; `{"do": "run", "dag": …,
"correlationId": …}` runs one now and tells of its tasks.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from airflow.configuration import conf
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.listeners import hookimpl
from airflow.listeners.listener import get_listener_manager
from airflow.models.dagbag import DagBag
from airflow.models.xcom import XComModel
from airflow.sdk.execution_time import supervisor
from airflow.utils.db import initdb

from orchestrators.bundle import fetch
from orchestrators.protocol import OrchestratorError, Question, Wire


class Listener:
    """Tells of tasks as they run, and keeps why they failed."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.errors: dict[tuple[str, int], str] = {}

    @hookimpl
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        """A task begins."""
        self._wire.progress(task_instance.task_id)

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        """A task's attempt failed."""
        self.errors[task_instance.task_id, task_instance.map_index] = str(error)


class Airflow:
    """Airflow with its database and the DAGs that are deployed."""

    def __init__(self, wire: Wire) -> None:
        initdb()
        _share_api_server()
        self._folder = Path(conf.get_mandatory_value("core", "dags_folder"))
        self._listener = Listener(wire)
        self._bag: DagBag | None = None
        get_listener_manager().add_listener(self._listener)

    def open(self, question: Question) -> list[str]:
        """The names of the DAGs that are deployed.

        :raises OrchestratorError: a file cannot be imported; says which and why.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        for option, value in fetch(question["airflow"], self._folder).items():
            section, _, name = option.partition(".")
            os.environ.setdefault(f"AIRFLOW__{section.upper()}__{name.upper()}", value)
        # a DAG processor does it too, so that a bundle can import its own modules
        sys.path.append(str(self._folder))
        bag = DagBag(str(self._folder), include_examples=False)
        if bag.import_errors:
            texts = [f"{self._name(file)}: {error.strip()}" for file, error in bag.import_errors.items()]
            raise OrchestratorError("a DAG file cannot be imported:\n" + "\n".join(texts))
        DagBundlesManager().sync_bundles_to_db()
        bag.sync_to_db("dags-folder", None)
        self._bag = bag
        return sorted(bag.dags)

    def run(self, question: Question) -> dict[str, Any]:
        """The state of a run and of its tasks, in the order they began."""
        dag = self._bag.dags[question["dag"]] if self._bag else None
        if dag is None:
            raise OrchestratorError(f"no DAG '{question['dag']}' is deployed")
        self._listener.errors.clear()
        now = datetime.now(UTC)
        done = dag.test(logical_date=now, run_after=now, run_conf={"correlationId": question["correlationId"]})
        tasks = sorted(done.get_task_instances(), key=lambda task: (task.start_date is None, task.start_date))
        plan = XComModel.get_many(run_id=done.run_id, dag_ids=dag.dag_id, task_ids="plan", key="return_value").first()
        run_id = XComModel.deserialize_value(plan)["runId"] if plan else None
        return {"runId": run_id, "state": str(done.state), "tasks": [self._fact(task) for task in tasks]}

    def _fact(self, task: Any) -> dict[str, Any]:
        state = str(task.state)
        error = self._listener.errors.get((task.task_id, task.map_index)) if state == "failed" else None
        names = {"task": task.task_id, "index": task.map_index if task.map_index >= 0 else None}
        return {**names, "state": state, "seconds": task.duration or 0.0, "tries": task.try_number, "error": error}

    def _name(self, file: str) -> str:
        path = Path(file)
        return str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else file


def _share_api_server() -> None:
    """One API server for all tasks.

    `DAG.test` makes one for each of them, which takes several times as long as a small task, and leaves its thread
    behind. A request now, because a server builds its routes at the first one.
    """
    supervisor.in_process_api_server = cache(supervisor.in_process_api_server)
    supervisor.InProcessTestSupervisor._api_client().get("health")


def main() -> None:
    """Serve until there are no more questions."""
    wire = Wire()
    airflow = Airflow(wire)
    wire.serve({"open": airflow.open, "run": airflow.run})


if __name__ == "__main__":
    main()
