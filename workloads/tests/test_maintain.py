from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

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
from support.gated import GatedLake
from support.items import upsert
from support.kafka import Topic
from support.lake import CONTRACTS, Lake
from support.postgres import Sql

NOW = timedelta(0)


def _contracts(lake: Lake) -> list[Contract]:
    """The lake's contracts, cared for by the job, with no version kept for its age."""
    return [replace(contract, care=Care(by_job=True, keep=NOW)) for contract in lake.contracts]


def _folders(lake: Lake) -> list[Path]:
    """Those of bronze, dead letters and silver of `items`."""
    tables = lake.tables()
    names = [table.identifier for table in (tables.bronze, tables.dlq, tables.silver)]
    [*logs] = (lake.spark.sql(f"SELECT file FROM {name}.metadata_log_entries").collect() for name in names)
    return [Path(urlsplit(log[0]["file"]).path).parents[1] for log in logs]


def _nobodys(folder: Path, name: str) -> Path:
    """A file that no commit names."""
    file = folder / "data" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("what a writer left")
    return file


def _age(folder: Path, days: int) -> None:
    moment = time.time() - timedelta(days=days).total_seconds()
    for file in folder.rglob("*"):
        os.utime(file, (moment, moment))


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

    def join_files(*_: object) -> None:
        raise failure

    monkeypatch.setattr(IcebergLakeTable, "join_files", join_files)

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


def test_removes_old_files_that_no_commit_knows(lake: Lake, sql: Sql, spark: SparkSession) -> None:
    """A table's folder begins with the name of another; what was staged weeks ago can still be published."""
    for day in (1, 2):
        sql.run(upsert(day, "bolt", day, f"0{day}"))
        lake.ingest()
    sql.run(upsert(3, "nut", 3, "03"))
    lake.ingest(stage=True)
    folders = _folders(lake)
    lost = [_nobodys(folder, "lost.parquet") for folder in folders]
    for folder in folders:
        _age(folder, days=8)
    written = [_nobodys(folder, "written.parquet") for folder in folders]
    kept = replace(lake.contracts[0], care=Care(by_job=True, keep=timedelta(days=1)))

    records = run(spark, _job(lake), [kept])

    assert [(record.orphansRemoved, record.error) for record in records] == [(1, None)] * 3
    assert not any(file.exists() for file in lost)
    assert all(file.exists() for file in written)
    GatedLake(lake).check()
    assert [row["id"] for row in lake.silver()] == [1, 2, 3]


def test_compacts_the_dataset_in_the_order_of_the_contract(lake: Lake, sql: Sql, spark: SparkSession) -> None:
    for day in (3, 1, 4, 2, 5):
        sql.run(upsert(day, "bolt", 9 - day, f"0{day}"))
        lake.ingest()
    care = Care(by_job=True, keep=NOW, compaction="z-order", curve=("quantity",))

    records = run(spark, _job(lake), [replace(lake.contracts[0], care=care)])

    assert [record.error for record in records] == [None] * 3
    assert [row["id"] for row in lake.rows("silver").collect()] == [5, 4, 3, 2, 1]


def test_cares_for_gold_but_for_what_glue_looks_after_there(lake: Lake, spark: SparkSession) -> None:
    gold = f"gold_{lake.number}"
    spark.sql(f"CREATE NAMESPACE glue_catalog.{gold}")
    for name in ("dim_carrier", "trips"):
        for _ in range(5):
            spark.sql(f"CREATE OR REPLACE TABLE glue_catalog.{gold}.{name} USING iceberg AS SELECT 1 AS id")
    job = replace(_job(lake), databases={**lake.databases, "gold": gold}, gold={"trips": Care(by_job=False)})

    [dimension] = run(spark, job, [])

    assert dimension.table == f"glue_catalog.{gold}.dim_carrier"
    assert (dimension.snapshotsBefore, dimension.snapshotsAfter, dimension.error) == (5, 1, None)
    assert run(spark, replace(job, gold=None), []) == []


def test_tells_that_gold_cannot_be_read_when_the_rest_is_done(lake: Lake, spark: SparkSession) -> None:
    job = replace(_job(lake), databases={**lake.databases, "gold": "nowhere"}, gold={}, retry=RetryPolicy(attempts=1))

    [*rest, gold] = run(spark, job, _contracts(lake))

    assert [record.error for record in rest] == [None] * 3
    assert (gold.table, str(gold.error)[:6]) == ("glue_catalog.nowhere", "list: ")


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
