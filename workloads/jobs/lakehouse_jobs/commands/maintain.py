"""`main.py maintain`: look after the tables that Glue does not: files, snapshots, orphans."""

from __future__ import annotations

import argparse
import logging
from datetime import timedelta

from lakehouse_jobs import maintain
from lakehouse_jobs.commands.command import FAILED, OK, Command, runtime_of
from lakehouse_jobs.contract import load_all, load_care
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.session import session

_LOGGER = logging.getLogger(__name__)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep-days", type=int, default=7, help="days for which snapshots can be read")


def _run(options: argparse.Namespace) -> int:
    contracts = load_all(options.contracts)
    runtime = runtime_of(options)
    artifacts = runtime.bucket_uri("artifacts")
    job = maintain.Maintenance(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        databases=dict(runtime.databases),
        gold=load_care(options.contracts, "gold") if "transform" in runtime.applications else None,
        artifacts_uri=artifacts,
        store=store_for(artifacts),
        keep=timedelta(days=options.keep_days),
        retry=RetryPolicy(),
    )
    with session("maintain") as spark:
        records = maintain.run(spark, job, contracts)
    failed = [f"{record.table}: {record.error}" for record in records if record.error is not None]
    if not failed:
        return OK
    _LOGGER.error(f"{len(failed)} of {len(records)} tables failed", extra={"error": " | ".join(failed)})
    return FAILED


COMMAND = Command("maintain", "look after the tables that Glue does not: files, snapshots, orphans", _arguments, _run)
