"""`main.py reconcile`: compare a stream's dataset with its batch view, day by day."""

from __future__ import annotations

import argparse
import logging
from datetime import date

from lakehouse_jobs import reconcile
from lakehouse_jobs.commands.command import FAILED, OK, Command, runtime_of
from lakehouse_jobs.contract import load_stream
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.session import session

_LOGGER = logging.getLogger(__name__)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True, help="the dataset that comes from a topic")
    parser.add_argument("--since", type=date.fromisoformat, help="the first day to compare, e.g. 2013-01-01")


def _run(options: argparse.Namespace) -> int:
    contract = load_stream(options.contracts, options.dataset)
    runtime = runtime_of(options)
    artifacts = runtime.bucket_uri("artifacts")
    job = reconcile.Reconcile(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        databases=runtime.databases,
        artifacts_uri=artifacts,
        store=store_for(artifacts),
        retry=RetryPolicy(),
        since=options.since,
    )
    with session(f"reconcile-{contract.dataset}") as spark:
        found = reconcile.run(spark, job, contract)
    if found.agree:
        return OK
    _LOGGER.error("batch view and stream view disagree", extra={"error": found.difference})
    return FAILED


COMMAND = Command("reconcile", "compare a stream's dataset with its batch view, day by day", _arguments, _run)
