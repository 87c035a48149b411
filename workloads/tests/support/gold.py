"""A lake whose silver is filled by hand and whose gold is made by the dbt project of this repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.contract import load_contracts, load_stream, load_windows
from lakehouse_jobs.dbt_lineage import TransformLineage
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.lineage import Lineage, Run, StoreSink
from lakehouse_jobs.lineage_steps import GlueTables
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.transform import Transform, TransformRecord, run
from support.lake import CONTRACTS, create_stream_tables, create_tables, create_window_tables

PROJECT = Path(__file__).parents[2] / "dbt"
CORRELATION_ID = "correlation-1"

AIRLINE = {"carrier": "UA", "name": "United Air Lines Inc."}
AIRPORT = {
    "faa": "EWR", "name": "Newark Liberty Intl", "lat": 40.69, "lon": -74.16, "alt": 18, "tz": -5, "dst": "A",
    "tzone": "America/New_York",
}  # fmt: skip
PLANE = {
    "tailnum": "N14228", "year": 1999, "type": "Fixed wing multi engine", "manufacturer": "BOEING", "model": "737-824",
    "engines": 2, "seats": 149, "engine": "Turbo-fan",
}  # fmt: skip
FLIGHT = {
    "year": 2013, "month": 1, "day": 1, "dep_time": 517, "sched_dep_time": 515, "dep_delay": 2, "arr_time": 830,
    "sched_arr_time": 819, "arr_delay": 11, "carrier": "UA", "flight": 1545, "tailnum": "N14228", "origin": "EWR",
    "dest": "IAH", "air_time": 227, "distance": 1400, "hour": 5, "minute": 15,
    "time_hour": datetime(2013, 1, 1, 10, tzinfo=UTC),
}  # fmt: skip
SCHEDULED = {"dep_time": None, "dep_delay": None, "arr_time": None, "arr_delay": None, "air_time": None}


def moment(day: int, hour: int = 0) -> datetime:
    """An hour of January 2013, UTC."""
    return datetime(2013, 1, day, hour, tzinfo=UTC)


@dataclass
class GoldLake:
    """Databases `silver_gold` and `gold` in the shared catalog, artifacts in a folder."""

    spark: SparkSession
    folder: Path
    databases: Mapping[str, str] = field(
        default_factory=lambda: {"bronze": "bronze_gold", "silver": "silver_gold", "gold": "gold"}
    )

    def create(self) -> None:
        """Create what a deployed stack would."""
        for contract in load_contracts(CONTRACTS, "nycflights"):
            create_tables(self.spark, dict(self.databases), contract)
        create_stream_tables(self.spark, dict(self.databases), load_stream(CONTRACTS, "flight_events"))
        for contract in load_windows(CONTRACTS, "flight_events"):
            create_window_tables(self.spark, dict(self.databases), contract)
        self.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS glue_catalog.{self.databases['gold']}")

    def load(self, dataset: str, rows: list[dict[str, Any]], *, at: datetime) -> None:
        """Put rows into silver as one batch that was read from the source `at` that time."""
        table = f"glue_catalog.{self.databases['silver']}.{dataset}"
        schema = self.spark.table(table).schema
        full = [{"updated_at": moment(1), "_extracted_at": at, **row} for row in rows]
        values = [tuple(row.get(column.name) for column in schema) for row in full]
        self.spark.createDataFrame(values, schema).writeTo(table).append()

    def replace(self, dataset: str, where: str, row: dict[str, Any], *, at: datetime) -> None:
        """Put a new version of a row into silver in place of the one it holds."""
        self.spark.sql(f"DELETE FROM glue_catalog.{self.databases['silver']}.{dataset} WHERE {where}")
        self.load(dataset, [row], at=at)

    def run(
        self,
        run_id: str = "20130201T000000Z-0a1b2c",
        select: str | None = None,
        project: Path = PROJECT,
        *,
        rebuild: bool = False,
    ) -> TransformRecord:
        job = Transform(
            run_id=run_id,
            correlation_id=CORRELATION_ID,
            databases=self.databases,
            artifacts_uri=f"file://{self.folder}",
            store=DiskStore(),
            project=project,
            select=select,
            rebuild=rebuild,
            retry=RetryPolicy(attempts=2, base=0.01, cap=0.02),
            lineage=TransformLineage(
                Lineage(
                    Run("dev", "transform", run_id, CORRELATION_ID), [StoreSink(DiskStore(), f"file://{self.folder}")]
                ),
                GlueTables("arn:aws:glue:us-east-1:000000000000", self.databases),
            ),
        )
        return run(lambda: self.spark, job)

    def snapshots(self) -> dict[str, Any]:
        """The current snapshot of each table that dbt makes."""
        gold = f"glue_catalog.{self.databases['gold']}"
        names = [row["tableName"] for row in self.spark.sql(f"SHOW TABLES IN {gold}").collect()]
        found = {name: IcebergTable(self.spark, f"{gold}.{name}").current() for name in names}
        return {name: snapshot for name, snapshot in found.items() if name != "dbt_run_results"}

    def gold(self, table: str) -> DataFrame:
        name = f"glue_catalog.{self.databases['gold']}.{table}"
        self.spark.catalog.refreshTable(name)
        return self.spark.table(name)
