"""The care of the tables that contracts describe: small files into large ones, old snapshots and files that no commit
knows given up.

What pipelines know their progress by is kept: `IcebergLakeTable.expire` stops before the oldest snapshot that one of
them still looks for. Writers go on meanwhile; a commit that conflicts with one of theirs is tried again.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Care, Contract, Derivation
from lakehouse_jobs.engines import Compaction, IcebergLakeTable
from lakehouse_jobs.exceptions import CommitConflictError
from lakehouse_jobs.failures import translate
from lakehouse_jobs.iceberg import CATALOG
from lakehouse_jobs.objects import ObjectStore
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.tables import DatasetTables

_LOGGER = logging.getLogger(__name__)
_ORPHANED = timedelta(days=7)
"""How old a file is that no snapshot knows when none is expected to come: as long as Glue's optimizer waits."""


@dataclass(frozen=True)
class Maintenance:
    """A run: its ids, where the tables are, where its record goes, how long versions are kept at least (a contract
    may keep its own longer), and the care of the tables of gold that have a contract; None where nothing makes gold.
    """

    run_id: str
    correlation_id: str
    databases: dict[str, str]
    artifacts_uri: str
    store: ObjectStore
    keep: timedelta = timedelta(days=7)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    gold: Mapping[str, Care] | None = None


@dataclass(frozen=True)
class CareRecord:
    """What was done to a table: data files replaced and written, snapshots before and after, files deleted that none
    of them knew, and what failed.
    """

    table: str
    filesReplaced: int = 0  # noqa: N815 (the document's names)
    filesWritten: int = 0  # noqa: N815
    snapshotsBefore: int = 0  # noqa: N815
    snapshotsAfter: int = 0  # noqa: N815
    orphansRemoved: int = 0  # noqa: N815
    seconds: float = 0.0
    error: str | None = None


def run(spark: SparkSession, job: Maintenance, contracts: Sequence[Contract]) -> list[CareRecord]:
    """Care for the tables that Glue does not look after, of each dataset and of gold, where dbt makes them; a table
    that fails does not stop the others.

    The records are also stored, as `runs/<run id>/maintain.json`.
    """
    chosen = [contract for contract in contracts if contract.care.by_job]
    records = [_care(table, job, care) for contract in chosen for table, care in _tables(spark, job, contract)]
    if job.gold is not None:
        records += _care_for_gold(spark, job, job.gold)
    document = json.dumps([asdict(record) for record in records], indent=2).encode()
    uri = f"{job.artifacts_uri.rstrip('/')}/runs/{job.run_id}/maintain.json"
    job.retry.run("write the record of the maintenance", lambda: job.store.write(uri, document))
    return records


def _tables(spark: SparkSession, job: Maintenance, contract: Contract) -> Iterator[tuple[IcebergLakeTable, Care]]:
    """The tables of a dataset; what the contract sorts or curves is the dataset's own alone."""
    dataset = DatasetTables.of(spark, job.databases, contract.dataset)
    own = dataset.silver.identifier
    if isinstance(contract.origin, Derivation):
        names = [own, f"{own}__late"]
    else:
        names = [dataset.bronze.identifier, dataset.dlq.identifier, own]
    joined = replace(contract.care, compaction=Care.compaction)
    for name in names:
        yield IcebergLakeTable(spark, name), contract.care if name == own else joined


def _care_for_gold(spark: SparkSession, job: Maintenance, cares: Mapping[str, Care]) -> list[CareRecord]:
    """The tables that are there, which the dbt project makes, without those that Glue looks after."""
    database, names, errors = f"{CATALOG}.{job.databases['gold']}", list[str](), list[str]()
    with _noted("list", database, errors):
        rows = job.retry.run(f"list {database}", lambda: spark.sql(f"SHOW TABLES IN {database}").collect())
        names = sorted(row["tableName"] for row in rows)
    if errors:
        return [CareRecord(database, error="; ".join(errors))]
    found = {name: cares.get(name, Care(keep=job.keep)) for name in names}
    mine = {name: care for name, care in found.items() if care.by_job}
    return [_care(IcebergLakeTable(spark, f"{database}.{name}"), job, care) for name, care in mine.items()]


def _care(table: IcebergLakeTable, job: Maintenance, care: Care) -> CareRecord:
    """A table that cannot be compacted, as beside a stream that changes it all the time, is expired all the same."""
    started, errors = time.monotonic(), list[str]()
    done, before, after, removed = Compaction(0, 0), 0, 0, 0
    with _noted("look at", table.name, errors):
        before = after = table.snapshots
    exists = not errors
    if before > 0:
        with _noted("compact", table.name, errors):
            join = partial(table.join_files, care.compaction, care.curve)
            done = job.retry.run(f"compact {table.name}", join)
        with _noted("expire", table.name, errors):
            kept = max(job.keep, care.keep)
            job.retry.run(f"expire {table.name}", lambda: table.expire(datetime.now(UTC) - kept))
            after = table.snapshots
    if exists:
        with _noted("remove orphans of", table.name, errors):
            forgotten = datetime.now(UTC) - _ORPHANED
            removed = job.retry.run(f"remove orphans of {table.name}", lambda: table.remove_orphans(forgotten))
    error = "; ".join(errors) or None
    record = CareRecord(table.name, done.replaced, done.written, before, after, removed, _since(started), error)
    if error is None:
        _LOGGER.info("table cared for", extra=asdict(record))
    return record


@contextmanager
def _noted(step: str, table: str, errors: list[str]) -> Iterator[None]:
    """What a step fails with is told, and stops no other."""
    try:
        yield
    except Exception as error:
        failure = translate(error)
        why = "other writers were faster: " if isinstance(failure, CommitConflictError) else ""
        _LOGGER.exception(f"could not {step} a table", extra={"table": table, "kind": failure.kind})
        errors.append(f"{step}: {why}{failure}")


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
