"""`main.py stream`: bring bronze and silver up to a topic, and keep them there."""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from functools import partial

from lakehouse_jobs import rehearsal, stream
from lakehouse_jobs.commands.command import (
    FAILED,
    OK,
    Command,
    lineage_run,
    runtime_of,
    telemetry_of,
)
from lakehouse_jobs.contract import load_stream, load_windows
from lakehouse_jobs.contract_watch import ContractWatch
from lakehouse_jobs.draining import NOBODY, Turn
from lakehouse_jobs.engines import DELTA_SETTINGS
from lakehouse_jobs.exceptions import JobError
from lakehouse_jobs.kafka import load_brokers
from lakehouse_jobs.lineage_steps import DeltaFolders, StreamLineage, load_lineage
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.runtime import Runtime, find_contracts
from lakehouse_jobs.session import STREAM_SETTINGS, session
from lakehouse_jobs.stream_batch import Stream

_LOGGER = logging.getLogger(__name__)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True, help="the dataset, whose contract names the topic")
    parser.add_argument("--checkpoint", required=True, help="URI of the folder in which the stream keeps its place")
    parser.add_argument("--available-now", action="store_true", help="end when everything in the topic now is read")
    parser.add_argument("--trigger-seconds", type=int, default=60, help="seconds between two batches")
    parser.add_argument("--delta", metavar="URI", help="write Delta tables below this folder, not those of the catalog")
    parser.add_argument("--max-records", type=int, default=200_000, help="records in one batch at most")
    parser.add_argument(
        "--take-over-from", default=NOBODY, help="correlation id of the run that is asked to end when this one is ready"
    )


def stream_job(options: argparse.Namespace, runtime: Runtime) -> Stream:
    """What a stream and its repairs have in common."""
    retry = RetryPolicy()
    return Stream(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        brokers=load_brokers(runtime, retry),
        databases=dict(runtime.databases),
        checkpoint="",
        retry=retry,
        windows=load_windows(options.contracts, options.dataset),
    )


def _run(options: argparse.Namespace) -> int:
    contract = load_stream(options.contracts, options.dataset)
    runtime = runtime_of(options)
    job = replace(
        stream_job(options, runtime),
        checkpoint=options.checkpoint,
        available_now=options.available_now,
        trigger_seconds=options.trigger_seconds,
        max_records=options.max_records,
        turn=Turn.of(options.checkpoint, options.correlation_id, options.take_over_from),
        watch=ContractWatch(
            partial(find_contracts, options.environment, options.dataset), store_for(runtime.bucket_uri("artifacts"))
        ),
        delta=options.delta,
    )
    if job.delta is not None:
        job = replace(job, windows=())
    telemetry = telemetry_of(runtime)
    told, tables = load_lineage(runtime, lineage_run(options, runtime))
    written = tables if job.delta is None else DeltaFolders(job.delta)
    lineage = StreamLineage(told, written, job.brokers, job.windows)
    lineage.started(contract)
    delta = {} if job.delta is None else DELTA_SETTINGS
    with session(f"stream-{contract.dataset}", {**STREAM_SETTINGS, **delta}) as spark:
        try:
            if options.take_over_from != NOBODY and job.delta is None:
                rehearsal.rehearse(spark, job, contract)
            stream.run(spark, job, contract, telemetry)
        except JobError as failure:
            lineage.ended(contract, str(failure))
            # the last error a job logs becomes the reason of its EMR step
            _LOGGER.error("stream failed", extra={"kind": failure.kind, "error": f"{contract.dataset}: {failure}"})
            return FAILED
    lineage.ended(contract)
    return OK


# a supervisor starts a stream with the same arguments each time
COMMAND = Command("stream", "bring bronze and silver up to a topic, and keep them there", _arguments, _run, True)
