"""The jobs' command line.

`main.py ingest --environment … --source … --run-id … --correlation-id …`
`main.py stream --environment … --dataset … --checkpoint … [--run-id … --correlation-id …]`
`main.py quality --environment … --run-id … --correlation-id … [--datasets …]`
`main.py transform --environment … --run-id … --correlation-id … [--select …]`
`main.py maintain --environment … --run-id … --correlation-id …`

A supervisor starts a stream with the same arguments each time, so a stream names its runs itself.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from pyspark.sql import SparkSession

from lakehouse_jobs import ingest, maintain, pushgateway, stream
from lakehouse_jobs import logging as logs
from lakehouse_jobs.contract import Contract, load_all, load_contracts, load_stream
from lakehouse_jobs.exceptions import ConfigurationError, JobError, problem
from lakehouse_jobs.failures import translate
from lakehouse_jobs.kafka import load_brokers
from lakehouse_jobs.lineage import Run
from lakehouse_jobs.lineage_steps import IngestLineage, StreamLineage, load_lineage
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.run_record import RunState
from lakehouse_jobs.runtime import Runtime, load_credentials, load_runtime
from lakehouse_jobs.telemetry import Telemetry

_LOGGER = logging.getLogger(__name__)
_RUN_ID = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{6,32}$")
_OK, _DATASET_FAILED, _NOT_STARTED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a job; the exit code is 0 only when every dataset succeeded or was unchanged.

    1: a dataset failed, after all were tried, or a stream ended by an error. 2: the run could not start (arguments,
    runtime parameter, secret, brokers).
    """
    logs.configure()
    options = _named(_parser().parse_args(arguments))
    with logs.bound(correlationId=options.correlation_id, runId=options.run_id):
        try:
            _check_run_id(options.run_id)
            return _COMMANDS[options.command](options)
        except Exception as error:
            failure = translate(error)
            _LOGGER.exception("run failed", extra={"kind": failure.kind, "error": str(failure)})
            return _NOT_STARTED


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="Jobs of the lakehouse.")
    commands = parser.add_subparsers(dest="command", required=True)
    load = commands.add_parser("ingest", help="bring bronze and silver up to a source")
    load.add_argument("--source", required=True, help="the source's name in contracts and in the runtime parameter")
    load.add_argument("--datasets", help="comma-separated; all of the source when left out")
    load.add_argument("--stage", action="store_true", help="keep silver from readers until `quality` has published it")
    gate = commands.add_parser("quality", help="check silver with Great Expectations and publish what was staged")
    gate.add_argument("--datasets", help="comma-separated; all when left out")
    follow = commands.add_parser("stream", help="bring bronze and silver up to a topic, and keep them there")
    follow.add_argument("--dataset", required=True, help="the dataset, whose contract names the topic")
    follow.add_argument("--checkpoint", required=True, help="URI of the folder in which the stream keeps its place")
    follow.add_argument("--available-now", action="store_true", help="end when everything in the topic now is read")
    follow.add_argument("--trigger-seconds", type=int, default=60, help="seconds between two batches")
    follow.add_argument("--max-records", type=int, default=200_000, help="records in one batch at most")
    build = commands.add_parser("transform", help="build and test gold with dbt")
    build.add_argument("--select", help="what to build, in dbt's words; all when left out")
    build.add_argument("--project", type=Path, default=Path("dbt"), help="folder of the dbt project")
    care = commands.add_parser("maintain", help="compact the tables of all datasets and give up old snapshots")
    care.add_argument("--keep-days", type=int, default=7, help="days for which snapshots can be read")
    for command in (load, gate, follow, build, care):
        command.add_argument("--environment", required=True, help="the deployed environment, e.g. dev")
        command.add_argument(
            "--run-id",
            required=command is not follow,
            help="sortable, e.g. 20130201T000000Z-0a1b2c; a repeated id repeats nothing",
        )
        command.add_argument(
            "--correlation-id", required=command is not follow, help="stands on every log line and in every snapshot"
        )
        command.add_argument("--contracts", type=Path, default=Path("contracts"), help="folder of the contracts")
    return parser


def _named(options: argparse.Namespace) -> argparse.Namespace:
    options.run_id = options.run_id or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    options.correlation_id = options.correlation_id or options.run_id
    return options


def _check_run_id(run_id: str) -> None:
    if not _RUN_ID.match(run_id):
        remedy = "pass a sortable id, UTC time first"
        raise ConfigurationError(problem("run-id", "look like 20130201T000000Z-0a1b2c", run_id, remedy))


def _stream(options: argparse.Namespace) -> int:
    retry = RetryPolicy()
    contract = load_stream(options.contracts, options.dataset)
    runtime = load_runtime(options.environment, retry)
    job = stream.Stream(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        brokers=load_brokers(runtime, retry),
        databases=dict(runtime.databases),
        checkpoint=options.checkpoint,
        retry=retry,
        available_now=options.available_now,
        trigger_seconds=options.trigger_seconds,
        max_records=options.max_records,
    )
    telemetry = _telemetry(runtime)
    lineage = StreamLineage(*load_lineage(runtime, _lineage_run(options, runtime)), job.brokers)
    lineage.started(contract)
    spark = _session(f"lakehouse-stream-{contract.dataset}")
    try:
        stream.run(spark, job, contract, telemetry)
        lineage.ended(contract)
    except JobError as failure:
        lineage.ended(contract, str(failure))
        # the last error a job logs becomes the reason of its EMR step
        _LOGGER.error("stream failed", extra={"kind": failure.kind, "error": f"{contract.dataset}: {failure}"})
        return _DATASET_FAILED
    finally:
        spark.stop()
    return _OK


