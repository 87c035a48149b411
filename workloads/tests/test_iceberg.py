from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConfigurationError
from lakehouse_jobs.iceberg import IcebergTable, Snapshot
from lakehouse_jobs.run_record import RunState
from lakehouse_jobs.transforms import merge_statement
from support.items import upsert
from support.lake import Lake
from support.postgres import Sql


def test_fails_when_the_table_does_not_exist(spark: SparkSession) -> None:
    with pytest.raises(ConfigurationError, match=r"'glue_catalog.tokens.none' must exist as an Iceberg table"):
        IcebergTable(spark, "glue_catalog.tokens.none").current()


def test_merge_statement_itself_refuses_an_older_version(lake: Lake, sql: Sql, items: Contract) -> None:
    sql.run(upsert(1, "bolt", 5, "20"))
    lake.ingest()
    silver = lake.tables().silver
    current = silver.read()
    older = current.withColumn("quantity", F.lit(4)).withColumn("updated_at", F.expr("updated_at - INTERVAL 1 DAY"))
    lake.spark.createDataFrame(older.collect(), older.schema).createOrReplaceTempView("older")

    silver.execute(merge_statement(silver.quoted, "older", items), {})

    assert [row["quantity"] for row in lake.silver()] == [5]


def test_silver_is_merged_from_all_of_bronze_when_its_place_there_has_expired(lake: Lake, sql: Sql) -> None:
    sql.run(upsert(1, "bolt", 5, "01"))
    lake.ingest()
    sql.run(upsert(2, "nut", 5, "02"))
    lake.ingest()
    silver = lake.tables().silver
    _forget(lake, silver, list(silver.history())[1])
    lake.spark.sql(
        f"CALL glue_catalog.system.expire_snapshots(table => '{lake.databases['bronze']}.items', retain_last => 1,"
        f" older_than => TIMESTAMP '{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}')"
    )

    record = lake.ingest()["items"]

    assert (record.state, record.rowsInserted) == (RunState.SUCCEEDED, 1)
    assert [row["id"] for row in lake.silver()] == [1, 2]
    assert lake.ingest()["items"].state is RunState.UNCHANGED


def test_compaction_of_bronze_brings_silver_nothing_new(lake: Lake, sql: Sql) -> None:
    for number, day in ((1, "01"), (2, "02")):
        sql.run(upsert(number, "bolt", 5, day))
        lake.ingest()
    table = f"{lake.databases['bronze']}.items"
    lake.spark.sql(
        f"CALL glue_catalog.system.rewrite_data_files(table => '{table}', options => map('rewrite-all', 'true'))"
    )
    current = lake.tables().bronze.current()
    assert current is not None
    assert current.operation == "replace"

    assert lake.ingest()["items"].state is RunState.UNCHANGED
    sql.run(upsert(3, "bolt", 5, "03"))
    assert lake.ingest()["items"].rowsMerged == 1


def _forget(lake: Lake, table: IcebergTable, to: Snapshot) -> None:
    name = table.identifier.removeprefix("glue_catalog.")
    lake.spark.sql(f"CALL glue_catalog.system.rollback_to_snapshot('{name}', {to.id})")
