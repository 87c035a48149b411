"""Delta tables at a path: https://docs.delta.io/3.3.2/. No catalog knows them; Spark finds them by where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from pyspark.sql import DataFrame

from lakehouse_jobs.engines.table import Compaction, LakeTable, Version

DELTA_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        # Iceberg's last: its procedures read their sort orders with the outermost parser, and refuse Delta's
        "spark.sql.extensions": (
            "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        # listing in parallel starts hundreds of tasks for a few files
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
        "spark.databricks.delta.snapshotPartitions": "2",
    }
)
"""What a session needs for tables of both formats."""
_RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"


class DeltaTable(LakeTable):
    """A table by the URI of its folder."""

    format = "delta"

    @property
    def quoted(self) -> str:
        """See `LakeTable`."""
        return f"delta.`{self.name}`"

    def exists(self) -> bool:
        """See `LakeTable`."""
        jvm: Any = self._spark._jvm
        return bool(jvm.io.delta.tables.DeltaTable.isDeltaTable(self._spark._jsparkSession, self.name))

    def create(self, like: DataFrame, partition_columns: Sequence[str] = ()) -> None:
        """See `LakeTable`."""
        like.limit(0).write.format("delta").partitionBy(*partition_columns).mode("error").save(self.name)

    def read(self, version: int | None = None) -> DataFrame:
        """See `LakeTable`; versions count from 0."""
        reader = self._spark.read.format("delta")
        return (reader if version is None else reader.option("versionAsOf", version)).load(self.name)

    def read_at(self, moment: datetime) -> DataFrame:
        """See `LakeTable`."""
        text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return self._spark.read.format("delta").option("timestampAsOf", text).load(self.name)

    def append(self, rows: DataFrame) -> None:
        """See `LakeTable`."""
        rows.write.format("delta").mode("append").save(self.name)

    def append_once(self, rows: DataFrame, application: str, batch: int) -> bool:
        """See `LakeTable`; Delta itself leaves out a batch whose number it holds for the application."""
        before = self.versions()[0].id
        writer = rows.write.format("delta").mode("append")
        writer.option("txnAppId", application).option("txnVersion", str(batch)).save(self.name)
        return self.versions()[0].id > before

    def overwrite(self, rows: DataFrame, where: str | None = None) -> None:
        """See `LakeTable`."""
        writer = rows.write.format("delta").mode("overwrite")
        (writer if where is None else writer.option("replaceWhere", where)).save(self.name)

    def versions(self) -> list[Version]:
        """See `LakeTable`."""
        rows = self._spark.sql(f"DESCRIBE HISTORY {self.quoted}").collect()
        return [
            Version(int(row["version"]), row["timestamp"].astimezone(UTC), str(row["operation"]).lower())
            for row in rows
        ]

    def compact(self, cluster_by: Sequence[str] = ()) -> Compaction:
        """See `LakeTable`."""
        columns = ", ".join(f"`{name}`" for name in cluster_by)
        order = f" ZORDER BY ({columns})" if cluster_by else ""
        [row] = self._spark.sql(f"OPTIMIZE {self.quoted}{order}").select("metrics.*").collect()
        return Compaction(int(row["numFilesRemoved"]), int(row["numFilesAdded"]))

    def expire(self, before: datetime) -> None:
        """See `LakeTable`; VACUUM counts in whole hours, so files up to an hour older are kept."""
        hours = max(0, -int((before - datetime.now(UTC)).total_seconds() // 3600))
        with self._without_retention_check():
            self._spark.sql(f"VACUUM {self.quoted} RETAIN {hours} HOURS").collect()

    @contextmanager
    def _without_retention_check(self) -> Iterator[None]:
        """Delta refuses less than a week unless told otherwise; who calls `expire` has named the moment."""
        before = self._spark.conf.get(_RETENTION_CHECK, "true")
        self._spark.conf.set(_RETENTION_CHECK, "false")
        try:
            yield
        finally:
            self._spark.conf.set(_RETENTION_CHECK, str(before))
