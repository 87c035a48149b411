"""Sends the records of a topic on: those that keep the contract to one topic, the others with their reasons to another.

From Kafka to Kafka each record goes once: a batch is one transaction, in which the records and the place up to which
they were read become visible together. What a killed run had begun, the next one ends as if it had not been; who reads
with `isolation.level=read_committed` never sees it. Within a partition records keep their order.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import records as shapes
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import TerminalError, problem
from lakehouse_jobs.kafka import Brokers, consumer_group, find_offsets, group_of, read_part
from lakehouse_jobs.logging import bound
from lakehouse_jobs.transactions import Header, TransactionalProducer
from lakehouse_jobs.validation import REASONS

_LOGGER = logging.getLogger(__name__)
_PREFIX = "lakehouse."
# brokers forget a group's offsets when none were committed for long: offsets.retention.minutes, 7 days by default
_RENEW_SECONDS = 3600


@dataclass(frozen=True)
class Forwarding:
    """A run: its ids, the brokers, where records go, and how many of them are a batch.

    It ends when the topic is read (`available_now`), or looks again each `pause_seconds`. `begin` is for the first
    run: where a group begins that has no place in the topic, `earliest` or `latest`.
    """

    run_id: str
    correlation_id: str
    brokers: Brokers
    valid_topic: str
    rejected_topic: str
    max_records: int = 10_000
    available_now: bool = False
    pause_seconds: float = 5
    begin: str | None = None


@dataclass(frozen=True)
class Forwarded:
    """How many records were sent on, and how many of them as rejected."""

    read: int = 0
    rejected: int = 0


def forward_group(dataset: str) -> str:
    """The consumer group, and the transactional id, of what sends a dataset's records on."""
    return f"{group_of(dataset)}-forward"


def run(spark: SparkSession, job: Forwarding, contract: Contract) -> Forwarded:
    """Send on what the topic holds and nobody has sent on yet.

    :raises ConcurrentRunError: another run of the dataset has begun; it goes on where this one stood.
    :raises TerminalError: records are gone that were not sent on, the topic ends before the place that was reached,
        or no place is known and none was named.
    """
    producer = TransactionalProducer(spark, job.brokers, forward_group(contract.dataset))
    try:
        return _Forwarder(spark, job, contract, producer).run()
    finally:
        producer.close()


