from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import CommitLostError, ConfigurationError
from lakehouse_jobs.iceberg import IcebergTable, Snapshot, commit_once
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.run_record import RunState
from lakehouse_jobs.transforms import merge_statement
from support.items import upsert
from support.lake import Lake
from support.postgres import Sql

RETRY = RetryPolicy(attempts=30, base=0.01, cap=0.1, budget=60)


@pytest.fixture
def counter(spark: SparkSession, request: pytest.FixtureRequest) -> IcebergTable:
    """A table with one row: id 1, value 0."""
    name = f"glue_catalog.tokens.t{abs(hash(request.node.nodeid))}"
    spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.tokens")
    spark.sql(f"CREATE TABLE {name} (id int, value int) USING iceberg")
    spark.sql(f"INSERT INTO {name} VALUES (1, 0)")
    return IcebergTable(spark, name)


def _add(table: IcebergTable, token: str) -> None:
    table.execute(
        f"MERGE INTO {table.quoted} t USING (SELECT 1 AS id) s ON t.id = s.id"
        " WHEN MATCHED THEN UPDATE SET t.value = t.value + 1",
        {"lakehouse.batch-token": token},
    )


def test_token_is_in_the_snapshot_of_the_merge_itself_and_leaks_into_no_other(counter: IcebergTable) -> None:
    before = counter.current()
    snapshot = commit_once(counter, "t1", lambda: _add(counter, "t1"), RETRY)
    counter._spark.sql(f"INSERT INTO {counter.quoted} VALUES (2, 0)")

    assert before is not None
    assert (snapshot.parent_id, snapshot.operation) == (before.id, "overwrite")
    assert [entry.get("batch-token") for entry in counter.history()] == [None, "t1", None]


def test_batch_that_is_committed_is_not_written_again(counter: IcebergTable) -> None:
    first = commit_once(counter, "t1", lambda: _add(counter, "t1"), RETRY)
    second = commit_once(counter, "t1", lambda: pytest.fail("written twice"), RETRY)

    assert second == first
    assert counter.read().where("id = 1").collect()[0]["value"] == 1


def test_write_without_a_snapshot_of_its_token_is_reported(counter: IcebergTable) -> None:
    with pytest.raises(CommitLostError, match='must carry the token t1, got "no such snapshot"'):
        commit_once(counter, "t1", lambda: None, RETRY)


def test_two_writers_of_one_row_both_get_their_commit(counter: IcebergTable, caplog: pytest.LogCaptureFixture) -> None:
    start, failures = threading.Barrier(2), list[BaseException]()
    counter._spark.sql(f"ALTER TABLE {counter.quoted} SET TBLPROPERTIES ('commit.retry.num-retries' = '0')")

    def write(writer: str) -> None:
        try:
            start.wait(10)
            for number in range(3):
                token = f"{writer}{number}"
                commit_once(counter, token, lambda token=token: _add(counter, token), RETRY)  # type: ignore[misc]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    tokens = sorted(token for entry in counter.history() if (token := entry.get("batch-token")))
    assert failures == []
    assert tokens == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert counter.read().collect()[0]["value"] == 6
    assert [entry for entry in caplog.records if entry.getMessage() == "attempt failed, trying again"]


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
