"""Delta tables at a path: https://docs.delta.io/3.3.2/. No catalog knows them; Spark finds them by where they lie."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql.types import StructField, StructType

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
_WRITE = "spark.databricks.delta.write"
_USER_METADATA = "userMetadata"


@dataclass(frozen=True)
class Transaction:
    """A batch of an application, which a table takes once; its commit says `facts` of it, as JSON.

    The table remembers of each application the newest batch, and leaves out what is not newer. Who commits while
    another does so for the same application fails: https://docs.delta.io/3.3.2/delta-streaming.html.
    """

    application: str
    batch: int
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def metadata(self) -> str:
        """What the history of the table shows of it."""
        return json.dumps(self.facts)


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
        self.append_in(Transaction(application, batch), rows)
        return self.versions()[0].id > before

    def append_in(self, transaction: Transaction, rows: DataFrame) -> None:
        """Add the rows of a batch, unless it is in already.

        What `rows` read from the table itself, they read in the same transaction.
        """
        writer = rows.write.format("delta").mode("append").option(_USER_METADATA, transaction.metadata)
        writer = writer.option("txnAppId", transaction.application).option("txnVersion", str(transaction.batch))
        writer.save(self.name)

    def execute_in(self, transaction: Transaction, statement: str) -> list[Row]:
        """Run a statement that commits to this table, unless the batch is in already; its metrics, none if it was in.

        A statement takes no options, and settings of the session would let its next statement be left out too: they
        are unset whatever happens, and by Delta itself when it has used them.
        """
        settings = {
            f"{_WRITE}.txnAppId": transaction.application,
            f"{_WRITE}.txnVersion": str(transaction.batch),
            f"{_WRITE}.txnVersion.autoReset.enabled": "true",
            f"spark.databricks.delta.commitInfo.{_USER_METADATA}": transaction.metadata,
        }
        with self._set(settings):
            return self._spark.sql(statement).collect()

    def ensure(self, like: StructType) -> None:
        """Make the table if there is none, and add the columns that it lacks.

        It is `Serializable`: a write that has read the table fails when another one has added rows meanwhile.
        """
        if not self.exists():
            columns = ", ".join(_column(column) + ("" if column.nullable else " NOT NULL") for column in like)
            properties = "TBLPROPERTIES ('delta.isolationLevel' = 'Serializable')"
            self._spark.sql(f"CREATE TABLE IF NOT EXISTS {self.quoted} ({columns}) USING delta {properties}")
        held = self.read().columns
        missing = ", ".join(_column(column) for column in like if column.name not in held)
        if missing:
            self._spark.sql(f"ALTER TABLE {self.quoted} ADD COLUMNS ({missing})")

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
        # it refuses less than a week unless told otherwise; who calls this has named the moment
        with self._set({_RETENTION_CHECK: "false"}):
            self._spark.sql(f"VACUUM {self.quoted} RETAIN {hours} HOURS").collect()

    @contextmanager
    def _set(self, settings: Mapping[str, str]) -> Iterator[None]:
        """Settings of the session, for a while; those that were set before are set again."""
        before = {name: self._spark.conf.get(name, None) for name in settings}
        for name, value in settings.items():
            self._spark.conf.set(name, value)
        try:
            yield
        finally:
            for name, old in before.items():
                if old is None:
                    self._spark.conf.unset(name)
                else:
                    self._spark.conf.set(name, old)


def _column(field: StructField) -> str:
    return f"`{field.name}` {field.dataType.simpleString()}"
