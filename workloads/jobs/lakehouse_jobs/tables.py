"""The three tables of a dataset and the order of their commits: DLQ, then bronze, then silver.

The last commit that a batch makes before silver (bronze, or the DLQ when every row was rejected) also carries the
watermark, so data and progress are one commit. Silver follows bronze by the bronze snapshot it has merged up to; a kill
between the two is healed by the next run, even when the source has nothing new.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs.commits import Claim, commit_once
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConcurrentRunError, problem
from lakehouse_jobs.extract import Progress
from lakehouse_jobs.frames import kept
from lakehouse_jobs.iceberg import CATALOG, MAIN, PREFIX, TOKEN, IcebergTable, Snapshot
from lakehouse_jobs.landing import Batch
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.transforms import CHANGE, changed_rows, merge_statement, newest_by_key

_LOGGER = logging.getLogger(__name__)
_MERGED_UP_TO = "bronze-snapshot-id"
AUDIT = "audit"
"""The branch of silver on which a load is staged until it is checked."""


@dataclass(frozen=True)
class Head:
    """The newest committed batch of a dataset: token ("" when there is none), sequence number, progress."""

    token: str = ""
    sequence: int = 0
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True)
class Merge:
    """What a MERGE changed in silver: rows inserted, rows updated, the snapshot (None when nothing changed)."""

    inserted: int = 0
    updated: int = 0
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class DatasetTables:
    """Bronze, DLQ and silver of a dataset; silver is a branch of it where loads are staged."""

    bronze: IcebergTable
    dlq: IcebergTable
    silver: IcebergTable

    @classmethod
    def of(cls, spark: SparkSession, databases: Mapping[str, str], dataset: str, branch: str = MAIN) -> DatasetTables:
        """By the Glue databases of the zones (`databases["bronze"]`, `databases["silver"]`); `branch` is silver's."""
        bronze, silver = (f"{CATALOG}.{databases[zone]}.{dataset}" for zone in ("bronze", "silver"))
        dlq = IcebergTable(spark, f"{bronze}__dlq")
        return cls(IcebergTable(spark, bronze), dlq, IcebergTable(spark, silver, branch))

    def head(self) -> Head:
        """Where the dataset stands, from the snapshot summaries alone."""
        found = [snapshot for table in (self.bronze, self.dlq) if (snapshot := table.newest("sequence")) is not None]
        if not found:
            return Head()
        newest = max(found, key=lambda snapshot: int(snapshot.get("sequence") or 0))
        progress = Progress(newest.get("watermark"), newest.get("source-snapshot"))
        return Head(newest.get("batch-token") or "", int(newest.get("sequence") or 0), progress)


@dataclass(frozen=True)
class Commit:
    """What every commit of a run needs: the contract, run and correlation ids, the retry policy."""

    contract: Contract
    run_id: str
    correlation_id: str
    retry: RetryPolicy


def without_known_valid(rows: DataFrame, bronze: IcebergTable, contract: Contract, oldest: str) -> DataFrame:
    """`rows` less those whose key and ordering value bronze already holds (read again by the overlap).

    `oldest` is the least ordering value of `rows`, as text: older files of bronze are then not opened.
    """
    identity = [*contract.key, contract.ordering_column]
    bound = F.lit(oldest).cast(rows.schema[contract.ordering_column].dataType)
    known = bronze.read().where(F.col(f"`{contract.ordering_column}`") >= bound).select(*identity)
    return rows.join(known, identity, "left_anti")


def without_known_rejected(rows: DataFrame, dlq: IcebergTable) -> DataFrame:
    """`rows` less those the DLQ already holds, by `_dlq_id`."""
    if dlq.current() is None:
        return rows
    return rows.join(dlq.read().select("_dlq_id"), "_dlq_id", "left_anti")


def append_dlq(tables: DatasetTables, rows: DataFrame, batch: Batch, commit: Commit) -> Snapshot:
    """Commit the rejected rows; when the batch has no valid row this commit carries the watermark."""
    carries = batch.rows_valid == 0
    properties = _properties(batch, commit) | (_progress(batch) if carries else {})
    claim = _claim(tables, tables.dlq, batch) if carries else Claim(batch.token)
    ordered = rows.select("_dlq_id", *[name for name in rows.columns if name != "_dlq_id"]).coalesce(1)
    return commit_once(tables.dlq, claim, lambda: tables.dlq.append(ordered, properties), commit.retry)


