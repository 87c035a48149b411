"""What all commands have in common: their shape, the arguments of a run, and what they are put together from."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from lakehouse_jobs import pushgateway
from lakehouse_jobs.lineage import Run
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.runtime import Runtime, load_runtime
from lakehouse_jobs.telemetry import Telemetry

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OK, FAILED, NOT_STARTED = 0, 1, 2
"""Exit codes: all is well; something failed, after all was tried; the run could not start."""


@dataclass(frozen=True)
class Command:
    """A word after `main.py`: what it does, the arguments it takes, and the function that returns an exit code.

    `names_itself`: it may be started without ids of a run, because a supervisor or a person repeats the same words.
    """

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    names_itself: bool = False


def add_run_arguments(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The arguments of every command: where it runs, by which ids, by which contracts."""
    parser.add_argument("--environment", required=True, help="the deployed environment, e.g. dev")
    parser.add_argument(
        "--run-id", required=required, help="sortable, e.g. 20130201T000000Z-0a1b2c; a repeated id repeats nothing"
    )
    parser.add_argument("--correlation-id", required=required, help="stands on every log line and in every snapshot")
    parser.add_argument("--contracts", type=Path, default=Path("contracts"), help="folder of the contracts")


def runtime_of(options: argparse.Namespace) -> Runtime:
    """The facts of the environment that is named."""
    return load_runtime(options.environment, RetryPolicy())


def telemetry_of(runtime: Runtime) -> Telemetry:
    """CloudWatch, and a Pushgateway where the environment names one."""
    return Telemetry(boto3.client("cloudwatch"), runtime.environment, pushgateway.named_in(os.environ))


def lineage_run(options: argparse.Namespace, runtime: Runtime) -> Run:
    """The run as lineage tells of it."""
    return Run(runtime.environment, options.command, options.run_id, options.correlation_id)


def record_counts(runtime: Runtime, options: argparse.Namespace, name: str, counts: DataclassInstance) -> None:
    """Say what a run counted in `runs/<run id>/<name>.json`, where who started it looks."""
    artifacts = runtime.bucket_uri("artifacts")
    uri = f"{artifacts}/runs/{options.run_id}/{name}.json"
    document = {**asdict(counts), "dryRun": options.dry_run}
    RetryPolicy().run("write the counts", lambda: store_for(artifacts).write(uri, json.dumps(document).encode()))
