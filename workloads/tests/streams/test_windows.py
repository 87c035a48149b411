"""Hours of departures by event time: what is computed batch by batch is what all of silver comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random, randrange
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import stream_commit, windows
from lakehouse_jobs.exceptions import ContractError, JobError
from support.events import EventLake, event
from support.kafka import Topic
from support.lake import CONTRACTS


@pytest.fixture
def events(spark: SparkSession, topic: Topic, tmp_path: Path) -> EventLake:
    """A lake that streams the topic into windows too."""
    made = EventLake(spark, tmp_path, topic.brokers, topic.name, windowed=True)
    made.create()
    return made


def departed(flight: int, clock: str, told: str | None = None, **changes: object) -> str:
    """A departure on 1 January 2013, by default told when it happened."""
    times = {"event_time": f"2013-01-01T{clock}:00Z", "reported_at": f"2013-01-01T{told or clock}:00Z"}
    return event(flight, **{**times, **changes})


def late(events: EventLake) -> list[tuple[Any, ...]]:
    """The late records: flight, when it left, up to where windows were closed, place in Kafka."""
    rows = events.windows.late.read().orderBy("_kafka_offset")
    found = rows.selectExpr(
        "_payload", "CAST(_event_time AS STRING)", "CAST(_closed_before AS STRING)", "_kafka_offset"
    )
    return [(json.loads(row[0])["flight"], *(str(value)[-8:] for value in row[1:3]), row[3]) for row in found.collect()]


PAST = {"event_time": "1970-01-01T00:00:00Z"}
HOUR = "2013-01-01 {}:00:00"
TEN, ELEVEN, THREE = (HOUR.format(hour) for hour in (10, 11, 15))


def test_departures_count_in_the_hour_they_left_once_and_as_told_last(events: EventLake, topic: Topic) -> None:
    arrived = event(1, event_type="arrived", delay=40, event_time="2013-01-01T10:40:00Z")
    topic.send(departed(1, "10:02", delay=2), departed(1, "10:02", delay=2), arrived, "broken")
    topic.send(departed(2, "10:50", delay=50), departed(2, "10:50", "10:55", delay=40), departed(3, "11:00", delay=-4))

    events.stream()

    assert events.hours() == {TEN: (2, 21.0), ELEVEN: (1, -4.0)}
    assert late(events) == []
    lock = json.loads((CONTRACTS / "schema.lock.json").read_text())["tables"]
    for table in (events.windows.table, events.windows.late):
        deployed = [column["name"] for column in lock[f"silver.{table.identifier.split('.')[-1]}"]["columns"]]
        assert table.read().columns == deployed


def test_open_hour_is_corrected_by_later_batches(events: EventLake, topic: Topic) -> None:
    topic.send(departed(1, "10:02", delay=2), departed(2, "10:10", delay=10))
    events.stream()
    topic.send(departed(3, "10:20", "12:59", delay=30), departed(2, "11:10", "12:00", delay=70))

    events.stream()

    assert events.hours() == {TEN: (2, 16.0), ELEVEN: (1, 70.0)}
    topic.send(departed(2, "10:10", "12:30", delay=10))
    events.stream()
    assert events.hours() == {TEN: (3, 14.0)}


def test_record_that_comes_late_is_kept_and_counts_in_its_closed_hour(events: EventLake, topic: Topic) -> None:
    topic.send(departed(1, "10:02", delay=2), departed(2, "15:00", delay=0))
    events.stream()
    topic.send(departed(3, "10:30", "15:30", delay=30), departed(1, "10:02", delay=2), departed(4, "13:10", delay=4))
    topic.send(event(5, event_type="arrived", event_time="2013-01-01T09:00:00Z"))

    events.stream()

    assert events.hours() == {TEN: (2, 16.0), HOUR.format(13): (1, 4.0), THREE: (1, 0.0)}
    assert late(events) == [(3, "10:30:00", "13:00:00", 2)]
    assert (3, "departed") in events.delays()
    assert events.windows.closed_before() == datetime(2013, 1, 1, 13, tzinfo=UTC)


def test_clock_that_is_ahead_closes_nothing(events: EventLake, topic: Topic) -> None:
    future = {"event_time": "2970-01-01T10:00:00Z"}
    topic.send(departed(1, "10:02"), departed(2, "10:03", **future))
    topic.send(departed(4, "10:03", **future, reported_at="2970-01-01T10:00:00Z"), departed(5, "10:03", **PAST))
    events.stream()
    topic.send(departed(3, "10:04"))

    events.stream()

    assert events.hours() == {"1970-01-01 00:00:00": (1, 2.0), TEN: (2, 2.0), "2970-01-01 10:00:00": (2, 2.0)}
    assert late(events) == []
    assert_whole(events)


def assert_whole(events: EventLake, which: str = "") -> None:
    """The windows are what a computation of all of silver comes to."""
    silver = events.tables.silver.read().where("event_type = 'departed'")
    hours = silver.groupBy("origin", F.date_trunc("hour", "event_time"))
    whole = hours.agg(F.count("*"), F.avg("delay")).collect()
    held = events.windows.table.read().select("origin", "window_start", "departures", "mean_delay").collect()
    assert sorted(map(_rounded, held)) == sorted(map(_rounded, whole)), which


def _rounded(row: Any) -> tuple[Any, ...]:
    return (row[0], str(row[1]), row[2], round(row[3], 9))


STEPS: list[tuple[type, str]] = [(stream_commit.StreamCommit, "_append_bronze"), (stream_commit.StreamCommit, "_merge")]
STEPS += [(windows.Windows, "keep_late"), (windows.Windows, "recompute"), (windows.Windows, "_merge")]


def test_windows_are_those_of_all_of_silver_after_late_and_moved_events_and_kills_at_each_commit(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = randrange(10**6)
    random = Random(seed)
    for told in range(8, 8 + len(STEPS)):
        clocks = [f"{random.randint(0, told):02}:{random.randint(0, 59):02}" for _ in range(20)]
        told_at = [f"{told}:{random.randint(0, 59):02}" for _ in clocks]
        topic.send(*(departed(random.randint(1, 15), *times) for times in zip(clocks, told_at, strict=True)))
        owner, step = STEPS[told % len(STEPS)]
        function = getattr(owner, step)
        with monkeypatch.context() as patched:
            patched.setattr(owner, step, killed if told % 2 else _after(function))
            with suppress(JobError):
                events.stream()
        events.stream(checkpoint=random.choice(["checkpoint", "another"]))
        assert_whole(events, f"seed {seed}, batch {told}")
    assert len(late(events)) > 0


def killed(*_: object) -> int:
    raise RuntimeError("killed")


def _after(function: Callable[..., object]) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        function(*arguments)
        raise RuntimeError("killed")

    return call


def test_rows_that_a_person_deletes_from_silver_leave_their_hours(events: EventLake, topic: Topic) -> None:
    topic.send(departed(1, "10:02"), departed(2, "11:02"))
    events.stream()
    silver = events.tables.silver
    silver.execute(f"DELETE FROM {silver.quoted} WHERE flight = 1", {})
    topic.send(departed(3, "11:03"))

    events.stream()

    assert events.hours() == {ELEVEN: (2, 2.0)}


POINTS = {
    "after the late records": (stream_commit.StreamCommit, "_merge"),
    "after silver": (windows.Windows, "recompute"),
}


@pytest.mark.parametrize(
    ("point", "checkpoint"),
    [("after the late records", "another"), ("after silver", "checkpoint"), ("after silver", "another")],
)
def test_batch_that_ended_half_way_leaves_windows_and_late_records_exact(
    events: EventLake, topic: Topic, point: str, checkpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.send(departed(1, "10:02", delay=2), departed(2, "15:00", delay=0))
    events.stream()
    topic.send(departed(3, "10:30", "15:30", delay=30), departed(4, "13:10", delay=4))
    with monkeypatch.context() as patched:
        patched.setattr(*POINTS[point], killed)
        with pytest.raises(JobError, match="killed"):
            events.stream()
    topic.send(departed(5, "16:10", delay=6))

    events.stream(checkpoint=checkpoint)

    hours = {TEN: (2, 16.0), HOUR.format(13): (1, 4.0), THREE: (1, 0.0), HOUR.format(16): (1, 6.0)}
    assert events.hours() == hours
    assert [row[0] for row in late(events)] == [3]


def test_fails_when_nothing_computes_the_windows_of_a_contract() -> None:
    with pytest.raises(ContractError, match=r"'arrivals: derivedFrom' must be of departures_hourly, got \"arrivals\""):
        windows.definition_of("arrivals")
