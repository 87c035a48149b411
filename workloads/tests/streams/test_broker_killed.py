"""A broker killed while a stream reads from it: nothing lost, nothing doubled, and the stream says when it lags."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.exceptions import JobError
from support import kafka
from support.events import EventLake, event
from support.kafka import KafkaServer, Topic
from support.killed import random_moments
from support.same import assert_same
from support.waiting import wait_for

_KILLS = 3
_RECORDS = 40
"""How many are sent around each kill."""
_OUTAGE_SECONDS = 2.0


@pytest.fixture
def fragile(spark: SparkSession) -> Iterator[KafkaServer]:
    """A broker of the test's own, to be killed."""
    server = KafkaServer(kafka.jars(), killed=True)
    try:
        server.start()
        yield server
    finally:
        server.remove()


class Supervised:
    """A stream that is started again whenever it ends, as its state machine does."""

    def __init__(self, events: EventLake) -> None:
        self._events = events
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        while self._thread.is_alive():
            for query in self._events.spark.streams.active:
                query.stop()
            self._thread.join(0.2)

    def _run(self) -> None:
        while not self._ended.is_set():
            with suppress(JobError):
                self._events.stream(available_now=False)


def _payloads(round_number: int) -> list[str]:
    good = [event(_RECORDS * round_number + number, delay=number) for number in range(1, _RECORDS)]
    return [*good, f"broken {round_number}"]


def _send_slowly(topic: Topic, payloads: list[str]) -> threading.Thread:
    """A producer with Kafka's own patience: what it was told to send is acknowledged in the end."""

    def send() -> None:
        for number in range(0, len(payloads), 4):
            topic.send(*payloads[number : number + 4], partition=number // 4 % 2)

    started = threading.Thread(target=send)
    started.start()
    return started


def test_broker_killed_at_random_moments_loses_and_doubles_nothing(
    spark: SparkSession, fragile: KafkaServer, tmp_path: Path
) -> None:
    moments = random_moments()
    topic = Topic(spark, fragile.brokers, "events.killed")
    topic.create(partitions=2)
    events = EventLake(spark, tmp_path, topic.brokers, topic.name)
    events.create()

    with Supervised(events):
        for number in range(_KILLS):
            producer = _send_slowly(topic, _payloads(number))
            time.sleep(moments.uniform(0.1, 4))
            fragile.kill()
            # until it looks at its topic the next time, it stays up to what it saw the last time
            time.sleep(events.job().trigger_seconds)
            wait_for(events.is_busy)
            up_to_date = events.told_loaded()
            time.sleep(_OUTAGE_SECONDS)
            # what the freshness alarm listens to: a stream that cannot see its topic does not say it is up to it, but
            # for a batch that had all its records already
            assert events.told_loaded() <= up_to_date + 1
            fragile.start()
            producer.join()
        wait_for(lambda: len(events.delays()) == _KILLS * (_RECORDS - 1))
        wait_for(lambda: len(events.rejected()) == _KILLS)
        told = events.told_loaded()
        wait_for(lambda: events.told_loaded() > told)

    quiet = EventLake(spark, tmp_path / "quiet", topic.brokers, topic.name)
    quiet.create()
    quiet.stream()
    assert events.bronze().count() >= _KILLS * (_RECORDS - 1)
    assert_same(events.tables, quiet.tables)
