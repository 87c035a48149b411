"""Events of flights for tests, and a stream of them into a lake of the test's own."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs import stream
from lakehouse_jobs.contract import Contract, StreamTopic, load_stream, load_windows
from lakehouse_jobs.iceberg import Snapshot
from lakehouse_jobs.kafka import Brokers
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.stream_batch import Stream
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.telemetry import Telemetry
from lakehouse_jobs.windows import Windows
from support.lake import CONTRACTS, create_stream_tables, create_window_tables

_COUNTER = itertools.count(1)


def event(flight: int, **changes: object) -> str:
    """The departure of a flight, as its record in the topic."""
    fields: dict[str, object] = {
        "event_type": "departed",
        "event_time": "2013-01-01T10:02:00Z",
        "reported_at": "2013-01-01T10:05:00Z",
        "time_hour": "2013-01-01T10:00:00Z",
        "carrier": "UA",
        "flight": flight,
        "origin": "EWR",
        "dest": "IAH",
        "tailnum": "N14228",
        "scheduled_clock": 500,
        "actual_clock": 502,
        "delay": 2,
        "air_time": None,
    }
    return json.dumps({**fields, **changes})


def contract_of(topic: str) -> Contract:
    """The contract of the repository's stream, reading a topic of the test's own."""
    return replace(load_stream(CONTRACTS, "flight_events"), origin=StreamTopic(topic))


@dataclass
class EventLake:
    """One test's lake of one stream, with its windows where it is `windowed`: databases and checkpoint of its own."""

    spark: SparkSession
    folder: Path
    brokers: Brokers
    topic: str
    number: int = field(default_factory=lambda: next(_COUNTER))
    cloudwatch: Mock = field(default_factory=Mock)
    windowed: bool = False

    @property
    def databases(self) -> dict[str, str]:
        return {zone: f"{zone}_events_{self.number}" for zone in ("bronze", "silver")}

    @property
    def _window_contracts(self) -> list[Contract]:
        return load_windows(CONTRACTS, "flight_events") if self.windowed else []

    def create(self) -> None:
        create_stream_tables(self.spark, self.databases, contract_of(self.topic))
        for contract in self._window_contracts:
            create_window_tables(self.spark, self.databases, contract)

    def stream(self, checkpoint: str = "checkpoint", max_records: int = 200_000, available_now: bool = True) -> None:
        """Read the topic to its end, or until the query is stopped."""
        job = replace(self.job(checkpoint), available_now=available_now, max_records=max_records)
        stream.run(self.spark, job, contract_of(self.topic), Telemetry(self.cloudwatch, "dev"))

    def job(self, checkpoint: str = "none") -> Stream:
        """A run with an id of its own."""
        return Stream(
            run_id=f"20130201T{next(_COUNTER):06d}Z-0a1b2c",
            correlation_id="correlation-1",
            brokers=self.brokers,
            databases=self.databases,
            checkpoint=f"file://{self.folder}/{checkpoint}",
            retry=RetryPolicy(attempts=4, base=0.01, cap=0.02),
            trigger_seconds=1,
            report_seconds=0.2,
            windows=self._window_contracts,
        )

    @property
    def tables(self) -> DatasetTables:
        return DatasetTables.of(self.spark, self.databases, "flight_events")

    def bronze(self) -> DataFrame:
        return self.tables.bronze.read()

    def rejected(self) -> list[dict[str, Any]]:
        """The rows of the DLQ, in the order of the topic."""
        return [
            row.asDict(recursive=True)
            for row in self.tables.dlq.read().orderBy("_kafka_partition", "_kafka_offset").collect()
        ]

    def told_loaded(self) -> int:
        """How often the stream has said that it is up to its topic."""
        calls = list(self.cloudwatch.put_metric_data.call_args_list)
        return sum(datum["MetricName"] == "DatasetLoaded" for call in calls for datum in call.kwargs["MetricData"])

    def is_busy(self) -> bool:
        """Whether the stream looks at its topic or takes a batch: it does not wait for the next time to look."""
        return any(query.status["isTriggerActive"] for query in self.spark.streams.active)

    def delays(self) -> dict[tuple[int, str], int]:
        """Silver's delays by flight and event type; fails when one is there twice."""
        rows = self.tables.silver.read().select("flight", "event_type", "delay").collect()
        found = {(row["flight"], row["event_type"]): row["delay"] for row in rows}
        assert len(found) == len(rows)
        return found

    @property
    def windows(self) -> Windows:
        [contract] = self._window_contracts
        return Windows(self.spark, self.databases, contract)

    def hours(self) -> dict[str, tuple[int, float]]:
        """Departures and mean delay by hour; fails when an hour of an airport is there twice."""
        rows = (
            self.windows.table.read().selectExpr("CAST(window_start AS STRING)", "departures", "mean_delay").collect()
        )
        assert len({row[0] for row in rows}) == len(rows)
        return {row[0]: (row[1], row[2]) for row in rows}

    def history(self) -> dict[str, list[Snapshot]]:
        tables = self.tables
        named = {"bronze": tables.bronze, "dlq": tables.dlq, "silver": tables.silver}
        return {name: list(table.history()) for name, table in named.items()}
