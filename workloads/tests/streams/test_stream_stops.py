"""What a stream goes on with, and what it stops at with a word on what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakehouse_jobs.exceptions import ConfigurationError
from support.events import EventLake, event
from support.kafka import Topic


def _checkpoint(events: EventLake) -> Path:
    return events.folder / "checkpoint"


def _remove(events: EventLake, log: str, number: int) -> None:
    for path in ((_checkpoint(events) / log / str(number)), (_checkpoint(events) / log / f".{number}.crc")):
        path.unlink(missing_ok=True)


def _offsets(events: EventLake) -> list[int]:
    return sorted(row["_kafka_offset"] for row in events.bronze().collect())


def test_odd_records_are_taken_or_rejected_and_the_stream_goes_on(events: EventLake, topic: Topic) -> None:
    large = event(1, remark="x" * 900_000)
    old = event(2, event_time="1970-01-01T00:00:00Z", reported_at="1970-01-01T00:00:00Z")
    new = event(3, event_time="2970-01-01T00:00:00Z", reported_at="2970-01-01T00:00:00Z")
    topic.send(large, old, new, None, event(4, carrier=None), event(5))

    events.stream()

    assert sorted(flight for flight, _ in events.delays()) == [1, 2, 3, 5]
    assert [row["_kafka_offset"] for row in events.rejected()] == [3, 4]
    assert json.loads(events.bronze().where("_kafka_offset = 0").collect()[0]["_payload"])["remark"] == "x" * 900_000


def test_fails_when_the_topic_does_not_exist(events: EventLake) -> None:
    events.topic = "events.nowhere"

    with pytest.raises(ConfigurationError, match=r"'topic' must exist, got \"events.nowhere\"; deploy the stack"):
        events.stream()


def test_fails_when_records_were_deleted_before_they_were_read(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), event(2))
    events.stream()
    topic.send(event(3), event(4))
    topic.forget(3)

    with pytest.raises(ConfigurationError, match=f"'each record' must be in topic {topic.name} until it is read, got"):
        events.stream()

    events.stream(checkpoint="another")
    assert _offsets(events) == [0, 1, 3]


def test_fails_when_the_checkpoint_is_of_another_topic(events: EventLake, topic: Topic) -> None:
    events.stream()
    events.topic = "events.other"

    with pytest.raises(ConfigurationError, match="'checkpoint' must belong to the stream of flight_events from topic"):
        events.stream()


def test_fails_when_the_topic_was_deleted_and_made_again(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), event(2))
    events.stream()
    topic.make_anew(partitions=2)
    topic.send(event(3), event(4), event(5))

    with pytest.raises(ConfigurationError, match=f"'checkpoint' must have read the topic {topic.name} that is there, "):
        events.stream()

    events.stream(checkpoint="another")
    assert sorted(flight for flight, _ in events.delays()) == [1, 2, 3, 4, 5]


def test_checkpoint_that_names_no_topic_id_goes_on_and_names_it(events: EventLake, topic: Topic) -> None:
    topic.send(event(1))
    events.stream()
    owner = _checkpoint(events) / "lakehouse.json"
    named = json.loads(owner.read_text())
    owner.write_text(json.dumps({key: value for key, value in named.items() if key != "topicId"}))
    topic.send(event(2))

    events.stream()

    assert sorted(flight for flight, _ in events.delays()) == [1, 2]
    assert (json.loads(owner.read_text()), sorted(named)) == (named, ["dataset", "topic", "topicId"])


def test_lost_checkpoint_is_told_and_doubles_nothing(
    events: EventLake, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    topic.send(event(1), "broken")
    events.stream()
    assert "checkpoint is new" not in caplog.text

    events.stream(checkpoint="empty")

    assert "checkpoint is new: the whole topic is read, and what tables hold is left out" in caplog.text
    assert (_offsets(events), len(events.rejected())) == ([0], 1)


def test_batch_whose_end_the_checkpoint_has_lost_is_repeated_and_doubles_nothing(
    events: EventLake, topic: Topic
) -> None:
    topic.send(event(1), "broken")
    events.stream()
    _remove(events, "commits", 0)
    topic.send(event(2))

    events.stream()

    assert (_offsets(events), len(events.rejected())) == ([0, 2], 1)


def test_fails_when_the_checkpoint_takes_more_for_a_batch_that_is_committed(events: EventLake, topic: Topic) -> None:
    topic.send(event(1))
    events.stream()
    for log in ("commits", "offsets"):
        _remove(events, log, 0)
    topic.send(event(2))

    with pytest.raises(ConfigurationError, match=r"'checkpoint' must give batch 0 the records that .* has of it, got"):
        events.stream()

    events.stream(checkpoint="empty")
    assert _offsets(events) == [0, 1]


def test_fails_when_the_table_lacks_a_column_of_the_contract(events: EventLake) -> None:
    events.spark.sql(f"ALTER TABLE {events.tables.silver.identifier} DROP COLUMN delay")

    with pytest.raises(ConfigurationError, match=r"must have the columns delay of its contract, got .*; deploy the"):
        events.stream()
