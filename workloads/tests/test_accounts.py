"""Each record of a batch is accounted for: valid, late, rejected or known already, whoever else writes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs import records, stream_commit
from lakehouse_jobs.contract_rules import Rule
from lakehouse_jobs.exceptions import AccountError, JobError
from lakehouse_jobs.iceberg import IcebergTable
from support import events as support
from support import session
from support.events import EventLake, contract_of, event
from support.kafka import Topic

COUNTS = ("RowsRead", "RowsValid", "RowsRejected", "RowsLate", "RowsDuplicate")


@pytest.fixture
def events(spark: SparkSession, topic: Topic, tmp_path: Path) -> EventLake:
    made = EventLake(spark, tmp_path, topic.brokers, topic.name, windowed=True)
    made.create()
    return made


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[int, ...]]]:
    """The counts of each batch that is logged as committed."""
    caplog.set_level(logging.INFO, "lakehouse_jobs")

    def read() -> list[tuple[int, ...]]:
        lines: list[Any] = [entry for entry in caplog.records if entry.getMessage() == "batch committed"]
        return [tuple(int(getattr(line, name)) for name in COUNTS) for line in lines]

    return read


def _left(flight: int, hour: int) -> str:
    moment = f"2013-01-01T{hour:02}:05:00Z"
    return event(flight, event_time=moment, reported_at=f"2013-01-01T{max(hour, 18)}:05:00Z")


def test_each_record_is_valid_late_rejected_or_a_duplicate(
    events: EventLake, topic: Topic, told: Callable[[], list[tuple[int, ...]]]
) -> None:
    topic.send(_left(1, 18), _left(1, 18), "broken")
    events.stream()
    topic.send(_left(2, 10), _left(3, 18), "broken")
    events.stream()
    topic.send(_left(4, 18))

    events.stream(checkpoint="another")

    assert told() == [(3, 2, 1, 0, 0), (3, 1, 1, 1, 0), (7, 1, 0, 0, 6)]
    silver = events.history()["silver"][0]
    assert [silver.get(f"rows-{name}") for name in ("read", "valid", "rejected", "duplicate")] == ["7", "1", "0", "6"]


def test_stream_stops_when_a_record_is_not_where_it_should_be(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = records.history_rows

    def lossy(judged: DataFrame, origin: records.Origin) -> DataFrame:
        return rows(judged, origin).where("_kafka_offset <> 1")

    monkeypatch.setattr(records, "history_rows", lossy)
    topic.send(event(1), event(2), "broken")

    with pytest.raises(AccountError, match=r"'flight_events batch 0' must be 3 records .*, got \"1 in bronze, 1 in"):
        events.stream()


def test_batch_that_had_been_judged_before_the_contract_changed_stays_at_that(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[tuple[int, ...]]]
) -> None:
    topic.send(event(1, delay=3), event(2, delay=5000), event(3, delay=4))
    with monkeypatch.context() as patched:
        patched.setattr(stream_commit.StreamCommit, "_append_bronze", _killed)
        with pytest.raises(JobError, match="killed"):
            events.stream()
    contract = contract_of(topic.name)
    rules = (Rule("maximum", 6000),)
    columns = tuple(replace(one, rules=rules) if one.name == "delay" else one for one in contract.columns)
    monkeypatch.setattr(support, "contract_of", lambda _: replace(contract, version="1.1.0", columns=columns))

    events.stream()

    assert told() == [(3, 2, 1, 0, 0)]
    assert sorted(flight for flight, _ in events.delays()) == [1, 3]
    assert [row["_kafka_offset"] for row in events.rejected()] == [1]


def _killed(*_: object) -> None:
    raise RuntimeError("killed")


STEPS = ("stage", "publish")


@pytest.mark.parametrize("step", STEPS)
def test_two_streams_of_a_dataset_at_once_double_nothing(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    topic.send(event(1), event(2), "broken")
    original, failures = getattr(IcebergTable, step), list[BaseException]()

    def other() -> None:
        try:
            replace(events, spark=session.another(events.spark)).stream(checkpoint="another")
        except BaseException as error:
            failures.append(error)

    def overtaken(table: IcebergTable, *arguments: object) -> object:
        if table.identifier == events.tables.bronze.identifier:
            monkeypatch.setattr(IcebergTable, step, original)
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        return original(table, *arguments)

    monkeypatch.setattr(IcebergTable, step, overtaken)

    events.stream()

    assert failures == []
    assert sorted(row["_kafka_offset"] for row in events.bronze().collect()) == [0, 1]
    assert [row["_kafka_offset"] for row in events.rejected()] == [2]
    assert len(events.delays()) == 2
