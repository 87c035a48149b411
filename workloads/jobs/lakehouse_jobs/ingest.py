"""The batch pipeline of one source: PostgreSQL → landing → bronze (or DLQ) → silver, some datasets at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs import extract, tables
from lakehouse_jobs.commits import Claim
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.failures import translate
from lakehouse_jobs.frames import kept
from lakehouse_jobs.iceberg import MAIN, IcebergTable
from lakehouse_jobs.landing import Batch, Landing, batch_token
from lakehouse_jobs.lineage_steps import IngestLineage
from lakehouse_jobs.logging import bound
from lakehouse_jobs.objects import ObjectStore
from lakehouse_jobs.parallel import in_parallel
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.run_record import RunError, RunRecord, RunState
from lakehouse_jobs.source import Credentials, SourceSession
from lakehouse_jobs.telemetry import Metric, Telemetry
from lakehouse_jobs.transforms import judge, rejected_rows, valid_rows
from lakehouse_jobs.validation import validate

_LOGGER = logging.getLogger(__name__)
PIPELINE = "ingest"


@dataclass(frozen=True)
class Ingest:
    """A run: its ids, where it reads and writes, and how patient it is. `databases` are Glue databases by zone.

    `stage`: silver is written to a branch, which nobody reads until the quality check has published it. `parallel`:
    how many datasets are loaded at the same time.
    """

    run_id: str
    correlation_id: str
    credentials: Credentials
    databases: dict[str, str]
    landing_uri: str
    artifacts_uri: str
    store: ObjectStore
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    overlap: timedelta = timedelta(minutes=5)
    waits_for_source: bool = True
    lineage: IngestLineage | None = None
    stage: bool = False
    parallel: int = 1


def run(spark: SparkSession, job: Ingest, contracts: Sequence[Contract], telemetry: Telemetry) -> list[RunRecord]:
    """Ingest each dataset; one that fails does not stop the others. Returns a record for each, also stored."""
    started = time.monotonic()
    records = in_parallel(spark, _Source(job).ingest, contracts, job.parallel)
    for record in records:
        _measure(telemetry, record)
    failed = any(record.state is RunState.FAILED for record in records)
    telemetry.record(Metric.RUN_DURATION, time.monotonic() - started, Pipeline=PIPELINE)
    telemetry.record(Metric.RUNS_FAILED, float(failed), Pipeline=PIPELINE)
    telemetry.record(Metric.RUNS_SUCCEEDED, float(not failed), Pipeline=PIPELINE)
    telemetry.flush()
    return records


class _Source:
    """The datasets of a source.

    After one of them has waited for the source in vain, the next ones try it once each: a source that is down is waited
    for once a run, not once a dataset.
    """

    def __init__(self, job: Ingest) -> None:
        self._job = job
        self._down = False

    def ingest(self, spark: SparkSession, contract: Contract) -> RunRecord:
        job = replace(self._job, waits_for_source=not self._down)
        with bound(dataset=contract.dataset):
            record = _attempt(spark, job, contract)
            self._down = record.failed_transiently
            job.retry.run("write the run record", partial(record.write, job.store, job.artifacts_uri))
        return record


@dataclass(frozen=True)
class Prepared:
    """A landed batch judged: rows that bronze lacks, rejected rows that the DLQ lacks, the batch with its counts."""

    batch: Batch
    valid: DataFrame
    rejected: DataFrame


class DatasetIngest:
    """One dataset of a run; what was done is in `record`, also when `run` fails half-way."""

    def __init__(self, spark: SparkSession, job: Ingest, contract: Contract) -> None:
        self._spark = spark
        self._job = job
        self._contract = contract
        branch = tables.AUDIT if job.stage else MAIN
        self._tables = tables.DatasetTables.of(spark, job.databases, contract.dataset, branch)
        self._landing = Landing(job.store, job.landing_uri, contract)
        self._commit = tables.Commit(contract, job.run_id, job.correlation_id, job.retry)
        self.record = RunRecord(
            job.run_id, job.correlation_id, contract.dataset, contract.source.address, objectives=contract.objectives
        )

    def run(self) -> None:
        """Bring the dataset up to its source.

        First finishes a batch that a killed run landed, then reads what is new (unless this very run id has landed its
        batch before), then merges into silver whatever bronze holds beyond it.
        """
        pending = self._landing.pending(self._tables.head().token, self._job.run_id)
        if pending is not None:
            _LOGGER.warning("finishing the batch an earlier run landed", extra={"batchToken": pending.token})
            with self._prepared(pending) as prepared:
                self._load(prepared)
        if self._landing.sealed(self._job.run_id) is None:
            patience = self._job.retry if self._job.waits_for_source else replace(self._job.retry, attempts=1)
            landed = patience.run("extract", self._land)
            if landed is not None:
                self._seal_and_load(landed)
        self._merge()
        self.record.served = self._served()

    def _land(self) -> Batch | None:
        """Read what is new into the landing zone; None when nothing is. The manifest is still to be written."""
        head = self._tables.head()
        with SourceSession(self._spark, self._job.credentials) as session:
            planned = extract.plan(session, self._contract, head.progress, self._job.overlap)
            if planned is None:
                return None
            rows = extract.read(self._spark, self._job.credentials, self._contract, planned)
            files, size = self._landing.write(rows, self._job.run_id)
        state, address = planned.state, self._contract.source.address
        dataset = (self._contract.dataset, address)
        return Batch(
            token=batch_token(*dataset, head.token, self._job.run_id, state.snapshot, planned.watermark),
            base_token=head.token,
            sequence=head.sequence + 1,
            run_id=self._job.run_id,
            source=address,
            contract_version=self._contract.version,
            lower_bound=planned.lower_bound,
            watermark=planned.watermark,
            ceiling=state.ceiling,
            source_snapshot=state.snapshot,
            extracted_at=state.now,
            files=files,
            bytes=size,
            rows_read=planned.rows,
        )

    def _seal_and_load(self, landed: Batch) -> None:
        with self._prepared(landed) as prepared:
            if prepared.batch.rows_valid + prepared.batch.rows_rejected == 0:
                self._landing.discard(landed.run_id, landed.files)
                return
            self._landing.seal(prepared.batch)
            self.record.bytesLanded += landed.bytes
            self._load(prepared)

    @contextmanager
    def _prepared(self, batch: Batch) -> Iterator[Prepared]:
        contract, dataset = self._contract, self._tables
        # computed anew from the immutable landing files wherever it is used: cheaper than caching every landed row
        judged = validate(self._landing.read(self._spark, batch.run_id, batch.files), contract)
        facts = judge(judged, contract)
        fresh, valid = valid_rows(judged, contract, batch), facts.read - facts.rejected
        refused, rejected = rejected_rows(judged, contract, batch), 0
        with ExitStack() as held:
            if facts.oldest is not None and dataset.bronze.current() is not None:
                unknown = tables.without_known_valid(fresh, dataset.bronze, contract, facts.oldest)
                fresh = held.enter_context(kept(unknown))
                valid = fresh.count()
            if facts.rejected:
                refused = held.enter_context(kept(tables.without_known_rejected(refused, dataset.dlq)))
                rejected = refused.count()
                if Claim(batch.token).found_in(dataset.dlq.history()) is not None:
                    rejected = batch.rows_rejected  # an earlier run committed them: they are no longer new to the DLQ
            reread = facts.read - valid - rejected
            counted = replace(batch, rows_read=facts.read, rows_valid=valid, rows_rejected=rejected, rows_reread=reread)
            yield Prepared(counted, fresh, refused)

    def _load(self, prepared: Prepared) -> None:
        batch, record = prepared.batch, self.record
        if batch.rows_rejected:
            record.snapshots.dlq = tables.append_dlq(self._tables, prepared.rejected, batch, self._commit).id
        if batch.rows_valid:
            record.snapshots.bronze = tables.append_bronze(self._tables, prepared.valid, batch, self._commit).id
        counts = {
            "rowsRead": batch.rows_read,
            "rowsValid": batch.rows_valid,
            "rowsRejected": batch.rows_rejected,
            "rowsReread": batch.rows_reread,
        }
        for name, count in counts.items():
            setattr(record, name, getattr(record, name) + count)
        record.lowerBound = record.lowerBound or batch.lower_bound
        record.upperBound = batch.watermark
        _LOGGER.info("batch committed", extra={"batchToken": batch.token, "watermark": batch.watermark, **counts})

    def _merge(self) -> None:
        merge = tables.merge_silver(self._tables, self._commit)
        self.record.rowsInserted, self.record.rowsUpdated = merge.inserted, merge.updated
        self.record.rowsMerged = merge.inserted + merge.updated
        self.record.snapshots.silver = None if merge.snapshot is None else merge.snapshot.id

    def _served(self) -> bool:
        """Whether main stands at what silver has, or beyond it: nothing of it waits on the branch for its check."""
        silver = self._tables.silver
        newest = silver.current()
        main = IcebergTable(self._spark, silver.identifier)
        return newest is None or any(snapshot.id == newest.id for snapshot in main.history())


def _attempt(spark: SparkSession, job: Ingest, contract: Contract) -> RunRecord:
    started = time.monotonic()
    dataset = DatasetIngest(spark, job, contract)
    record = dataset.record
    if job.lineage is not None:
        job.lineage.started(contract)
    try:
        dataset.run()
        changed = any((record.snapshots.bronze, record.snapshots.silver, record.snapshots.dlq))
        record.state = RunState.SUCCEEDED if changed else RunState.UNCHANGED
    except Exception as error:
        failure = translate(error)
        record.state, record.error = RunState.FAILED, RunError(failure.kind, str(failure))
        _LOGGER.exception("dataset failed", extra={"kind": failure.kind})
    record.seconds = round(time.monotonic() - started, 3)
    if job.lineage is not None:
        job.lineage.ended(contract, job.credentials, record)
    _LOGGER.info("dataset done", extra={"state": record.state, "rowsRead": record.rowsRead, "seconds": record.seconds})
    return record


def _measure(telemetry: Telemetry, record: RunRecord) -> None:
    for metric, value in (
        (Metric.ROWS_READ, record.rowsRead),
        (Metric.ROWS_VALID, record.rowsValid),
        (Metric.ROWS_REJECTED, record.rowsRejected),
        (Metric.ROWS_MERGED, record.rowsMerged),
        (Metric.BYTES_LANDED, record.bytesLanded),
    ):
        telemetry.record(metric, float(value), Dataset=record.dataset)
    # of what is staged, the check says so when it publishes: a reader of a table that is held has nothing fresh
    if record.served or record.state is RunState.FAILED:
        telemetry.record(Metric.DATASET_LOADED, float(record.served), Dataset=record.dataset)
    if record.quality_score is not None:
        telemetry.record(Metric.QUALITY_SCORE, record.quality_score, Dataset=record.dataset)
