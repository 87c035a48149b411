"""Records go from Kafka to Kafka once: good ones to one topic, broken ones with their reasons to another."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs import forward
from lakehouse_jobs.exceptions import ConcurrentRunError, JobError, TerminalError
from lakehouse_jobs.forward import Forwarded, Forwarding, forward_group
from lakehouse_jobs.kafka import consumer_group
from lakehouse_jobs.transactions import TransactionalProducer
from support.events import contract_of, event
from support.kafka import KafkaServer, Topic

_COUNTER = itertools.count(1)
_GROUP = forward_group("flight_events")


@dataclass(frozen=True)
class Hop:
    """A topic with two partitions, and the two that its records go on to."""

    source: Topic
    valid: Topic
    rejected: Topic

    def forward(
        self, max_records: int = 10_000, begin: str | None = "earliest", available_now: bool = True
    ) -> Forwarded:
        job = Forwarding(
            run_id="20130201T000001Z-0a1b2c",
            correlation_id="correlation-1",
            brokers=self.source.brokers,
            valid_topic=self.valid.name,
            rejected_topic=self.rejected.name,
            max_records=max_records,
            available_now=available_now,
            pause_seconds=0.1,
            begin=begin,
        )
        return forward.run(self.source.spark, job, contract_of(self.source.name))

    def flights(self) -> list[int]:
        """The flights of the valid topic, in its order."""
        return [json.loads(row["value"])["flight"] for row in self.valid.records()]


@pytest.fixture
def hop(spark: SparkSession, broker: KafkaServer) -> Hop:
    number = next(_COUNTER)
    names = [f"hop.{number}.{kind}" for kind in ("source", "valid", "rejected")]
    topics = [Topic(spark, broker.brokers, name) for name in names]
    for topic, partitions in zip(topics, (2, 1, 1), strict=True):
        topic.create(partitions)
    return Hop(*topics)


def test_records_are_sorted_by_the_contract_and_stay_as_they_came(hop: Hop) -> None:
    hop.source.send(event(1), b"\xff", event(2, delay="late"), None)

    assert hop.forward() == Forwarded(read=4, rejected=3)

    [good] = hop.valid.records()
    assert (good["key"], good["value"]) == (b"key", event(1).encode())
    assert good["headers"] == {
        "source": b"test",
        "nothing": None,
        "lakehouse.source": f"{hop.source.name}-0@0".encode(),
        "lakehouse.contract": contract_of(hop.source.name).version.encode(),
    }
    broken = hop.rejected.records()
    assert [row["value"] for row in broken] == [b"\xff", event(2, delay="late").encode(), None]
    [reason] = json.loads(broken[1]["headers"]["lakehouse.reasons"])
    assert (reason["column"], "must be a int, got late" in reason["message"]) == ("delay", True)


def test_each_run_goes_on_where_the_one_before_stood(hop: Hop) -> None:
    hop.source.send(*[event(flight) for flight in range(1, 6)])
    assert hop.forward(max_records=4) == Forwarded(read=5)
    hop.source.send(event(6))

    assert hop.forward(begin=None) == Forwarded(read=1)

    assert hop.flights() == [1, 2, 3, 4, 5, 6]
    with consumer_group(hop.source.spark, hop.source.brokers, _GROUP) as group:
        assert group.committed(hop.source.name)[0] == 6


def test_batch_that_fails_half_way_is_sent_whole_by_the_next_run(hop: Hop, monkeypatch: pytest.MonkeyPatch) -> None:
    hop.source.send(event(1), event(2), event(3))
    sent = itertools.count()
    send = TransactionalProducer.send

    def breaking(self: TransactionalProducer, *arguments: Any) -> None:
        if next(sent) == 2:
            raise RuntimeError("broken")
        send(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(TransactionalProducer, "send", breaking)
        with pytest.raises(JobError, match="broken"):
            hop.forward()
    assert hop.flights() == []

    hop.forward()

    assert hop.flights() == [1, 2, 3]


def test_run_that_was_paused_in_its_transaction_is_shut_out_by_the_next(hop: Hop) -> None:
    hop.source.send(event(1), event(2))
    paused = TransactionalProducer(hop.source.spark, hop.source.brokers, _GROUP)
    with pytest.raises(ConcurrentRunError, match="must be used by one producer"):  # noqa: SIM117
        with paused.transaction(_GROUP, {(hop.source.name, 0): 2}):
            paused.send(hop.valid.name, b"key", event(1).encode(), [])
            hop.forward()
    paused.close()

    assert hop.flights() == [1, 2]


def test_records_that_are_gone_before_they_were_sent_on_stop_the_run(hop: Hop) -> None:
    hop.source.send(event(1))
    hop.forward()
    hop.source.send(event(2), event(3))
    hop.source.forget(before=2)

    with pytest.raises(TerminalError, match=r"must still hold offset 1 of partition 0, got \"none before 2\""):
        hop.forward()


def test_topic_that_ends_before_the_place_that_was_reached_stops_the_run(hop: Hop) -> None:
    hop.source.send(event(1))
    hop.forward()
    # as a broker leaves it that leads without having had the newest records
    with consumer_group(hop.source.spark, hop.source.brokers, _GROUP) as group:
        group.commit({(hop.source.name, 0): 3})
    hop.source.send(event(2))

    with pytest.raises(TerminalError, match=r"must reach offset 3 of partition 0, got \"an end at 2\""):
        hop.forward()

    assert hop.flights() == [1]


def test_group_without_a_place_begins_only_where_it_is_told(hop: Hop) -> None:
    hop.source.send(event(1))
    with pytest.raises(TerminalError, match=rf"'{_GROUP}' must have a place in {hop.source.name}, got None; .*--begin"):
        hop.forward(begin=None)

    assert hop.forward(begin="latest") == Forwarded()
    hop.source.send(event(2))
    # it keeps the place it was told, though nothing came then
    assert hop.forward(begin="earliest") == Forwarded(read=1)

    assert hop.flights() == [2]


def test_run_that_has_nothing_to_send_keeps_its_place_from_being_forgotten(
    hop: Hop, monkeypatch: pytest.MonkeyPatch
) -> None:
    hop.forward()
    committed: list[Mapping[tuple[str, int], int]] = []
    transaction = TransactionalProducer.transaction

    def noting(self: TransactionalProducer, group: str, offsets: Mapping[tuple[str, int], int]) -> Any:
        committed.append(offsets)
        if len(committed) == 2:
            raise KeyboardInterrupt
        return transaction(self, group, offsets)

    monkeypatch.setattr(TransactionalProducer, "transaction", noting)
    monkeypatch.setattr(forward, "_RENEW_SECONDS", 0.1)
    with pytest.raises(KeyboardInterrupt):
        hop.forward(available_now=False)

    assert committed == [{(hop.source.name, 0): 0, (hop.source.name, 1): 0}] * 2