def append_bronze(tables: DatasetTables, rows: DataFrame, batch: Batch, commit: Commit) -> Snapshot:
    """Commit the valid rows and, with them, the watermark.

    :raises ConcurrentRunError: another run has committed a batch since this one was planned.
    """
    properties = _properties(batch, commit) | _progress(batch)
    claim = _claim(tables, tables.bronze, batch)
    return commit_once(tables.bronze, claim, lambda: tables.bronze.append(rows, properties), commit.retry)


def _claim(tables: DatasetTables, table: IcebergTable, batch: Batch) -> Claim:
    def require() -> None:
        head = tables.head()
        if head.token != batch.base_token:
            must = f"still stand at batch {batch.base_token or 'none'}"
            remedy = "let one run finish before another starts; nothing of this batch was committed there"
            raise ConcurrentRunError(problem(table.identifier, must, head.token, remedy))

    return Claim(batch.token, require)


def merge_silver(tables: DatasetTables, commit: Commit) -> Merge:
    """Bring silver up to bronze's newest batch, keeping of each key the newest version by the ordering column."""
    until = tables.bronze.newest("batch-token")
    if until is None:
        return Merge()
    if tables.silver.branch != MAIN:
        tables.silver.follow_main()
    merged = tables.silver.newest(_MERGED_UP_TO)
    after = None if merged is None else int(merged.get(_MERGED_UP_TO) or 0)
    if after == until.id:
        return Merge()
    appended = _appended(tables, after, until.id)
    newest = newest_by_key(appended, commit.contract)
    with kept(changed_rows(newest, tables.silver.read(), commit.contract)) as changes:
        counts = {str(row[CHANGE]): int(row["count"]) for row in changes.groupBy(CHANGE).count().collect()}
        if not counts:
            return Merge()
        snapshot = _merge(tables, changes.drop(CHANGE), until, commit)
        return Merge(counts.get("insert", 0), counts.get("update", 0), snapshot)


def _appended(tables: DatasetTables, after: int | None, until: int) -> DataFrame:
    ancestors = {snapshot.id for snapshot in tables.bronze.history()}
    if after is not None and after not in ancestors:
        _LOGGER.warning(
            "the bronze snapshot silver was merged up to has expired; all of bronze is merged again",
            extra={"snapshot": after},
        )
        after = None
    return tables.bronze.read_appended(after, until)


def _merge(tables: DatasetTables, changes: DataFrame, until: Snapshot, commit: Commit) -> Snapshot:
    token = until.summary[TOKEN]
    view = f"changes_{token}"
    changes.createOrReplaceTempView(view)
    inherited = {key: value for key, value in until.summary.items() if key.startswith(PREFIX)}
    properties = inherited | {
        f"{PREFIX}{_MERGED_UP_TO}": str(until.id),
        f"{PREFIX}run-id": commit.run_id,
        f"{PREFIX}correlation-id": commit.correlation_id,
    }
    statement = merge_statement(tables.silver.quoted, view, commit.contract)
    try:
        return commit_once(
            tables.silver, Claim(token), lambda: tables.silver.execute(statement, properties), commit.retry
        )
    finally:
        changes.sparkSession.catalog.dropTempView(view)


def _properties(batch: Batch, commit: Commit) -> dict[str, str]:
    facts = {
        "batch-token": batch.token,
        "run-id": commit.run_id,
        "landing-run-id": batch.run_id,
        "correlation-id": commit.correlation_id,
        "contract-version": batch.contract_version,
        "rows-read": batch.rows_read,
        "rows-valid": batch.rows_valid,
        "rows-rejected": batch.rows_rejected,
    }
    return {f"{PREFIX}{key}": str(value) for key, value in facts.items()}


def _progress(batch: Batch) -> dict[str, str]:
    facts = {
        "sequence": str(batch.sequence),
        "watermark": batch.watermark,
        "lower-bound": batch.lower_bound,
        "source-snapshot": batch.source_snapshot,
    }
    return {f"{PREFIX}{key}": value for key, value in facts.items() if value is not None}
