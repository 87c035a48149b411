"""Records of flights on a real broker: all of them, by key, at the time of their report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from data import topic
from data.__main__ import main
from data.events import CONTRACT
from emulator.kafka_broker import KafkaBroker
from tests.support import free_port

pytestmark = pytest.mark.kafka
TOPIC, PARTITIONS = "flights.events", 3


def produce(capsys: pytest.CaptureFixture[str], bootstrap: str, *arguments: str) -> dict[str, Any]:
    assert main(["events", "--bootstrap", bootstrap, *arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def consume(bootstrap: str) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.auto.commit": False})
    places = [TopicPartition(TOPIC, number, 0) for number in range(PARTITIONS)]
    try:
        consumer.assign(places)
        count = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
        return consumer.consume(count, timeout=20)
    finally:
        consumer.close()


def test_records_of_two_parts_are_on_the_broker_once_each_with_the_columns_of_their_contract(
    broker: KafkaBroker, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broker.create_topic(TOPIC, PARTITIONS, {})
    middle = "2013-01-02T12:00:00Z"
    first = produce(capsys, broker.bootstrap, "--until", middle)
    wider = tmp_path / "flight_events.yaml"
    wider.write_text(CONTRACT.read_text().replace("- name: air_time", "- name: distance\n      - name: air_time"))
    rest = ["--since", middle, "--until", "2013-01-03T00:00:00Z", "--contract", str(wider)]
    second = produce(capsys, broker.bootstrap, *rest)
    assert first["until"] == "2013-01-02T12:00:00+00:00"

    messages = consume(broker.bootstrap)

    counts = [part[kind] for part in (first, second) for kind in ("events", "duplicates", "corrupt")]
    assert len(messages) == sum(counts)
    assert min(first["events"], second["events"]) > 1_000
    places: dict[Any, set[int | None]] = {}
    for message in messages:
        places.setdefault(message.key(), set()).add(message.partition())
    assert {len(partitions) for partitions in places.values()} == {1}
    assert len(set().union(*places.values())) == PARTITIONS
    earliest = min(messages, key=lambda message: message.timestamp()[1])
    assert json.loads(earliest.value() or b"")["reported_at"] == "2013-01-01T10:18:28Z"
    assert earliest.timestamp()[1] == 1_357_035_508_000
    with_distance = [message for message in messages if b'"distance":' in (message.value() or b"")]
    assert second["events"] <= len(with_distance) <= second["events"] + second["duplicates"] + second["corrupt"]


def test_broker_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(topic.SETTINGS, "delivery.timeout.ms", 500)
    bootstrap = f"127.0.0.1:{free_port()}"
    assert main(["events", "--bootstrap", bootstrap, "--until", "2013-01-01T12:00:00Z"]) == 1
    assert f"'--bootstrap' must be brokers that take records of {TOPIC}, got '{bootstrap}'" in capsys.readouterr().err
