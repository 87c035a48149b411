"""`main.py ingest`: bring bronze and silver up to a source."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence

from lakehouse_jobs import ingest
from lakehouse_jobs.commands.command import (
    FAILED,
    OK,
    Command,
    lineage_run,
    runtime_of,
    telemetry_of,
)
from lakehouse_jobs.contract import Contract, load_contracts
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.lineage_steps import IngestLineage, load_lineage
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.run_record import RunState
from lakehouse_jobs.runtime import Runtime, load_credentials
from lakehouse_jobs.session import session

_LOGGER = logging.getLogger(__name__)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", required=True, help="the source's name in contracts and in the runtime parameter")
    parser.add_argument("--datasets", help="comma-separated; all of the source when left out")
    parser.add_argument("--parallel", type=_positive, default=4, help="datasets at the same time; 4 when left out")
    parser.add_argument(
        "--stage", action="store_true", help="keep silver from readers until `quality` has published it"
    )


def _positive(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(problem("parallel", "be a whole number above 0", text, "correct it"))
    return int(text)


def choose(contracts: Sequence[Contract], datasets: str | None) -> list[Contract]:
    """The contracts of the comma-separated `datasets`, all when None.

    :raises ConfigurationError: names a dataset the source does not feed.
    """
    if datasets is None:
        return list(contracts)
    wanted = [name.strip() for name in datasets.split(",") if name.strip()]
    known = [contract.dataset for contract in contracts]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        remedy = "correct --datasets, or leave it out for all"
        raise ConfigurationError(problem("datasets", f"be of {', '.join(known)}", datasets, remedy))
    return [contract for contract in contracts if contract.dataset in wanted]


def _run(options: argparse.Namespace) -> int:
    retry = RetryPolicy()
    contracts = choose(load_contracts(options.contracts, options.source), options.datasets)
    runtime = runtime_of(options)
    credentials = load_credentials(runtime, options.source, retry)
    job = ingest.Ingest(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        credentials=credentials,
        databases=dict(runtime.databases),
        landing_uri=runtime.bucket_uri("landing"),
        artifacts_uri=runtime.bucket_uri("artifacts"),
        store=store_for(runtime.bucket_uri("landing")),
        retry=retry,
        lineage=IngestLineage(*load_lineage(runtime, lineage_run(options, runtime))),
        stage=options.stage,
        parallel=options.parallel,
    )
    return _ingested(job, contracts, runtime)


def _ingested(job: ingest.Ingest, contracts: Sequence[Contract], runtime: Runtime) -> int:
    telemetry = telemetry_of(runtime)
    with session("ingest") as spark:
        records = ingest.run(spark, job, contracts, telemetry)
    failed = [record for record in records if record.state is RunState.FAILED]
    _LOGGER.info("run done", extra={"datasets": len(records), "failed": [record.dataset for record in failed]})
    if not failed:
        return OK
    # the last error a job logs becomes the reason of its EMR step
    reasons = [f"{record.dataset}: {record.error.message if record.error else 'no reason given'}" for record in failed]
    _LOGGER.error(f"{len(failed)} of {len(records)} datasets failed", extra={"error": " | ".join(reasons)})
    return FAILED


COMMAND = Command("ingest", "bring bronze and silver up to a source", _arguments, _run)
