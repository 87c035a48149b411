"""The stream of one dataset: Kafka → bronze or DLQ (append) → silver (ordered MERGE), each batch exactly once.

Spark repeats a batch that it has not seen the end of with the same number and the same offsets. Each commit carries the
batch's token in the same snapshot as its rows: look for it, write, look again. So the repetition finds what is there
and writes what is missing, wherever the first attempt ended. The order is DLQ, bronze, silver, then Spark's own log,
then the offsets of the consumer group, which only metrics of lag read.

The snapshots also say how far the dataset has read each partition. A batch that begins before that (another checkpoint
reads the topic again) leaves out the records that bronze or the DLQ already hold, by their place in Kafka.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from lakehouse_jobs import records as shapes
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import JobError
from lakehouse_jobs.failures import translate
from lakehouse_jobs.iceberg import PREFIX, TOKEN, IcebergTable, commit_once
from lakehouse_jobs.kafka import Brokers, commit_offsets, group_of
from lakehouse_jobs.landing import batch_token
from lakehouse_jobs.logging import bound
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.telemetry import Metric, Telemetry
from lakehouse_jobs.transforms import CHANGE, changed_rows, merge_statement, newest_by_key
from lakehouse_jobs.windows import Change, Windows

_LOGGER = logging.getLogger(__name__)
_QUERY_ID = "sql.streaming.queryId"
_READ_UP_TO = "read-up-to"


@dataclass(frozen=True)
class Stream:
    """A run: its ids, the brokers, where it writes and keeps its place, how much and how often it reads.

    `epoch` goes up with every planned replay; `databases` are Glue databases by zone, `windows` the contracts of what
    follows from the dataset. Each `report_seconds` in which
    there is nothing left to read, it says that the dataset is up to its source.
    """

    run_id: str
    correlation_id: str
    brokers: Brokers
    databases: dict[str, str]
    checkpoint: str
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    available_now: bool = False
    trigger_seconds: int = 60
    max_records: int = 200_000
    epoch: int = 0
    windows: Sequence[Contract] = ()
    report_seconds: float = 60


@dataclass(frozen=True)
class Place:
    """Which batch of which stream: with the epoch of the job, what its token is made of."""

    stream_id: str
    number: int


@dataclass(frozen=True)
class StreamBatch:
    """A batch: number, token, what it holds by partition, and how far the dataset had read each partition before."""

    number: int
    stream_id: str
    origin: shapes.Origin
    spans: Mapping[int, shapes.Span]
    read_before: Mapping[int, int]

    @property
    def reads_again(self) -> bool:
        """Whether it holds records from before the place that the dataset had read up to."""
        return any(span.first < self.read_before.get(partition, 0) for partition, span in self.spans.items())

    @property
    def read(self) -> int:
        """How many records it holds."""
        return sum(span.records for span in self.spans.values())

    @property
    def rejected(self) -> int:
        """How many of them break the contract."""
        return sum(span.rejected for span in self.spans.values())


def run(spark: SparkSession, job: Stream, contract: Contract, telemetry: Telemetry) -> None:
    """Stream a dataset: until its topic is read (`available_now`), or until it fails or is ended.

    :raises JobError: a batch failed after its retries, or the query did; run again, it goes on where it stood.
    """
    handler = StreamHandler(job, contract, telemetry)
    topic = contract.stream.topic
    options = {
        **job.brokers.options,
        "subscribe": topic,
        "startingOffsets": "earliest",
        "failOnDataLoss": "true",
        "kafka.isolation.level": "read_committed",
        "includeHeaders": "true",
        "groupIdPrefix": group_of(contract.dataset),
        "maxOffsetsPerTrigger": str(job.max_records),
    }
    records = spark.readStream.format("kafka").options(**options).load()
    writer = records.writeStream.queryName(contract.dataset).foreachBatch(handler)
    writer = writer.option("checkpointLocation", job.checkpoint)
    if job.available_now:
        query = writer.trigger(availableNow=True).start()
    else:
        query = writer.trigger(processingTime=f"{job.trigger_seconds} seconds").start()
    _LOGGER.info("stream started", extra={"topic": topic, "streamId": str(query.id)})
    try:
        while not query.awaitTermination(job.report_seconds):  # type: ignore[arg-type] # PySpark takes fractions
            if _has_nothing_to_read(query):
                telemetry.record(Metric.DATASET_LOADED, 1.0, Dataset=contract.dataset)
                telemetry.flush()
    except StreamingQueryException as error:
        raise (handler.failure or translate(error)) from error
    finally:
        query.stop()


def _has_nothing_to_read(query: StreamingQuery) -> bool:
    """Whether the last look at the topic found nothing: one that hangs, or has not been, has not."""
    status = query.status
    return query.lastProgress is not None and not status["isTriggerActive"] and not status["isDataAvailable"]


class StreamHandler:
    """Commits the batches of a stream; what made one fail is in `failure`, which Spark would flatten to text."""

    def __init__(self, job: Stream, contract: Contract, telemetry: Telemetry) -> None:
        self._job = job
        self._contract = contract
        self._telemetry = telemetry
        self.failure: JobError | None = None

    def __call__(self, records: DataFrame, number: int) -> None:
        """Commit one batch; called by Spark, again with the same number and records until it has returned once."""
        job, contract = self._job, self._contract
        started = time.monotonic()
        try:
            with (
                bound(correlationId=job.correlation_id, runId=job.run_id, dataset=contract.dataset),
                _kept(shapes.judge_records(records, contract)) as judged,
            ):
                # the checkpoint's own id, not only a name: another checkpoint counts its batches from 0 again
                query = records.sparkSession.sparkContext.getLocalProperty(_QUERY_ID)
                batch, merged = commit(judged, job, contract, Place(f"{contract.dataset}-{query}", number))
                if batch.read > 0:
                    self._commit_offsets(records.sparkSession, batch)
                    self._report(batch, merged, time.monotonic() - started)
        except Exception as error:
            self.failure = translate(error)
            raise

    def _commit_offsets(self, spark: SparkSession, batch: StreamBatch) -> None:
        """Failing to is no reason to stop: the batch is committed, and the next one says it again."""
        topic, group = self._contract.stream.topic, group_of(self._contract.dataset)
        offsets = {(topic, partition): span.following for partition, span in batch.spans.items()}
        try:
            commit_offsets(spark, self._job.brokers, group, offsets)
        except Exception as error:
            _LOGGER.warning("offsets could not be committed", extra={"group": group, "error": str(translate(error))})

    def _report(self, batch: StreamBatch, merged: int, seconds: float) -> None:
        counts = {
            Metric.ROWS_READ: batch.read,
            Metric.ROWS_VALID: batch.read - batch.rejected,
            Metric.ROWS_REJECTED: batch.rejected,
            Metric.ROWS_MERGED: merged,
        }
        facts = {"batch": batch.number, "batchToken": batch.origin.token, "seconds": round(seconds, 3)}
        _LOGGER.info("batch committed", extra={**facts, **{key.value.name: value for key, value in counts.items()}})
        for metric, value in counts.items():
            self._telemetry.record(metric, float(value), Dataset=self._contract.dataset)
        if batch.read < self._job.max_records:  # it took all there was: a full one may have left some
            self._telemetry.record(Metric.DATASET_LOADED, 1.0, Dataset=self._contract.dataset)
        self._telemetry.flush()


def commit(judged: DataFrame, job: Stream, contract: Contract, place: Place) -> tuple[StreamBatch, int]:
    """Commit what is not committed yet of a batch of judged records; the batch, and how many rows of silver changed."""
    # the batch's own session, in which the views of its rows are found
    tables = DatasetTables.of(judged.sparkSession, job.databases, contract.dataset)
    origin = shapes.Origin(
        source=contract.stream.address,
        token=batch_token(place.stream_id, job.epoch, place.number),
        run_id=job.run_id,
        contract_version=contract.version,
        extracted_at=datetime.now(UTC),
    )
    batch = StreamBatch(place.number, place.stream_id, origin, shapes.spans(judged), read_up_to(tables))
    return batch, 0 if batch.read == 0 else StreamCommit(job, contract, tables, batch).run(judged)


class StreamCommit:
    """The commits of one batch, in their order; each is made once, however often the batch is repeated."""

    def __init__(self, job: Stream, contract: Contract, tables: DatasetTables, batch: StreamBatch) -> None:
        self._job = job
        self._contract = contract
        self._tables = tables
        self._batch = batch
        self._properties = properties_of(job, contract, batch)
        self._change = Change(batch.origin, self._properties, job.retry)

    def run(self, judged: DataFrame) -> int:
        """Commit what is not committed yet; how many rows of silver were inserted or updated."""
        self._append_dlq(judged)
        self._append_bronze(judged)
        merged = self._merge_silver(judged)
        if merged > 0 or self._tables.silver.committed(self._batch.origin.token) is not None:
            for windows in self._windows(judged.sparkSession):
                windows.recompute(self._tables.silver, self._change)
        return merged

    def _append_dlq(self, judged: DataFrame) -> None:
        if self._batch.rejected == 0:
            return
        rows = self._unknown(shapes.dlq_rows(judged, self._batch.origin), self._tables.dlq)
        self._append(self._tables.dlq, rows.coalesce(1))

    def _append_bronze(self, judged: DataFrame) -> None:
        if self._batch.read == self._batch.rejected:
            return
        rows = self._unknown(shapes.history_rows(judged, self._batch.origin), self._tables.bronze)
        self._append(self._tables.bronze, rows)

    def _unknown(self, rows: DataFrame, table: IcebergTable) -> DataFrame:
        """`rows` less those that `table` holds; it is asked only when the batch begins before what was read."""
        if not self._batch.reads_again:
            return rows
        known = table.read().where(shapes.within(self._batch.spans)).select(*shapes.IDENTITY)
        return rows.join(known, list(shapes.IDENTITY), "left_anti").select(*rows.columns)

    def _append(self, table: IcebergTable, rows: DataFrame) -> None:
        if self._batch.reads_again and rows.isEmpty():
            return
        commit_once(table, self._batch.origin.token, lambda: table.append(rows, self._properties), self._job.retry)

    def _merge_silver(self, judged: DataFrame) -> int:
        """How many rows were inserted or updated; all valid records are offered, so that silver catches up with bronze.

        The order makes an offer that silver has seen change nothing, also when no token is left to tell so.
        """
        silver, contract = self._tables.silver, self._contract
        if self._batch.read == self._batch.rejected or silver.committed(self._batch.origin.token) is not None:
            return 0
        offered = shapes.dataset_rows(judged, contract, self._batch.origin)
        newest = newest_by_key(offered, contract, shapes.PLACE)
        with _kept(changed_rows(newest, silver.read(), contract)) as changes:
            count = changes.count()
            if count > 0:
                self._keep_late(changes, judged)
                self._merge(changes.drop(CHANGE, *shapes.PLACE))
        return count

    def _windows(self, spark: SparkSession) -> list[Windows]:
        return [Windows(spark, self._job.databases, contract) for contract in self._job.windows]

    def _keep_late(self, changes: DataFrame, judged: DataFrame) -> None:
        for windows in self._windows(judged.sparkSession):
            late = windows.keep_late(changes, judged, self._change)
            if late > 0:
                _LOGGER.info("late records kept", extra={"table": windows.late.identifier, "rows": late})

    def _merge(self, changes: DataFrame) -> None:
        silver, token = self._tables.silver, self._batch.origin.token
        view = f"changes_{token}"
        changes.createOrReplaceTempView(view)
        statement = merge_statement(silver.quoted, view, self._contract)
        try:
            commit_once(silver, token, lambda: silver.execute(statement, self._properties), self._job.retry)
        finally:
            changes.sparkSession.catalog.dropTempView(view)


def properties_of(job: Stream, contract: Contract, batch: StreamBatch) -> dict[str, str]:
    """What every commit of a batch says of it in its snapshot."""
    reached = {partition: span.following for partition, span in batch.spans.items()}
    furthest = {
        partition: max(reached.get(partition, 0), batch.read_before.get(partition, 0))
        for partition in sorted({*reached, *batch.read_before})
    }
    offsets = {partition: [span.first, span.following] for partition, span in sorted(batch.spans.items())}
    facts = {
        "run-id": job.run_id,
        "correlation-id": job.correlation_id,
        "contract-version": batch.origin.contract_version,
        "stream-id": batch.stream_id,
        "epoch": job.epoch,
        "batch-id": batch.number,
        "topic": contract.stream.topic,
        "offsets": json.dumps(offsets),
        _READ_UP_TO: json.dumps(furthest),
        "rows-read": batch.read,
        "rows-valid": batch.read - batch.rejected,
        "rows-rejected": batch.rejected,
    }
    return {TOKEN: batch.origin.token, **{f"{PREFIX}{key}": str(value) for key, value in facts.items()}}


def read_up_to(tables: DatasetTables) -> dict[int, int]:
    """How far bronze and the DLQ have read each partition, by their snapshots."""
    furthest: dict[int, int] = {}
    for table in (tables.bronze, tables.dlq):
        snapshot = table.newest(_READ_UP_TO)
        known = {} if snapshot is None else json.loads(snapshot.get(_READ_UP_TO) or "{}")
        for partition, offset in known.items():
            furthest[int(partition)] = max(furthest.get(int(partition), 0), int(offset))
    return furthest


@contextmanager
def _kept(frame: DataFrame) -> Iterator[DataFrame]:
    kept = frame.persist()
    try:
        yield kept
    finally:
        kept.unpersist()
