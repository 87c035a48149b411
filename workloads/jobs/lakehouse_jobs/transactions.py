"""Kafka's transactions, as one producer uses them: what it sends and how far a group has read, all of it or nothing.

A producer's transactional id outlives its process. Who takes the id over ends what was left open and shuts the one
before out, however long that one pauses: https://kafka.apache.org/39/javadoc/org/apache/kafka/clients/producer/KafkaProducer.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_jobs.exceptions import ConcurrentRunError, problem
from lakehouse_jobs.failures import java_causes, translate
from lakehouse_jobs.kafka import Brokers, java_map, java_offsets

_LOGGER = logging.getLogger(__name__)
_FENCED = ("ProducerFencedException", "InvalidProducerEpochException")
_LONGEST_MS = 300_000
Header = tuple[str, bytes | None]


class TransactionalProducer:
    """A producer whose id is `transactional_id`; from now on the only one of that id."""

    def __init__(self, spark: SparkSession, brokers: Brokers, transactional_id: str) -> None:
        jvm: Any = spark._jvm
        self._jvm = jvm
        self._id = transactional_id
        own = {"transactional.id": transactional_id, "transaction.timeout.ms": str(_LONGEST_MS)}
        settings = java_map(jvm, {**brokers.settings, **own})
        serializer = jvm.org.apache.kafka.common.serialization.ByteArraySerializer()
        self._producer = jvm.org.apache.kafka.clients.producer.KafkaProducer(settings, serializer, serializer)
        self._producer.initTransactions()

    @contextmanager
    def transaction(self, group: str, offsets: Mapping[tuple[str, int], int]) -> Iterator[None]:
        """Commit what is sent within, and with it where `group` reads next, by topic and partition.

        :raises ConcurrentRunError: another producer has taken the id over; nothing of this is committed.
        """
        try:
            self._producer.beginTransaction()
            yield
            self._producer.sendOffsetsToTransaction(java_offsets(self._jvm, offsets), self._group(group))
            self._producer.commitTransaction()
        except Exception as error:
            if any(str(cause.getClass().getSimpleName()) in _FENCED for cause in java_causes(error)):
                must, remedy = "be used by one producer", "end one of the two runs; what this one sent last is undone"
                raise ConcurrentRunError(problem(self._id, must, "two", remedy)) from error
            self._abort()
            raise translate(error) from error

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[Header]) -> None:
        """Send a record; whether it arrived is known when the transaction is."""
        record = self._jvm.org.apache.kafka.clients.producer.ProducerRecord(topic, key, value)
        for name, content in headers:
            record.headers().add(name, content)
        self._producer.send(record)

    def close(self) -> None:
        """Let go of the brokers."""
        self._producer.close()

    def _abort(self) -> None:
        """What cannot be ended now is ended by who takes the id over, or by the brokers in time."""
        try:
            self._producer.abortTransaction()
        except Exception as error:
            _LOGGER.warning("transaction could not be aborted", extra={"id": self._id, "error": str(translate(error))})

    def _group(self, group: str) -> Any:
        return self._jvm.org.apache.kafka.clients.consumer.ConsumerGroupMetadata(group)
