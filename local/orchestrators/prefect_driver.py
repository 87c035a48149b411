"""Runs the flow on a Prefect server of its own, which lives as long as this process.

    python -m orchestrators.prefect_driver      with PREFECT_HOME set

`{"do": "open", …}` reads the flow; `{"do": "run", "environment": …, "runId": …, "correlationId": …}` runs it and tells
of its tasks.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from orchestrators.protocol import Question, Wire

WORKLOADS = Path(__file__).resolve().parents[2] / "workloads"
_STATES = {"COMPLETED": "success", "FAILED": "failed", "CRASHED": "failed", "CANCELLED": "failed"}


class Prefect:
    """Prefect with its server, and the flow."""

    def __init__(self) -> None:
        # the server starts with the first question to it
        with get_client(sync_client=True) as client:
            client.hello()
        self._flow: Any = None

    def open(self, _: Question) -> list[str]:
        """The name of the flow. It finds what it shares with the DAGs where a bundle has it."""
        home = Path(os.environ["PREFECT_HOME"])
        package = home / "lakehouse"
        if not package.exists():
            package.symlink_to(WORKLOADS / "dags", target_is_directory=True)
        sys.path += [str(home), str(WORKLOADS / "flows")]
        from lakehouse_batch import lakehouse_batch

        self._flow = lakehouse_batch
        return [self._flow.name]

    def run(self, question: Question) -> dict[str, Any]:
        """The state of a run and of its tasks, in the order they began."""
        run_id, correlation_id = question["runId"], question["correlationId"]
        patience = {"retries": 1, "retry_seconds": 1, "poll_seconds": 0.25}
        state = self._flow(
            question["environment"],
            run_id=run_id,
            correlation_id=correlation_id,
            patience=patience,
            return_state=True,
        )
        with get_client(sync_client=True) as client:
            chosen = FlowRunFilter(id=FlowRunFilterId(any_=[state.state_details.flow_run_id]))
            runs = client.read_task_runs(flow_run_filter=chosen)
        tasks = sorted(runs, key=lambda run: run.expected_start_time)
        ended = _STATES.get(state.type.value, "failed")
        return {"runId": run_id, "state": ended, "tasks": [self._fact(task) for task in tasks]}

    @staticmethod
    def _fact(task: Any) -> dict[str, Any]:
        state = _STATES.get(task.state.type.value, "failed")
        names = {"task": task.name, "index": None}
        seconds = task.total_run_time.total_seconds()
        error = task.state.message if state == "failed" else None
        # a result that was kept is no try
        tries = 0 if task.state.name == "Cached" else task.run_count
        return {**names, "state": state, "seconds": seconds, "tries": tries, "error": error}


def main() -> None:
    """Serve until there are no more questions."""
    wire = Wire()
    prefect = Prefect()
    wire.serve({"open": prefect.open, "run": prefect.run})


if __name__ == "__main__":
    main()
