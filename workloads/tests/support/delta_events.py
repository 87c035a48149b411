"""A stream of flight events into Delta tables of the test's own."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_jobs import delta_commit, stream
from lakehouse_jobs import records as shapes
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.delta_commit import DeltaTables
from lakehouse_jobs.frames import kept
from lakehouse_jobs.kafka import read_part
from lakehouse_jobs.stream_batch import Place, Stream
from lakehouse_jobs.telemetry import Telemetry
from support.events import EventLake, contract_of
from support.kafka import Topic


@dataclass
class DeltaLake:
    """The Delta tables below one folder, and what streams into them."""

    events: EventLake
    topic: Topic

    @property
    def contract(self) -> Contract:
        return contract_of(self.topic.name)

    @property
    def spark(self) -> SparkSession:
        return self.events.spark

    def job(self, checkpoint: str = "none") -> Stream:
        return replace(self.events.job(checkpoint), delta=f"file://{self.events.folder}/delta", available_now=True)

    def stream(self, checkpoint: str = "checkpoint") -> None:
        """Read the topic to its end."""
        stream.run(self.spark, self.job(checkpoint), self.contract, Telemetry(self.events.cloudwatch, "dev"))

    def commit(
        self, place: Place, until: int, spark: SparkSession | None = None, contract: Contract | None = None
    ) -> int:
        """Commit the first records of partition 0 as a batch; how many rows of silver changed."""
        known = contract or self.contract
        records = read_part(spark or self.spark, self.events.brokers, known, {"0": (0, until), "1": (0, 0)})
        with kept(shapes.judge_records(records, known)) as judged:
            return delta_commit.commit(judged, self.job(), known, place).merged

    @property
    def tables(self) -> DeltaTables:
        return DeltaTables.below(self.spark, self.job().delta or "", "flight_events")

    def places(self, table: str) -> list[int]:
        """The offsets that bronze or the DLQ holds, in order."""
        held = getattr(self.tables, table).read().select("_kafka_offset").collect()
        return sorted(row["_kafka_offset"] for row in held)

    def delays(self) -> dict[int, int]:
        """Silver's delays by flight; fails when one is there twice."""
        rows = self.tables.silver.read().select("flight", "delay").collect()
        found = {row["flight"]: row["delay"] for row in rows}
        assert len(found) == len(rows)
        return found

    def commits(self, table: str) -> list[dict[str, Any]]:
        """What the commits that wrote rows say of their batch, oldest first."""
        rows = self.spark.sql(f"DESCRIBE HISTORY {getattr(self.tables, table).quoted}").collect()
        written = [row for row in reversed(rows) if row["operation"] in ("WRITE", "MERGE")]
        return [json.loads(row["userMetadata"]) for row in written]
