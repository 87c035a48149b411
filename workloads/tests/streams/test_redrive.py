"""Dead letters go the way of all records once their contract is corrected; a part of a topic is read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs import redrive, replay, stream_commit
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.contract_rules import Rule
from lakehouse_jobs.exceptions import ConfigurationError
from lakehouse_jobs.kafka import find_offsets
from lakehouse_jobs.objects import DiskStore
from support.events import EventLake, contract_of, event
from support.kafka import Topic


def _allowing(topic: str, most: int) -> Contract:
    """The contract with another maximum of the delay."""
    contract = contract_of(topic)
    rules = (Rule("maximum", most),)
    columns = [replace(column, rules=rules) if column.name == "delay" else column for column in contract.columns]
    return replace(contract, version="1.1.0", columns=tuple(columns))


def _statuses(events: EventLake) -> dict[int, tuple[str, str]]:
    """Status and first reason of each dead letter, by offset."""
    return {
        row["_kafka_offset"]: (row["_status"], row["_reasons"][0]["message"].partition(";")[0])
        for row in events.rejected()
    }


STILL = ("new", "'delay' must be at most 6000, got 9000")


def test_redriven_records_are_taken_once_and_the_others_say_why_not(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = {"reported_at": "2013-01-01T12:00:00Z"}
    topic.send(event(1), event(2, delay=5000), event(3, delay=9000), event(4, delay=5000), event(4, delay=3, **newer))
    events.stream()
    assert events.delays() == {(1, "departed"): 2, (4, "departed"): 3}
    contract, job = _allowing(topic.name, 6000), events.job()
    everything = redrive.Choice("true")

    looked = redrive.run(events.spark, job, contract, redrive.Choice("_kafka_offset < 3", dry_run=True))
    assert (looked.judged, looked.valid) == (2, 1)
    with monkeypatch.context() as patched:
        patched.setattr(redrive, "_mark", _killed)
        with pytest.raises(RuntimeError, match="killed"):
            redrive.run(events.spark, job, contract, everything)
    assert {status for status, _ in _statuses(events).values()} == {"new"}
    redrive.run(events.spark, events.job(), contract, everything)

    assert events.delays() == {(1, "departed"): 2, (2, "departed"): 5000, (4, "departed"): 3}
    assert sorted(row[0] for row in events.bronze().select("_kafka_offset").collect()) == [0, 1, 3, 4]
    assert {offset: status for offset, (status, _) in _statuses(events).items()} == {
        1: "redriven",
        2: "new",
        3: "redriven",
    }
    assert _statuses(events)[2] == STILL
    assert redrive.run(events.spark, events.job(), contract, everything) == redrive.Redriven(1, 0, 0)


def test_redrive_fails_when_the_condition_is_none(events: EventLake) -> None:
    with pytest.raises(ConfigurationError, match="'where' must be a condition on the columns of dead letters, got"):
        redrive.run(events.spark, events.job(), contract_of(events.topic), redrive.Choice("_reason = 1"))


def _killed(*_: object) -> None:
    raise RuntimeError("killed")


def _part(events: EventLake, start: str = "0", dry_run: bool = False) -> replay.Part:
    return replay.Part(start, "latest", f"file://{events.folder}", DiskStore(), dry_run)


def test_replay_brings_back_what_was_lost_and_doubles_nothing(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.send(event(1, delay=1), event(2, delay=2), event(3, delay=3), "broken", event(4, delay=4))
    topic.send(event(5, delay=5), partition=1)
    events.stream()
    whole = events.delays()
    tables = events.tables
    tables.silver.execute(f"DELETE FROM {tables.silver.quoted} WHERE flight IN (2, 4, 5)", {})
    tables.bronze.execute(f"DELETE FROM {tables.bronze.quoted} WHERE _kafka_offset = 4", {})
    job, contract = replace(events.job(), max_records=4), contract_of(topic.name)

    assert replay.run(events.spark, job, contract, _part(events, dry_run=True)) == replay.Replayed(6, 1, 0)
    assert len(events.delays()) == 2
    commit = stream_commit.commit
    numbers: list[int] = []

    def second_killed(*arguments: object) -> object:
        numbers.append(len(numbers))
        if len(numbers) == 2:
            raise RuntimeError("killed")
        return commit(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(replay, "commit", second_killed)
        with pytest.raises(RuntimeError, match="killed"):
            replay.run(events.spark, job, contract, _part(events))
    topic.send(event(6))  # after the plan
    done = replay.run(events.spark, job, contract, _part(events))

    assert (done.read, done.rejected) == (6, 1)
    assert events.delays() == whole
    places = events.bronze().select("_kafka_partition", "_kafka_offset").collect()
    assert sorted(map(tuple, places)) == [(0, 0), (0, 1), (0, 2), (0, 4), (1, 0)]
    assert len(events.rejected()) == 1
    assert events.history()["silver"][0].get("epoch") == "1"
    with pytest.raises(ConfigurationError, match="'--from, --to' must go from 0 to latest, as run"):
        replay.run(events.spark, job, contract, _part(events, "1"))


def test_replay_is_not_finished_in_another_topic_than_it_was_begun_in(events: EventLake, topic: Topic) -> None:
    topic.send(event(1))
    events.stream()
    job, contract = events.job(), contract_of(topic.name)
    replay.run(events.spark, job, contract, _part(events))
    topic.make_anew(partitions=2)
    topic.send(event(2))

    with pytest.raises(ConfigurationError, match=f"'run {job.run_id}' must be of the topic {topic.name} that is there"):
        replay.run(events.spark, job, contract, _part(events))


def test_hour_of_events_that_is_replayed_twice_leaves_every_row_of_every_table(
    spark: SparkSession, topic: Topic, tmp_path: Path
) -> None:
    events = EventLake(spark, tmp_path, topic.brokers, topic.name, windowed=True)
    events.create()
    began = datetime.now(UTC)
    minutes = [{"event_time": f"2013-01-01T10:{minute:02d}:00Z"} for minute in range(60)]
    hour = [event(1 + minute, delay=minute, **changes) for minute, changes in enumerate(minutes)]
    topic.send(*hour, "broken", *hour[:5], event(9, delay=1, reported_at="2013-01-01T12:00:00Z", **minutes[8]))
    events.stream(max_records=50)
    tables = [*vars(events.tables).values(), events.windows.table, events.windows.late]
    before = [(table, table.current()) for table in tables]

    for _ in range(2):
        part = replace(_part(events, began.isoformat()), end=(began + timedelta(hours=1)).isoformat())
        done = replay.run(spark, events.job(), contract_of(topic.name), part)
        assert done == replay.Replayed(67, 1, 0)

    for table, snapshot in before:
        there, was = table.read(), None if snapshot is None else table.read_snapshot(snapshot)
        if was is None:
            assert there.isEmpty()
        else:
            assert not was.isEmpty()
            assert was.exceptAll(there).collect() == there.exceptAll(was).collect() == []


def test_bound_of_a_replay_is_an_offset_or_a_moment(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), event(2), event(3))

    def offsets(bound: str) -> dict[int, int]:
        return find_offsets(events.spark, topic.brokers, topic.name, bound)

    now = datetime.now(UTC)
    assert [offsets(bound) for bound in ("earliest", "latest", "2")] == [{0: 0, 1: 0}, {0: 3, 1: 0}, {0: 2, 1: 0}]
    assert offsets((now - timedelta(hours=1)).isoformat()) == {0: 0, 1: 0}
    assert offsets((now + timedelta(hours=1)).isoformat()) == {0: 3, 1: 0}
    with pytest.raises(
        ConfigurationError, match=r"'offset' must be earliest, latest, an offset or a moment .*, got \"noon"
    ):
        offsets("noon")
