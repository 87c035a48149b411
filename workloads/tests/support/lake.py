"""A lake on a local disk: the tables a stack would create from the contracts, and runs of the job on it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.contract import METADATA_COLUMNS, Contract
from lakehouse_jobs.iceberg import IcebergTable, Snapshot
from lakehouse_jobs.ingest import Ingest, run
from lakehouse_jobs.lineage_steps import IngestLineage
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.run_record import RunRecord
from lakehouse_jobs.source import Credentials
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.telemetry import Telemetry

CONTRACTS = Path(__file__).parents[3] / "contracts"
RUN_COLUMNS = ("_extracted_at", "_run_id", "_batch_token")
_DLQ = (
    "`_dlq_id` string NOT NULL, `_source` string, `_payload` string, `_payload_format` string,"
    " `_reasons` array<struct<rule: string, column: string, message: string>>, `_contract_version` string,"
    " `_batch_token` string, `_run_id` string, `_extracted_at` timestamp, `_rejected_at` timestamp, `_status` string"
)
_COORDINATES = (
    "`_kafka_topic` string, `_kafka_partition` int, `_kafka_offset` bigint, `_kafka_timestamp` timestamp,"
    " `_kafka_key` binary"
)
_HISTORY = f"`_payload` string, {_COORDINATES}, `_kafka_headers` array<struct<key: string, value: binary>>"
_COUNTER = itertools.count(1)


@dataclass
class Lake:
    """One test's lake: its own databases in the shared catalog, its own landing and artifacts folders."""

    spark: SparkSession
    folder: Path
    credentials: Credentials
    contracts: list[Contract]
    number: int = field(default_factory=lambda: next(_COUNTER))
    retry: RetryPolicy = field(default_factory=lambda: RetryPolicy(attempts=4, base=0.01, cap=0.02))
    overlap: timedelta = timedelta(minutes=5)
    cloudwatch: Mock = field(default_factory=Mock)
    lineage: IngestLineage | None = None
    parallel: int = 2

    @property
    def databases(self) -> dict[str, str]:
        return {zone: f"{zone}_{self.number}" for zone in ("bronze", "silver")}

    def create(self) -> None:
        for contract in self.contracts:
            create_tables(self.spark, self.databases, contract)

    def job(self, run_id: str | None = None, *, stage: bool = False) -> Ingest:
        base = f"file://{self.folder}"
        return Ingest(
            run_id=run_id or f"20130201T{next(_COUNTER):06d}Z-0a1b2c",
            correlation_id="correlation-1",
            credentials=self.credentials,
            databases=self.databases,
            landing_uri=f"{base}/landing",
            artifacts_uri=f"{base}/artifacts",
            store=DiskStore(),
            retry=self.retry,
            overlap=self.overlap,
            lineage=self.lineage,
            stage=stage,
            parallel=self.parallel,
        )

    def ingest(self, run_id: str | None = None, *, stage: bool = False) -> dict[str, RunRecord]:
        telemetry, job = Telemetry(self.cloudwatch, "dev"), self.job(run_id, stage=stage)
        records = {record.dataset: record for record in run(self.spark, job, self.contracts, telemetry)}
        # the load had sessions, and so catalogs, of its own; that of the test may know the tables as they were
        for dataset in records:
            tables = self.tables(dataset)
            for table in (tables.bronze, tables.dlq, tables.silver):
                self.spark.catalog.refreshTable(table.identifier)
        return records

    def tables(self, dataset: str = "items") -> DatasetTables:
        return DatasetTables.of(self.spark, self.databases, dataset)

    def rows(self, zone: str, dataset: str = "items") -> DataFrame:
        return IcebergTable(self.spark, f"glue_catalog.{self.databases[zone]}.{dataset}").read()

    def silver(self, dataset: str = "items") -> list[dict[str, Any]]:
        """Silver's rows without the run's columns, as dictionaries sorted by their text."""
        rows = self.rows("silver", dataset).drop(*RUN_COLUMNS, "_source").collect()
        return sorted((row.asDict() for row in rows), key=str)

    def snapshots(self, dataset: str = "items") -> dict[str, list[Snapshot]]:
        tables = self.tables(dataset)
        named = {"bronze": tables.bronze, "dlq": tables.dlq, "silver": tables.silver}
        return {name: list(table.history()) for name, table in named.items()}


def create_stream_tables(spark: SparkSession, databases: dict[str, str], contract: Contract) -> None:
    """Create bronze, DLQ and silver of a dataset that comes from a topic, as a deployed stack would."""
    metadata = ", ".join(f"`{name}` {kind}" for name, kind in METADATA_COLUMNS)
    columns = ", ".join(
        f"`{column.name}` {column.spark_type}{' NOT NULL' if column.required else ''}" for column in contract.columns
    )
    names = [f"glue_catalog.{databases[zone]}.`{contract.dataset}`" for zone in ("silver", "bronze")]
    dlq = f"glue_catalog.{databases['bronze']}.`{contract.dataset}__dlq`"
    for database in databases.values():
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS glue_catalog.{database}")
    create = "CREATE TABLE {} ({}) USING iceberg PARTITIONED BY ({})"
    spark.sql(create.format(names[0], f"{columns}, {metadata}", "months(`time_hour`)"))
    spark.sql(create.format(names[1], f"{_HISTORY}, {metadata}", "days(`_extracted_at`)"))
    spark.sql(create.format(dlq, f"{_DLQ}, {_COORDINATES}", "days(`_rejected_at`)"))


def create_window_tables(spark: SparkSession, databases: dict[str, str], contract: Contract) -> None:
    """Create the windows of a streamed dataset and their late records, as a deployed stack would."""
    metadata = ", ".join(f"`{name}` {kind}" for name, kind in METADATA_COLUMNS)
    columns = ", ".join(f"`{column.name}` {column.spark_type}" for column in contract.columns)
    late = f"`_payload` string, `_event_time` timestamp, `_closed_before` timestamp, {_COORDINATES}"
    name = f"glue_catalog.{databases['silver']}.{contract.dataset}"
    create = "CREATE TABLE {} ({}) USING iceberg PARTITIONED BY ({})"
    spark.sql(create.format(name, f"{columns}, {metadata}", "months(`window_start`)"))
    spark.sql(create.format(f"{name}__late", f"{late}, {metadata}", "days(`_extracted_at`)"))


def create_tables(spark: SparkSession, databases: dict[str, str], contract: Contract) -> None:
    """Create bronze, DLQ and silver as a deployed stack would."""
    metadata = ", ".join(f"`{name}` {kind}" for name, kind in METADATA_COLUMNS)
    columns = ", ".join(
        f"`{column.name}` {column.spark_type}{' NOT NULL' if column.required else ''}" for column in contract.columns
    )
    optional = columns.replace(" NOT NULL", "")
    bronze, silver = (f"glue_catalog.{databases[zone]}.`{contract.dataset}`" for zone in ("bronze", "silver"))
    for database in databases.values():
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS glue_catalog.{database}")
    create = "CREATE TABLE {} ({}) USING iceberg {}"
    spark.sql(create.format(silver, f"{columns}, {metadata}", ""))
    spark.sql(create.format(bronze, f"{optional}, {metadata}", "PARTITIONED BY (days(`_extracted_at`))"))
    dlq = f"glue_catalog.{databases['bronze']}.`{contract.dataset}__dlq`"
    spark.sql(create.format(dlq, _DLQ, "PARTITIONED BY (days(`_rejected_at`))"))