class _Forwarder:
    """Sends batches on with a producer that has shut out all others of its id."""

    def __init__(
        self, spark: SparkSession, job: Forwarding, contract: Contract, producer: TransactionalProducer
    ) -> None:
        self._spark = spark
        self._job = job
        self._contract = contract
        self._topic = contract.stream.topic
        self._group = forward_group(contract.dataset)
        self._producer = producer

    def run(self) -> Forwarded:
        """Send on what there is, and with no end to the job what comes."""
        # asked after the producer has ended what an earlier one had left open
        reached, done, committed_at = self._reached(), Forwarded(), time.monotonic()
        while True:
            spans = self._next_spans(reached)
            if spans:
                batch = self._send_on(spans)
                done = Forwarded(done.read + batch.read, done.rejected + batch.rejected)
                reached = reached | {partition: following for partition, (_, following) in spans.items()}
                committed_at = time.monotonic()
            elif self._job.available_now:
                return done
            elif time.monotonic() - committed_at >= _RENEW_SECONDS:
                self._commit(reached)
                committed_at = time.monotonic()
            else:
                time.sleep(self._job.pause_seconds)

    def _reached(self) -> dict[int, int]:
        """Where to go on in each partition.

        :raises TerminalError: it no longer holds that place, does not reach it, or none is known and none was named.
        """
        with consumer_group(self._spark, self._job.brokers, self._group) as group:
            committed = group.committed(self._topic)
        if not committed:
            return self._begin()
        first, end = (
            find_offsets(self._spark, self._job.brokers, self._topic, bound) for bound in ("earliest", "latest")
        )
        for partition, offset in sorted(committed.items()):
            if offset < first.get(partition, offset):
                must = f"still hold offset {offset} of partition {partition}"
                remedy = "records were lost before they were sent on; reset the group's offsets to go on without them"
                raise TerminalError(problem(self._topic, must, f"none before {first[partition]}", remedy))
            if offset > end.get(partition, 0):
                must = f"reach offset {offset} of partition {partition}"
                remedy = (
                    "it was made again, or a broker has lost its end: reset the group's offsets to where the records"
                    " begin that were not sent on"
                )
                raise TerminalError(problem(self._topic, must, f"an end at {end.get(partition, 0)}", remedy))
        return first | committed

    def _begin(self) -> dict[int, int]:
        """Where the first run begins. The group has that place from now on, whether or not there is a record.

        Brokers forget a group that commits nothing for long, so that no place does not tell that nothing was sent on.
        """
        if self._job.begin is None:
            remedy = (
                "a first run says '--begin earliest' or '--begin latest'; after others the brokers have forgotten it:"
                " set the group's offsets to behind the last record that was sent on (its header lakehouse.source)"
            )
            raise TerminalError(problem(self._group, f"have a place in {self._topic}", None, remedy))
        place = find_offsets(self._spark, self._job.brokers, self._topic, self._job.begin)
        self._commit(place)
        return place

    def _commit(self, place: Mapping[int, int]) -> None:
        """Commit a place, with no record."""
        with self._producer.transaction(self._group, {(self._topic, part): offset for part, offset in place.items()}):
            pass

    def _next_spans(self, reached: Mapping[int, int]) -> dict[int, tuple[int, int]]:
        """The next batch: from which offset up to which of each partition; nothing when none has anything new."""
        ends = find_offsets(self._spark, self._job.brokers, self._topic, "latest")
        step = max(1, self._job.max_records // len(ends))
        firsts = {partition: reached.get(partition, 0) for partition in ends}
        spans = {partition: (first, min(ends[partition], first + step)) for partition, first in firsts.items()}
        return spans if any(first < following for first, following in spans.values()) else {}

    def _send_on(self, spans: Mapping[int, tuple[int, int]]) -> Forwarded:
        """Send the records of a batch and commit that, as one transaction."""
        part = {str(partition): span for partition, span in spans.items()}
        records = read_part(self._spark, self._job.brokers, self._contract, part)
        offsets = {(self._topic, partition): following for partition, (_, following) in spans.items()}
        read, rejected = 0, 0
        with self._producer.transaction(self._group, offsets):
            for row in _rows(shapes.judge_records(records, self._contract)).toLocalIterator(prefetchPartitions=True):
                target = self._job.rejected_topic if row["reasons"] else self._job.valid_topic
                headers = _headers(row, self._contract)
                self._producer.send(target, _bytes(row["key"]), _bytes(row["value"]), headers)
                read, rejected = read + 1, rejected + bool(row["reasons"])
        with bound(correlationId=self._job.correlation_id, runId=self._job.run_id, dataset=self._contract.dataset):
            _LOGGER.info("records sent on", extra={"rowsRead": read, "rowsRejected": rejected})
        return Forwarded(read, rejected)


def _rows(judged: DataFrame) -> DataFrame:
    """What each record came with, in the order of its partition, and why it is rejected."""
    record = shapes.RECORD
    return judged.select(
        F.col(f"{record}.key").alias("key"),
        shapes.value_of(F.col(f"{record}.payload"), F.col(f"{record}.format")).alias("value"),
        F.col(f"{record}.headers").alias("headers"),
        F.col(f"{record}.partition").alias("partition"),
        F.col(f"{record}.offset").alias("offset"),
        F.col(REASONS).alias("reasons"),
    ).sortWithinPartitions("partition", "offset")


def _headers(row: Row, contract: Contract) -> list[Header]:
    """The record's own, where it stood, and of a rejected one why, as JSON."""
    place = f"{contract.stream.topic}-{row['partition']}@{row['offset']}"
    own = [(str(header["key"]), _bytes(header["value"])) for header in row["headers"] or ()]
    headers = [*own, (f"{_PREFIX}source", place.encode()), (f"{_PREFIX}contract", contract.version.encode())]
    if row["reasons"]:
        reasons = [reason.asDict() for reason in row["reasons"]]
        headers.append((f"{_PREFIX}reasons", json.dumps(reasons).encode()))
    return headers


def _bytes(value: bytearray | None) -> bytes | None:
    return None if value is None else bytes(value)
