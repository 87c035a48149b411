"""A run of the pipeline as the EMR steps of its stages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from .exceptions import OrchestrationError, problem


@dataclass(frozen=True)
class Stage:
    """A part of a run, which begins when the one before has ended. It has the name of its command."""

    name: str
    per_source: bool = False
    """Whether it is a step for each source, and not one for the lake."""

    options: tuple[str, ...] = ()
    """What its command is told beside."""

    of: str | None = None
    """The application that has the command; by default the one of the same name."""

    @property
    def application(self) -> str:
        """The application that has the command."""
        return self.of or self.name


STAGES = (
    Stage("ingest", per_source=True),
    Stage("quality", options=("--staged",)),
    Stage("transform"),
)
"""In their order; a stage whose application is not deployed has no steps."""

LOAD = STAGES[0]
"""What it brings, the stages after it serve, also where a part of it failed."""

MAINTENANCE = Stage("maintain", of="ingest")
"""The care of the tables that Glue does not look after. What it needs, the application of the load has."""


@dataclass(frozen=True)
class Run:
    """Which run: its environment, its id, and the id that stands on every log line from the command to the jobs."""

    environment: str
    run_id: str
    correlation_id: str


def run_id_of(moment: datetime, name: str) -> str:
    """The id of a run: it sorts by the moment that names the run, and is the same at each attempt."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def steps_of(runtime: Mapping[str, Any], stage: Stage, run: Run) -> list[dict[str, Any]]:
    """The EMR steps of a stage in a run, which may run at the same time."""
    application = runtime["applications"].get(stage.application)
    if application is None:
        return []
    if not stage.per_source:
        return [_step(application, stage, run)]
    # where nobody would publish what is staged, the load publishes
    staged = ("--stage",) if "quality" in runtime["applications"] else ()
    loads = replace(stage, options=staged)
    return [_step(application, loads, run, source) for source in sorted(runtime["sources"])]


def all_steps(runtime: Mapping[str, Any], run: Run) -> dict[str, list[dict[str, Any]]]:
    """The steps of every stage by its name.

    :raises OrchestrationError: the stack has none of the applications.
    """
    steps = {stage.name: steps_of(runtime, stage, run) for stage in STAGES}
    if not any(steps.values()):
        known = ", ".join(stage.name for stage in STAGES)
        got = ", ".join(runtime["applications"]) or "none"
        raise OrchestrationError(problem("applications", f"hold one of {known}", got, "deploy the stack again"))
    return steps


def flow_input(steps: Mapping[str, list[dict[str, Any]]], run: Run) -> dict[str, Any]:
    """The input of the job flow's state machine: the steps of all stages, which it runs one after the other."""
    names = ("Name", "HadoopJarStep")
    every = [{name: step[name] for name in names} for stage in STAGES for step in steps[stage.name]]
    return {"Name": f"lakehouse {run.run_id}", "Steps": every}


def _step(application: Mapping[str, Any], stage: Stage, run: Run, source: str | None = None) -> dict[str, Any]:
    chosen = [] if source is None else ["--source", source]
    ids = ["--run-id", run.run_id, "--correlation-id", run.correlation_id]
    told = ["--environment", run.environment, *chosen, *ids, *stage.options]
    arguments = [*application["args"], stage.name, *told]
    return {
        "Name": " ".join(part for part in (stage.name, source, run.run_id) if part),
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": arguments},
    }
