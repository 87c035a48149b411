"""The stream of one dataset: Kafka → bronze or DLQ (append) → silver (ordered MERGE), each batch exactly once.

Spark repeats a batch that it has not seen the end of with the same number and the same offsets. Each commit carries the
batch's token in the same snapshot as its rows, and is made once (`commits.py`). So the repetition finds what is there
and writes what is missing, wherever the first attempt ended. The order is DLQ, bronze, silver, then the offsets of the
consumer group, which only metrics of lag read, then Spark's own log.

The snapshots also say how far the dataset has read each partition. A batch that begins before that (another checkpoint
reads the topic again) leaves out the records that bronze or the DLQ already hold, by their place in Kafka.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from lakehouse_jobs import delta_commit, stream_start
from lakehouse_jobs import records as shapes
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.contract_watch import Contracts, NewerContractsError
from lakehouse_jobs.draining import Drain, DrainedError
from lakehouse_jobs.exceptions import ConfigurationError, JobError, problem
from lakehouse_jobs.failures import translate
from lakehouse_jobs.frames import kept
from lakehouse_jobs.kafka import ConsumerGroup, consumer_group, group_of
from lakehouse_jobs.logging import bound
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.stream_batch import Place, Stream
from lakehouse_jobs.stream_commit import Committed, commit
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.telemetry import Metric, Telemetry

_LOGGER = logging.getLogger(__name__)
_LOST = "Some data may have been lost"
_WHAT_IS_LOST = re.compile(r"Cannot fetch [^.(\n]*|[^.:\n]*offset was changed from [^.\n]*|[^.:\n]* are gone")
_QUERY_ID = "sql.streaming.queryId"
_ADAPTIVE = "spark.sql.adaptive.enabled"


def run(spark: SparkSession, job: Stream, contract: Contract, telemetry: Telemetry) -> None:
    """Stream a dataset: until its topic is read (`available_now`), it fails, or the run is asked to end.

    :raises JobError: a batch failed after its retries, or the query did; run again, it goes on where it stood.
    """
    stream_start.check(spark, job, contract)
    drain = Drain(job.turn)
    with consumer_group(spark, job.brokers, group_of(contract.dataset)) as group:
        handler = StreamHandler(spark, job, Contracts(contract, job.windows), group, telemetry, drain)
        if job.turn is not None:
            job.turn.take()
        query = None
        while query is None:
            query = _read(handler)
    drain.say_done(query)


def _read(handler: StreamHandler) -> StreamingQuery | None:
    """Read on until the topic is read or the run is asked to end; None where another contract came first."""
    handler.failure = None
    query, contract = _start(handler), handler.contracts.dataset
    freshness = _Freshness(query, contract.dataset, handler.telemetry)
    try:
        for _ in handler.drain.pauses(query, handler.job.report_seconds):
            freshness.look()
        freshness.look()
    except StreamingQueryException as error:
        if isinstance(handler.failure, NewerContractsError):
            return None
        if not isinstance(handler.failure, DrainedError):
            raise (_unreadable(error, contract.stream.topic) or handler.failure or translate(error)) from error
    finally:
        query.stop()
    return query


def _start(handler: StreamHandler) -> StreamingQuery:
    """Start the query, whose plan judges by the contract that the handler holds.

    A batch comes as rows, with no plan behind them: judging is put together once, and not by each who reads a batch.
    """
    job, contract = handler.job, handler.contracts.dataset
    options = {
        **job.brokers.options,
        "subscribe": contract.stream.topic,
        "startingOffsets": "earliest",
        "failOnDataLoss": "true",
        "kafka.isolation.level": "read_committed",
        "includeHeaders": "true",
        "groupIdPrefix": group_of(contract.dataset),
        "maxOffsetsPerTrigger": str(job.max_records),
    }
    records = handler.spark.readStream.format("kafka").options(**options).load()
    writer = shapes.judge_records(records, contract).writeStream.queryName(contract.dataset).foreachBatch(handler)
    writer = writer.option("checkpointLocation", job.checkpoint)
    each = f"{job.trigger_seconds} seconds"
    writer = writer.trigger(availableNow=True) if job.available_now else writer.trigger(processingTime=each)
    query = writer.start()
    _LOGGER.info("stream started", extra={"topic": contract.stream.topic, "streamId": str(query.id)})
    return query


def _unreadable(error: StreamingQueryException, topic: str) -> ConfigurationError | None:
    """Why Spark could not read the topic on, and what to do; None where that was not it."""
    text = str(error)
    if "UnknownTopicOrPartition" in text:
        return ConfigurationError(problem("topic", "exist", topic, "deploy the stack first"))
    if _LOST not in text:
        return None
    lost = _WHAT_IS_LOST.search(text)
    remedy = (
        "raise its retention or read more often; to go on with what is left, start with an empty folder as"
        " --checkpoint, what tables hold is left out"
    )
    got = lost[0].strip() if lost else _LOST
    return ConfigurationError(problem("each record", f"be in topic {topic} until it is read", got, remedy))


class _Freshness:
    """Says that a dataset is up to its topic, by what Spark knows of the two.

    How many records a batch has tells nothing: Spark rounds each partition's share of the most that it reads, and what
    ends a transaction takes a place in the topic and is no record.
    """

    def __init__(self, query: StreamingQuery, dataset: str, telemetry: Telemetry) -> None:
        self._query = query
        self._dataset = dataset
        self._telemetry = telemetry
        self._told: object = None

    def look(self) -> None:
        """Say so where the newest batch took all there was when it began, once for each, or nothing is left to read."""
        batch = self._query.lastProgress
        if batch is None:
            return
        took_all = batch["batchId"] != self._told and _took_all(batch)
        if took_all or self._has_nothing_to_read():
            self._told = batch["batchId"]
            self._telemetry.record(Metric.DATASET_LOADED, 1.0, Dataset=self._dataset)
            self._telemetry.flush()

    def _has_nothing_to_read(self) -> bool:
        """Whether the last look at the topic found nothing: one that hangs, or has not been, has not."""
        status = self._query.status
        return bool(self._query.isActive and not status["isTriggerActive"] and not status["isDataAvailable"])


def _took_all(batch: Mapping[str, Any]) -> bool:
    """Whether a batch read something, and ended where the topic did."""
    [source] = batch["sources"]
    start, end, latest = (source[name] for name in ("startOffset", "endOffset", "latestOffset"))
    return bool(end != start and end == latest)


def _ends_of(checkpoint: str, number: int) -> dict[tuple[str, int], int]:
    """Where a batch ends, by topic and partition: Spark notes it in the checkpoint before it begins the batch.

    Its records do not tell, for what ends a transaction has a place after them: a group that were to read there next
    would lag behind for ever.
    """
    uri = f"{checkpoint.rstrip('/')}/offsets/{number}"
    noted = store_for(uri).read(uri)
    if noted is None:
        must, remedy = f"hold where batch {number} ends", "keep the folder as Spark wrote it"
        raise ConfigurationError(problem("checkpoint", must, f"no {uri}", remedy))
    # a version, what holds for the whole batch, and a line for each source
    _, _, source = noted.decode().splitlines()
    return {
        (topic, int(partition)): int(offset)
        for topic, partitions in json.loads(source).items()
        for partition, offset in partitions.items()
    }


@dataclass
class StreamHandler:
    """Commits the batches of a stream; what made one fail is in `failure`, which Spark would flatten to text."""

    spark: SparkSession
    job: Stream
    contracts: Contracts
    group: ConsumerGroup
    telemetry: Telemetry
    drain: Drain
    failure: JobError | None = None

    def __call__(self, judged: DataFrame, number: int) -> None:
        """Commit one batch; called by Spark, again with the same number and records until it has returned once."""
        started, contract = time.monotonic(), self.contracts.dataset
        job = replace(self.job, windows=self.contracts.windows)
        try:
            self.drain.admit()
            with bound(correlationId=job.correlation_id, runId=job.run_id, dataset=contract.dataset):
                self._require_newest(judged.sparkSession)
                # Spark switches it off for queries, for the sake of state, of which this one has none: with as many
                # partitions as large tables need, by default 200, a small batch takes twice as long
                judged.sparkSession.conf.set(_ADAPTIVE, str(self.spark.conf.get(_ADAPTIVE)))
                with kept(judged):
                    # the checkpoint's own id, not only a name: another checkpoint counts its batches from 0 again
                    query = judged.sparkSession.sparkContext.getLocalProperty(_QUERY_ID)
                    sink = commit if job.delta is None else delta_commit.commit
                    done = sink(judged, job, contract, Place(f"{contract.dataset}-{query}", number))
                    self._commit_offsets(number)
                    if done.batch.read > 0:
                        self._report(done, time.monotonic() - started)
        except Exception as error:
            self.failure = translate(error)
            raise

    def _require_newest(self, spark: SparkSession) -> None:
        """The batch was judged by the contracts that are held.

        :raises NewerContractsError: it is to be judged by others, which are held from now on.
        """
        if self.job.watch is None:
            return
        silver = DatasetTables.of(spark, self.job.databases, self.contracts.dataset.dataset).silver
        newest = self.job.watch.newer(self.contracts, lambda: silver.read().columns)
        if newest != self.contracts:
            self.contracts = newest
            raise NewerContractsError("the batch is begun again, by the contract that was deployed since")

    def _commit_offsets(self, number: int) -> None:
        """Failing to is no reason to stop: the batch is committed, and the next one says it again."""
        try:
            self.group.commit(_ends_of(self.job.checkpoint, number))
        except Exception as error:
            facts = {"group": self.group.name, "error": str(translate(error))}
            _LOGGER.warning("offsets could not be committed", extra=facts)

    def _report(self, done: Committed, seconds: float) -> None:
        batch, found = done.batch, done.counts
        counts = {
            Metric.ROWS_READ: found.read,
            Metric.ROWS_VALID: found.valid,
            Metric.ROWS_REJECTED: found.rejected,
            Metric.ROWS_LATE: found.late,
            Metric.ROWS_DUPLICATE: found.duplicate,
            Metric.ROWS_MERGED: done.merged,
        }
        facts = {"batch": batch.place.number, "batchToken": batch.origin.token, "seconds": round(seconds, 3)}
        _LOGGER.info("batch committed", extra={**facts, **{key.value.name: value for key, value in counts.items()}})
        for metric, value in counts.items():
            self.telemetry.record(metric, float(value), Dataset=self.contracts.dataset.dataset)
        self.telemetry.flush()
