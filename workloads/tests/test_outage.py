from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs import extract
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import FailureKind
from lakehouse_jobs.run_record import RunState
from support.items import CREATE, upsert
from support.lake import Lake
from support.postgres import PostgresServer, Sql, binaries

# the column is evaluated by the read alone, not by the count before it
SLOW = (
    "ALTER TABLE items RENAME TO stock",
    "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN PERFORM pg_sleep(20); RETURN $1; END'",
    "CREATE VIEW items AS SELECT id, name, slow(quantity) AS quantity, updated_at FROM stock",
)
READING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE state = 'active' AND query LIKE '%AS rows%' AND pid <> pg_backend_pid()"
)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    started = PostgresServer(binaries())
    try:
        started.start()
        yield started
    finally:
        started.remove()


def _lake(spark: SparkSession, server: PostgresServer, folder: Path, items: Contract) -> Lake:
    lake = Lake(spark, folder, server.credentials("postgres"), [items])
    lake.create()
    session = Sql(spark, server.credentials("postgres"))
    session.run(CREATE, upsert(1, "bolt", 5, "01"))
    session.close()
    return lake


def _stop_while_reading(spark: SparkSession, server: PostgresServer) -> threading.Thread:
    watch = Sql(spark, server.credentials("postgres"))

    def wait_and_stop() -> None:
        while watch.number(READING) == 0:
            time.sleep(0.02)
        server.stop()

    thread = threading.Thread(target=wait_and_stop, daemon=True)
    thread.start()
    return thread


def test_server_lost_in_the_middle_of_a_read_is_retried_then_fails_with_the_watermark_unmoved(
    spark: SparkSession, server: PostgresServer, tmp_path: Path, items: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    lake = _lake(spark, server, tmp_path, items)
    lake.ingest()
    session = Sql(spark, server.credentials("postgres"))
    session.run(upsert(2, "nut", 5, "02"), *SLOW)
    before = lake.snapshots()
    stopper = _stop_while_reading(spark, server)

    record = lake.ingest()["items"]

    stopper.join(10)
    assert record.state is RunState.FAILED
    assert record.error is not None
    assert record.error.kind is FailureKind.TRANSIENT
    retried = [entry for entry in caplog.records if entry.getMessage() == "attempt failed, trying again"]
    assert len(retried) == lake.retry.attempts - 1
    assert lake.snapshots() == before

    server.start()
    repaired = Sql(spark, server.credentials("postgres"))
    repaired.run("DROP VIEW items", "ALTER TABLE stock RENAME TO items")
    assert lake.ingest()["items"].rowsInserted == 1
    repaired.close()


def test_server_that_comes_back_is_read_in_the_same_run(
    spark: SparkSession, server: PostgresServer, tmp_path: Path, items: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = _lake(spark, server, tmp_path, items)
    read, reads = extract.read, list[object]()

    def restart_before_the_first_read(*arguments: object) -> object:
        if not reads:
            server.stop()
            server.start()
        reads.append(arguments)
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(extract, "read", restart_before_the_first_read)

    assert lake.ingest()["items"].state is RunState.SUCCEEDED
    assert len(reads) == 2


@pytest.mark.parametrize("parallel", [1, 2])
def test_source_that_is_down_is_waited_for_by_those_that_try_first_and_not_by_each_dataset(
    parallel: int,
    spark: SparkSession,
    server: PostgresServer,
    tmp_path: Path,
    items: Contract,
    caplog: pytest.LogCaptureFixture,
) -> None:
    contracts = [replace(items, dataset=name) for name in ("items", "parts", "tools")]
    lake = Lake(spark, tmp_path, server.credentials("postgres"), contracts, parallel=parallel)
    lake.create()
    server.stop()

    records = lake.ingest()

    assert {record.state for record in records.values()} == {RunState.FAILED}
    retried = [entry for entry in caplog.records if entry.getMessage() == "attempt failed, trying again"]
    assert len(retried) == parallel * (lake.retry.attempts - 1)
