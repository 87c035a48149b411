"""The care of the tables that contracts describe: small files into large ones, old snapshots given up.

What pipelines know their progress by is kept: `IcebergLakeTable.expire` stops before the oldest snapshot that one of
them still looks for. Writers go on meanwhile; a commit that conflicts with one of theirs is tried again.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Contract, Derivation
from lakehouse_jobs.engines import Compaction, IcebergLakeTable
from lakehouse_jobs.exceptions import CommitConflictError
from lakehouse_jobs.failures import translate
from lakehouse_jobs.objects import ObjectStore
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.tables import DatasetTables

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Maintenance:
    """A run: its ids, where the tables are, where its record goes, how long versions are kept at least; a contract
    may keep its own longer.
    """

    run_id: str
    correlation_id: str
    databases: dict[str, str]
    artifacts_uri: str
    store: ObjectStore
    keep: timedelta = timedelta(days=7)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True)
class CareRecord:
    """What was done to a table: data files replaced and written, snapshots before and after, and what failed."""

    table: str
    filesReplaced: int = 0  # noqa: N815 (the document's names)
    filesWritten: int = 0  # noqa: N815
    snapshotsBefore: int = 0  # noqa: N815
    snapshotsAfter: int = 0  # noqa: N815
    seconds: float = 0.0
    error: str | None = None


def run(spark: SparkSession, job: Maintenance, contracts: Sequence[Contract]) -> list[CareRecord]:
    """Care for the tables of each dataset that Glue does not look after; a table that fails does not stop the others.

    The records are also stored, as `runs/<run id>/maintain.json`.
    """
    chosen = [contract for contract in contracts if contract.care.by_job]
    records = [_care(table, job, contract) for contract in chosen for table in _tables(spark, job, contract)]
    document = json.dumps([asdict(record) for record in records], indent=2).encode()
    uri = f"{job.artifacts_uri.rstrip('/')}/runs/{job.run_id}/maintain.json"
    job.retry.run("write the record of the maintenance", lambda: job.store.write(uri, document))
    return records


def _tables(spark: SparkSession, job: Maintenance, contract: Contract) -> Iterator[IcebergLakeTable]:
    dataset = DatasetTables.of(spark, job.databases, contract.dataset)
    if isinstance(contract.origin, Derivation):
        names = [dataset.silver.identifier, f"{dataset.silver.identifier}__late"]
    else:
        names = [table.identifier for table in (dataset.bronze, dataset.dlq, dataset.silver)]
    for name in names:
        yield IcebergLakeTable(spark, name)


def _care(table: IcebergLakeTable, job: Maintenance, contract: Contract) -> CareRecord:
    """A table that cannot be compacted, as beside a stream that changes it all the time, is expired all the same."""
    started, errors = time.monotonic(), list[str]()
    done, before, after = Compaction(0, 0), 0, 0
    with _noted("look at", table, errors):
        before = after = len(table.versions())
    if before > 0:
        with _noted("compact", table, errors):
            done = job.retry.run(f"compact {table.name}", table.compact)
        with _noted("expire", table, errors):
            kept = max(job.keep, contract.care.keep)
            job.retry.run(f"expire {table.name}", lambda: table.expire(datetime.now(UTC) - kept))
            after = len(table.versions())
    error = "; ".join(errors) or None
    record = CareRecord(table.name, done.replaced, done.written, before, after, _since(started), error)
    if error is None:
        _LOGGER.info("table cared for", extra=asdict(record))
    return record


@contextmanager
def _noted(step: str, table: IcebergLakeTable, errors: list[str]) -> Iterator[None]:
    """What a step fails with is told, and stops no other."""
    try:
        yield
    except Exception as error:
        failure = translate(error)
        why = "other writers were faster: " if isinstance(failure, CommitConflictError) else ""
        _LOGGER.exception(f"could not {step} a table", extra={"table": table.name, "kind": failure.kind})
        errors.append(f"{step}: {why}{failure}")


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
