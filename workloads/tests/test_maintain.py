from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from pyspark.sql import SparkSession

from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.maintain import Maintenance, run
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.run_record import RunState
from support.items import upsert
from support.lake import Lake
from support.postgres import Sql

NOW = timedelta(0)


def _job(lake: Lake) -> Maintenance:
    artifacts = f"file://{lake.folder}/artifacts"
    return Maintenance("20130301T000000Z-0a1b2c", "correlation-1", lake.databases, artifacts, DiskStore(), NOW)


def test_compacts_and_expires_and_the_load_still_knows_where_it_was(lake: Lake, sql: Sql, spark: SparkSession) -> None:
    for day in range(1, 6):
        sql.run(upsert(day, "bolt", day, f"0{day}"))
        lake.ingest()
    silver = lake.silver()

    records = {record.table.rpartition(".")[2]: record for record in run(spark, _job(lake), lake.contracts)[:2]}

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
    gone = replace(lake.contracts[0], dataset="gone")

    records = run(spark, _job(lake), [gone, *lake.contracts])

    assert [record.error is None for record in records] == [False] * 3 + [True] * 3
    assert "must exist as an Iceberg table" in str(records[0].error)
    assert IcebergTable(spark, records[3].table).read().count() == 1
