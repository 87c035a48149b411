"""What was produced: records with a number and a checksum, and where the brokers acknowledged each."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from confluent_kafka import KafkaError, Message, Producer

from data.topic import SETTINGS
from exactly_once.exceptions import VerifyError

_BEGIN = datetime(2013, 1, 1, 12, tzinfo=UTC)
_FLIGHTS = 40
_BROKEN_SHARE = 0.1
_FLUSH_SECONDS = 90

Place = tuple[int, int]
"""Partition and offset."""


@dataclass(frozen=True)
class Sent:
    """A record: its payload, and for one that keeps the contract its key, its version and a value."""

    payload: str
    key: str
    valid: bool
    flight: int = 0
    reported_at: datetime = _BEGIN
    delay: int = 0


@dataclass
class Ledger:
    """Every record that the brokers have acknowledged, by its place in the topic."""

    acknowledged: dict[Place, Sent] = field(default_factory=dict)

    def ends(self) -> dict[int, int]:
        """The offset after the last record of each partition."""
        found: dict[int, int] = {}
        for partition, offset in self.acknowledged:
            found[partition] = max(found.get(partition, 0), offset + 1)
        return found

    def newest(self) -> dict[int, Sent]:
        """Of each flight the record that silver has to show."""
        found: dict[int, Sent] = {}
        for sent in self.acknowledged.values():
            if sent.valid and (sent.flight not in found or sent.reported_at > found[sent.flight].reported_at):
                found[sent.flight] = sent
        return found


class Source:
    """Produces records by the numbers of a seed, with Kafka's idempotent producer."""

    def __init__(self, bootstrap: str, topic: str, numbers: random.Random) -> None:
        self.ledger = Ledger()
        self._topic = topic
        self._numbers = numbers
        self._sequence = 0
        # by the suite's own choice of a partition, and known of soon when there are more
        settings = {**SETTINGS, "bootstrap.servers": bootstrap, "topic.metadata.refresh.interval.ms": 500}
        self._producer = Producer({**settings, "log_level": 0, "error_cb": lambda error: None})
        self._lost: list[str] = []

    def send(self, count: int, partitions: int) -> None:
        """Append so many records, at least one good and one broken, all acknowledged when it returns.

        Raises:
            VerifyError: the brokers did not take all of them.
        """
        for sent in self._records(max(2, count)):
            partition = self._numbers.randrange(partitions)
            self._producer.produce(
                self._topic, sent.payload, sent.key, partition=partition, on_delivery=self._delivery_of(sent)
            )
            self._producer.poll(0)
        left = self._producer.flush(_FLUSH_SECONDS)
        if left or self._lost:
            raise VerifyError(f"{left + len(self._lost)} records were not taken by the brokers: {self._lost[:1]}")

    def partitions(self) -> int:
        """How many partitions the topic has, as the producer now knows."""
        return len(self._producer.list_topics(self._topic, timeout=_FLUSH_SECONDS).topics[self._topic].partitions)

    def _delivery_of(self, sent: Sent):  # type: ignore[no-untyped-def] # the client has no type for it
        def delivered(error: KafkaError | None, message: Message) -> None:
            partition, offset = message.partition(), message.offset()
            if error is not None or partition is None or offset is None:
                self._lost.append(error.str() if error else "no place")
            else:
                self.ledger.acknowledged[partition, offset] = sent

        return delivered

    def _records(self, count: int) -> Iterator[Sent]:
        for number in range(count):
            broken = number == 0 or (number > 1 and self._numbers.random() < _BROKEN_SHARE)
            yield self._broken() if broken else self._event()

    def _event(self) -> Sent:
        self._sequence += 1
        flight, delay = self._numbers.randrange(1, _FLIGHTS + 1), self._numbers.randrange(-60, 600)
        # told late by up to an hour, so out of order; no two at the same microsecond
        minutes = self._sequence // 10 - self._numbers.randrange(60)
        reported = _BEGIN + timedelta(minutes=minutes, microseconds=self._sequence)
        fields = {
            "event_type": "departed",
            "event_time": "2013-01-01T10:02:00Z",
            "reported_at": reported.isoformat().replace("+00:00", "Z"),
            "time_hour": "2013-01-01T10:00:00Z",
            "carrier": "UA",
            "flight": flight,
            "origin": "EWR",
            "dest": "IAH",
            "tailnum": "N14228",
            "scheduled_clock": 500,
            "actual_clock": 502,
            "delay": delay,
        }
        return Sent(self._sealed(fields), str(flight), True, flight, reported, delay)

    def _broken(self) -> Sent:
        self._sequence += 1
        if self._numbers.random() < 0.5:
            return Sent(f"no document {self._sequence}", "broken", False)
        return Sent(self._sealed({"event_type": "landed", "flight": "none"}), "broken", False)

    def _sealed(self, fields: dict[str, object]) -> str:
        """With the number and checksum that no contract knows and every table keeps in the payload."""
        numbered = {**fields, "seq": self._sequence}
        checksum = zlib.crc32(json.dumps(numbered, sort_keys=True).encode())
        return json.dumps({**numbered, "checksum": checksum})