def _telemetry(runtime: Runtime) -> Telemetry:
    return Telemetry(boto3.client("cloudwatch"), runtime.environment, pushgateway.named_in(os.environ))


def _quality(options: argparse.Namespace) -> int:
    # Great Expectations is not among what the other jobs bring along
    from lakehouse_jobs.quality import check  # noqa: PLC0415
    from lakehouse_jobs.quality.alerts import Alerts  # noqa: PLC0415

    retry = RetryPolicy()
    contracts = choose(load_all(options.contracts), options.datasets)
    runtime = load_runtime(options.environment, retry)
    artifacts = runtime.bucket_uri("artifacts")
    job = check.Check(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        databases=dict(runtime.databases),
        artifacts_uri=artifacts,
        store=store_for(artifacts),
        alerts=Alerts(boto3.client("sns"), runtime.topics.get("critical"), runtime.environment),
        retry=retry,
    )
    spark = _session("lakehouse-quality")
    try:
        found = check.run(spark, job, contracts, _telemetry(runtime))
    finally:
        spark.stop()
    failed = [f"{result.dataset}: {result.error}" for result in found if result.error is not None]
    if not failed:
        return _OK
    # the last error a job logs becomes the reason of its EMR step
    _LOGGER.error(f"{len(failed)} of {len(found)} datasets failed the check", extra={"error": " | ".join(failed)})
    return _DATASET_FAILED


def _transform(options: argparse.Namespace) -> int:
    # dbt is not among what the other jobs bring along
    from lakehouse_jobs import transform  # noqa: PLC0415

    retry = RetryPolicy()
    runtime = load_runtime(options.environment, retry)
    artifacts = runtime.bucket_uri("artifacts")
    job = transform.Transform(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        databases=dict(runtime.databases),
        artifacts_uri=artifacts,
        store=store_for(artifacts),
        project=options.project,
        select=options.select,
        retry=retry,
    )
    spark = _session("lakehouse-transform")
    try:
        failed = transform.run(spark, job).failed
    finally:
        spark.stop()
    if not failed:
        return _OK
    # the last error a job logs becomes the reason of its EMR step
    reasons = " | ".join(f"{node.name}: {node.message}" for node in failed)
    _LOGGER.error(f"{len(failed)} models and tests failed", extra={"error": reasons})
    return _DATASET_FAILED


def _session(name: str) -> SparkSession:
    # session semantics, not sizing: that is the cluster's
    return SparkSession.builder.appName(name).config("spark.sql.session.timeZone", "UTC").getOrCreate()


def _lineage_run(options: argparse.Namespace, runtime: Runtime) -> Run:
    return Run(runtime.environment, options.command, options.run_id, options.correlation_id)


def _ingest(options: argparse.Namespace) -> int:
    retry = RetryPolicy()
    contracts = choose(load_contracts(options.contracts, options.source), options.datasets)
    runtime = load_runtime(options.environment, retry)
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
        lineage=IngestLineage(*load_lineage(runtime, _lineage_run(options, runtime))),
        stage=options.stage,
    )
    return _run(job, contracts, runtime)


def _run(job: ingest.Ingest, contracts: Sequence[Contract], runtime: Runtime) -> int:
    telemetry = _telemetry(runtime)
    spark = _session("lakehouse-ingest")
    try:
        records = ingest.run(spark, job, contracts, telemetry)
    finally:
        spark.stop()
    failed = [record for record in records if record.state is RunState.FAILED]
    _LOGGER.info("run done", extra={"datasets": len(records), "failed": [record.dataset for record in failed]})
    if not failed:
        return _OK
    # the last error a job logs becomes the reason of its EMR step
    reasons = [f"{record.dataset}: {record.error.message if record.error else 'no reason given'}" for record in failed]
    _LOGGER.error(f"{len(failed)} of {len(records)} datasets failed", extra={"error": " | ".join(reasons)})
    return _DATASET_FAILED


def _maintain(options: argparse.Namespace) -> int:
    retry = RetryPolicy()
    contracts = load_all(options.contracts)
    runtime = load_runtime(options.environment, retry)
    artifacts = runtime.bucket_uri("artifacts")
    job = maintain.Maintenance(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        databases=dict(runtime.databases),
        artifacts_uri=artifacts,
        store=store_for(artifacts),
        keep=timedelta(days=options.keep_days),
        retry=retry,
    )
    spark = _session("lakehouse-maintain")
    try:
        records = maintain.run(spark, job, contracts)
    finally:
        spark.stop()
    failed = [f"{record.table}: {record.error}" for record in records if record.error is not None]
    if not failed:
        return _OK
    _LOGGER.error(f"{len(failed)} of {len(records)} tables failed", extra={"error": " | ".join(failed)})
    return _DATASET_FAILED


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "ingest": _ingest,
    "stream": _stream,
    "quality": _quality,
    "transform": _transform,
    "maintain": _maintain,
}
