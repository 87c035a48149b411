"""The ways that are compared: each streams a topic into tables, until it is read or the query is stopped.

A way changes the jobs from outside, for the whole process: a driver measures one way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from pyspark.sql import SparkSession

from lakehouse_jobs import records as shapes
from lakehouse_jobs import stream, stream_commit
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.stream_batch import Stream
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.telemetry import Telemetry

Way = Callable[[SparkSession, Stream, Contract], None]

_RULES = "org.apache.spark.sql.catalyst.optimizer"
_PUSHED = ",".join(f"{_RULES}.{rule}" for rule in ("PushDownPredicates", "PushPredicateThroughNonJoin"))
"""Spark's optimizer puts a filter before what it filters by, and writes each value out wherever the condition names it:
by the contract of the flights 2.4 million characters of plan, half a minute of each batch. Without it is 17,000.
"""


class _Nobody:
    """Takes metrics and keeps none."""

    def put_metric_data(self, **_: Any) -> None:
        """As CloudWatch's client."""


def merge(spark: SparkSession, job: Stream, contract: Contract) -> None:
    """The whole job: dead letters, bronze, silver."""
    stream.run(spark, job, contract, Telemetry(cast(Any, _Nobody()), "bench"))


def append(spark: SparkSession, job: Stream, contract: Contract) -> None:
    """The job without silver: dead letters and bronze."""
    stream_commit.StreamCommit._merge_silver = lambda *_: 0  # type: ignore[method-assign]
    merge(spark, job, contract)


def plain(spark: SparkSession, job: Stream, contract: Contract) -> None:
    """The whole job where each commit is a plain write: nothing is looked for, staged or published."""

    def write_only(_table: Any, _claim: Any, write: Callable[[], None], _retry: Any) -> None:
        write()

    vars(stream_commit)["commit_once"] = write_only
    merge(spark, job, contract)


def native(spark: SparkSession, job: Stream, contract: Contract) -> None:
    """Spark's own streaming sink of Iceberg: bronze alone; records that break the contract are dropped."""
    spark.conf.set("spark.sql.optimizer.excludedRules", _PUSHED)
    options = {
        **job.brokers.options,
        "subscribe": contract.stream.topic,
        "startingOffsets": "earliest",
        "kafka.isolation.level": "read_committed",
        "includeHeaders": "true",
        "maxOffsetsPerTrigger": str(job.max_records),
    }
    records = spark.readStream.format("kafka").options(**options).load()
    origin = shapes.Origin(contract.stream.address, "none", job.run_id, contract.version, datetime.now(UTC))
    rows = shapes.history_rows(shapes.judge_records(records, contract), origin)
    writer = rows.writeStream.format("iceberg").outputMode("append").option("checkpointLocation", job.checkpoint)
    trigger: dict[str, Any] = {"availableNow": True} if job.available_now else {"processingTime": "0 seconds"}
    bronze = DatasetTables.of(spark, job.databases, contract.dataset).bronze
    writer.trigger(**trigger).toTable(bronze.identifier).awaitTermination()


WAYS: dict[str, Way] = {"append": append, "native": native, "merge": merge, "plain": plain}
