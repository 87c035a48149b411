"""Iceberg tables of a catalog: https://iceberg.apache.org/docs/1.10.1/spark-procedures/."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs.engines.table import Compaction, LakeTable, Version
from lakehouse_jobs.iceberg import IcebergTable, Snapshot

_LOGGER = logging.getLogger(__name__)
LIVE_KEYS = ("batch-token", "sequence", "read-up-to", "bronze-snapshot-id")
"""What the pipelines look for in the newest snapshot that has it: with it they know how far they have come."""
_APPLICATION = "application"
_BATCH = "batch"


class IcebergLakeTable(LakeTable):
    """A table by its identifier `catalog.database.table`."""

    format = "iceberg"

    @property
    def quoted(self) -> str:
        """See `LakeTable`."""
        return self._table.quoted

    @property
    def _table(self) -> IcebergTable:
        return IcebergTable(self._spark, self.name)

    def exists(self) -> bool:
        """See `LakeTable`."""
        return self._spark.catalog.tableExists(self.name)

    def create(self, like: DataFrame, partition_columns: Sequence[str] = ()) -> None:
        """See `LakeTable`."""
        writer = like.limit(0).writeTo(self.quoted).using("iceberg")
        if partition_columns:
            first, *others = (F.col(f"`{name}`") for name in partition_columns)
            writer = writer.partitionedBy(first, *others)
        writer.create()

    def read(self, version: int | None = None) -> DataFrame:
        """See `LakeTable`; a version is a snapshot's id."""
        if version is None:
            return self._table.read()
        return self._spark.read.format("iceberg").option("snapshot-id", str(version)).load(self.name)

    def read_at(self, moment: datetime) -> DataFrame:
        """See `LakeTable`."""
        millis = str(int(moment.timestamp() * 1000))
        return self._spark.read.format("iceberg").option("as-of-timestamp", millis).load(self.name)

    def append(self, rows: DataFrame) -> None:
        """See `LakeTable`."""
        self._table.append(rows, {})

    def append_once(self, rows: DataFrame, application: str, batch: int) -> bool:
        """See `LakeTable`; application and batch stand in the snapshot that holds the rows."""
        for snapshot in self._table.history():
            if snapshot.get(_APPLICATION) == application and int(snapshot.get(_BATCH) or -1) >= batch:
                return False
        token = {f"lakehouse.{_APPLICATION}": application, f"lakehouse.{_BATCH}": str(batch)}
        self._table.append(rows, token)
        return True

    def overwrite(self, rows: DataFrame, where: str | None = None) -> None:
        """See `LakeTable`."""
        rows.writeTo(self.quoted).overwrite(F.lit(True) if where is None else F.expr(where))

    def versions(self) -> list[Version]:
        """See `LakeTable`."""
        found = self._table.history()
        return [Version(snapshot.id, snapshot.committed_at, snapshot.operation) for snapshot in found]

    @property
    def snapshots(self) -> int:
        """How many snapshots there are, those included that a table had before it was replaced."""
        return self._table.snapshots

    def compact(self, cluster_by: Sequence[str] = ()) -> Compaction:
        """See `LakeTable`. A Z-order is only one when no file is left out; bin-packing takes the small files."""
        if not cluster_by:
            return self.join_files()
        return self._compact(_along(cluster_by), every=True)

    def join_files(self, compaction: str = "binpack", curve: Sequence[str] = ()) -> Compaction:
        """Rewrite small files: as they come (`binpack`), or their rows together in the table's sort order (`sort`) or
        along a curve through columns (`z-order`). Larger ones stay as they are. The words are Glue's.
        """
        strategies = {"binpack": "", "sort": ", strategy => 'sort'", "z-order": _along(curve)}
        return self._compact(strategies[compaction], every=False)

    def _compact(self, strategy: str, *, every: bool) -> Compaction:
        """In up to ten commits, so that a writer that changes some files costs those alone.

        What such commits fail with is only logged. So where none was made, or files could not be written, one commit
        of all that is left says why, or finds that there was nothing to do.
        """
        files = {"rewrite-all": str(every).lower()}
        done, failed = self._rewrite(strategy, {**files, "partial-progress.enabled": "true"})
        if done.replaced > 0 and failed == 0:
            return done
        rest, _ = self._rewrite(strategy, files)
        return Compaction(done.replaced + rest.replaced, done.written + rest.written)

    def _rewrite(self, strategy: str, options: Mapping[str, str]) -> tuple[Compaction, int]:
        """What was done, and how many data files should have been replaced and could not be read or written."""
        pairs = ", ".join(f"'{name}', '{value}'" for name, value in options.items())
        [row] = self._call("rewrite_data_files", f"{strategy}, options => map({pairs})")
        done = Compaction(int(row["rewritten_data_files_count"]), int(row["added_data_files_count"]))
        return done, int(row["failed_data_files_count"])

    def expire(self, before: datetime) -> None:
        """See `LakeTable`. Snapshots that the pipelines and `append_once` look for are kept, however old they are, and
        those since: the newest of each application too."""
        needed = [snapshot for key in LIVE_KEYS if (snapshot := self._table.newest(key)) is not None]
        needed += self._newest_of_applications()
        oldest = min((snapshot.committed_at for snapshot in needed), default=before)
        horizon = min(before, oldest)
        if horizon < before:
            _LOGGER.info("kept for its token", extra={"table": self.name, "since": horizon.isoformat()})
        self._call("expire_snapshots", f", older_than => {_timestamp(horizon)}, retain_last => 1")

    def remove_orphans(self, before: datetime) -> int:
        """Delete the files in the table's folder that no version knows and that are from before a moment; how many.

        They are what a writer left that was killed before its commit. One that is still at work has such files too, so
        the moment must be before any of them began; Iceberg refuses less than 24 hours.
        """
        # the folder is listed through the catalog's own access, with a slash at the end: not those whose names go on
        return len(self._call("remove_orphan_files", f", older_than => {_timestamp(before)}, prefix_listing => true"))

    def _newest_of_applications(self) -> list[Snapshot]:
        found: dict[str, Snapshot] = {}
        for snapshot in self._table.history():
            application = snapshot.get(_APPLICATION)
            if application is not None:
                found.setdefault(application, snapshot)
        return list(found.values())

    def _call(self, procedure: str, arguments: str) -> list[Any]:
        catalog, _, table = self.name.partition(".")
        return self._spark.sql(f"CALL `{catalog}`.system.{procedure}(table => '{table}'{arguments})").collect()


def _along(columns: Sequence[str]) -> str:
    return f", strategy => 'sort', sort_order => 'zorder({', '.join(f'`{name}`' for name in columns)})'"


def _timestamp(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
