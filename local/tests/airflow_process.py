"""Airflow of any version that the DAGs are for, asked by a test: `read` the DAGs, `run` one.

Executed by the Python of Airflow's environment; `DAG.test` runs each task as a worker would.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import datetime
from typing import Any

from airflow.configuration import conf

try:  # Airflow 3.2
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag

from orchestrators.protocol import Question, Wire


def no_question(*_: Any) -> None:
    """Stands for `connect` while DAG files are read."""
    raise RuntimeError("a DAG file must ask nothing of anybody")


class Process:
    """Airflow with a database, and the DAGs of its folder."""

    def __init__(self) -> None:
        from airflow.utils.db import initdb

        initdb()
        folder = conf.get_mandatory_value("core", "dags_folder")
        # a DAG processor does it too
        sys.path.append(folder)
        connect = socket.socket.connect
        socket.socket.connect = no_question  # type: ignore[method-assign]
        self.bag = DagBag(folder)
        socket.socket.connect = connect  # type: ignore[method-assign]
        self._register()

    def _register(self) -> None:
        try:
            from airflow.dag_processing.bundles.manager import DagBundlesManager
        except ImportError:  # Airflow 2
            self.bag.sync_to_db()
            return
        DagBundlesManager().sync_bundles_to_db()
        if hasattr(self.bag, "sync_to_db"):
            self.bag.sync_to_db("dags-folder", None)
        else:
            from airflow.dag_processing.dagbag import sync_bag_to_db

            sync_bag_to_db(self.bag, "dags-folder", None)

    def read(self, _: Question) -> dict[str, Any]:
        """What Airflow makes of the files."""
        dags = {name: self._described(dag) for name, dag in self.bag.dags.items()}
        return {"errors": self.bag.import_errors, "dags": dags}

    def run(self, question: Question) -> dict[str, Any]:
        """A run of a DAG, with variables of the process's environment that are its own."""
        os.environ.update(question["environment"])
        dag, date, given = self.bag.dags[question["dag"]], datetime.fromisoformat(question["date"]), question["conf"]
        try:
            done = dag.test(logical_date=date, run_conf=given)
        except TypeError:  # Airflow 2
            done = dag.test(execution_date=date, run_conf=given)
        states = sorted((task.task_id, str(task.state)) for task in done.get_task_instances())
        return {"state": str(done.state), "tasks": states, "run": done.run_id}

    def end(self, question: Question) -> None:
        """What a scheduler does when a run has ended: call what the DAG has for it, with the reason."""
        os.environ.update(question["environment"])
        dag = self.bag.dags[question["dag"]]
        callbacks = dag.on_failure_callback
        for callback in callbacks if isinstance(callbacks, list) else [callbacks]:
            callback({"dag": dag, "run_id": question["run"], "reason": question["reason"]})

    @staticmethod
    def _described(dag: Any) -> dict[str, Any]:
        tasks = {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "retries": task.retries,
                "backoff": bool(task.retry_exponential_backoff),
                "timeout": task.execution_timeout,
                "alerts": bool(task.on_failure_callback),
            }
            for task in dag.tasks
        }
        hours = dag.dagrun_timeout.total_seconds() / 3600
        alerts = bool(dag.on_failure_callback)
        return {"tasks": tasks, "runsAtOnce": dag.max_active_runs, "hours": hours, "alerts": alerts}


def main() -> None:
    """Serve until there are no more questions."""
    wire = Wire()
    process = Process()
    wire.serve({"read": process.read, "run": process.run, "end": process.end})


if __name__ == "__main__":
    main()
