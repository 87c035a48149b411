from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Care, Contract, load_windows
from lakehouse_jobs.engines import IcebergLakeTable
from lakehouse_jobs.exceptions import CommitConflictError, JobError, TerminalError
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.maintain import Maintenance, run
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.run_record import RunState
from support.events import EventLake, event
from support.items import upsert
from support.kafka import Topic
from support.lake import CONTRACTS, Lake
from support.postgres import Sql

NOW = timedelta(0)


def _contracts(lake: Lake) -> list[Contract]:
    """The lake's contracts, cared for by the job, with no version kept for its age."""
    return [replace(contract, care=Care(by_job=True, keep=NOW)) for contract in lake.contracts]


def _job(lake: Lake) -> Maintenance:
    artifacts = f"file://{lake.folder}/artifacts"
    return Maintenance("20130301T000000Z-0a1b2c", "correlation-1", lake.databases, artifacts, DiskStore(), NOW)


def test_compacts_and_expires_and_the_load_still_knows_where_it_was(lake: Lake, sql: Sql, spark: SparkSession) -> None:
    for day in range(1, 6):
        sql.run(upsert(day, "bolt", day, f"0{day}"))
        lake.ingest()
    silver = lake.silver()

    records = {record.table.rpartition(".")[2]: record for record in run(spark, _job(lake), _contracts(lake))[:2]}

    assert (records["items"].filesReplaced, records["items"].filesWritten) == (5, 1)
    assert (records["items"].snapshotsBefore, records["items"].snapshotsAfter) == (5, 2)
    assert lake.ingest()["items"].state is RunState.UNCHANGED
    sql.run(upsert(3, "nut", 9, "09"))
    again = lake.ingest()["items"]
    assert (again.rowsValid, again.rowsUpdated) == (1, 1)
    assert [row for row in lake.silver() if row["id"] != 3] == [row for row in silver if row["id"] != 3]
    stored = json.loads((lake.folder / "artifacts/runs/20130301T000000Z-0a1b2c/maintain.json").read_text())
    assert stored[0]["filesReplaced"] == 5


def test_table_that_fails_does_not_stop_the_others(lake: Lake, sql: Sql, spark: SparkSession) -> None:
    sql.run(upsert(1, "bolt", 1, "01"))
    lake.ingest()
    gone = replace(_contracts(lake)[0], dataset="gone")

    records = run(spark, _job(lake), [gone, *_contracts(lake)])

    assert [record.error is None for record in records] == [False] * 3 + [True] * 3
    assert "must exist as an Iceberg table" in str(records[0].error)
    assert IcebergTable(spark, records[3].table).read().count() == 1


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (CommitConflictError("files are gone"), "compact: other writers were faster: files are gone"),
        (TerminalError("no such file"), "compact: no such file"),
    ],
    ids=["a conflict", "an error"],
)
def test_table_that_cannot_be_compacted_is_expired_all_the_same(
    lake: Lake, sql: Sql, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, failure: JobError, said: str
) -> None:
    for day in (1, 2, 3):
        sql.run(upsert(day, "bolt", day, f"0{day}"))
        lake.ingest()

    def compact(_: IcebergLakeTable) -> None:
        raise failure

    monkeypatch.setattr(IcebergLakeTable, "compact", compact)

    [_, _, silver] = run(spark, replace(_job(lake), retry=RetryPolicy(attempts=1)), _contracts(lake))

    assert silver.error == said
    assert (silver.snapshotsBefore, silver.snapshotsAfter) == (3, 1)


def test_leaves_to_glue_what_glue_looks_after_and_keeps_versions_as_long_as_the_contract_says(
    lake: Lake, sql: Sql, spark: SparkSession
) -> None:
    for day in (1, 2, 3):
        sql.run(upsert(day, "bolt", day, f"0{day}"))
        lake.ingest()

    assert run(spark, _job(lake), lake.contracts) == []

    kept = replace(lake.contracts[0], care=Care(by_job=True, keep=timedelta(days=1)))
    [_, _, silver] = run(spark, _job(lake), [kept])
    assert (silver.snapshotsBefore, silver.snapshotsAfter) == (3, 3)


def test_cares_for_windows_and_their_late_records(topic: Topic, spark: SparkSession, tmp_path: Path) -> None:
    events = EventLake(spark, tmp_path, topic.brokers, topic.name, windowed=True)
    events.create()
    topic.send(event(1))
    events.stream()
    job = Maintenance(
        "20130301T000000Z-0a1b2c", "correlation-1", events.databases, f"file://{events.folder}", DiskStore()
    )

    records = run(spark, job, load_windows(CONTRACTS, "flight_events"))

    assert [record.table.rpartition(".")[2] for record in records] == ["departures_hourly", "departures_hourly__late"]
    assert [record.error for record in records] == [None, None]
