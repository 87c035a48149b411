"""`main.py quality`: check silver with Great Expectations and publish what was staged."""

from __future__ import annotations

import argparse
import logging

import boto3

from lakehouse_jobs.commands.command import FAILED, OK, Command, runtime_of, telemetry_of
from lakehouse_jobs.commands.ingest import choose
from lakehouse_jobs.contract import load_all
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.session import starting

_LOGGER = logging.getLogger(__name__)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--datasets", help="comma-separated; all when left out")
    staged = "of what loads bring, only what is staged; streamed tables are checked as they are served"
    parser.add_argument("--staged", action="store_true", help=staged)


def _run(options: argparse.Namespace) -> int:
    contracts = choose(load_all(options.contracts), options.datasets)
    runtime = runtime_of(options)
    with starting("quality") as spark:
        # Great Expectations is not among what the other jobs bring along, and takes as long to load as Spark to start
        from lakehouse_jobs.quality import check  # noqa: PLC0415
        from lakehouse_jobs.quality.alerts import Alerts  # noqa: PLC0415

        artifacts = runtime.bucket_uri("artifacts")
        job = check.Check(
            run_id=options.run_id,
            correlation_id=options.correlation_id,
            databases=dict(runtime.databases),
            artifacts_uri=artifacts,
            store=store_for(artifacts),
            alerts=Alerts(boto3.client("sns"), runtime.topics.get("critical"), runtime.environment),
            staged_only=options.staged,
            retry=RetryPolicy(),
        )
        found = check.run(spark(), job, contracts, telemetry_of(runtime))
    failed = [f"{result.dataset}: {result.error}" for result in found if result.error is not None]
    if not failed:
        return OK
    # the last error a job logs becomes the reason of its EMR step
    _LOGGER.error(f"{len(failed)} of {len(found)} datasets failed the check", extra={"error": " | ".join(failed)})
    return FAILED


COMMAND = Command("quality", "check silver with Great Expectations and publish what was staged", _arguments, _run)
