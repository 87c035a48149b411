"""Hours of departures by event time: exact while they are open, for good when they are closed, nothing late lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

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


def test_closed_hour_stays_and_what_comes_late_is_kept(events: EventLake, topic: Topic) -> None:
    topic.send(departed(1, "10:02", delay=2), departed(2, "15:00", delay=0))
    events.stream()
    topic.send(departed(3, "10:30", "15:30", delay=30), departed(1, "10:02", delay=2), departed(4, "13:10", delay=4))
    topic.send(event(5, event_type="arrived", event_time="2013-01-01T09:00:00Z"))

    events.stream()

    assert events.hours() == {TEN: (1, 2.0), HOUR.format(13): (1, 4.0), THREE: (1, 0.0)}
    assert late(events) == [(3, "10:30:00", "13:00:00", 2)]
    assert (3, "departed") in events.delays()
    assert events.windows.closed_before() == datetime(2013, 1, 1, 13, tzinfo=UTC)


def test_clock_that_is_ahead_closes_nothing(events: EventLake, topic: Topic) -> None:
    topic.send(departed(1, "10:02"), departed(2, "10:03", event_time="2031-01-01T10:00:00Z"))
    events.stream()
    topic.send(departed(3, "10:04"))

    events.stream()

    assert events.hours()[TEN] == (2, 2.0)
    assert late(events) == []


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

        def killed(*_: object) -> int:
            raise RuntimeError("killed")

        patched.setattr(*POINTS[point], killed)
        with pytest.raises(JobError, match="killed"):
            events.stream()
    topic.send(departed(5, "16:10", delay=6))

    events.stream(checkpoint=checkpoint)

    hours = {TEN: (1, 2.0), HOUR.format(13): (1, 4.0), THREE: (1, 0.0), HOUR.format(16): (1, 6.0)}
    assert events.hours() == hours
    assert [row[0] for row in late(events)] == [3]


def test_fails_when_nothing_computes_the_windows_of_a_contract() -> None:
    with pytest.raises(ContractError, match=r"'arrivals: derivedFrom' must be of departures_hourly, got \"arrivals\""):
        windows.definition_of("arrivals")
