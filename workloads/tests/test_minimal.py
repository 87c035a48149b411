from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.exceptions import ConfigurationError, ContractError
from lakehouse_jobs.minimal import BatchDataIngester, DeltaLakeManager, IngesterConfig, Merge
from lakehouse_jobs.retry import RetryPolicy
from support.items import CREATE, upsert
from support.postgres import PASSWORD, PostgresServer, Sql

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMA = {"required_fields": ["id", "name"], "dtypes": {"quantity": "int64"}}
QUERY = "SELECT id, name, quantity, updated_at FROM items"


@pytest.fixture
def ingester(spark: SparkSession) -> BatchDataIngester:
    return BatchDataIngester(IngesterConfig(spark, "shop", RetryPolicy(attempts=2, base=0.01, cap=0.02)))


@pytest.fixture
def address(postgres: PostgresServer, database: str, sql: Sql) -> str:
    """The connection string of a database with the table `items`."""
    sql.run(CREATE)
    reader = postgres.credentials(database)
    return f"postgresql://{reader.username}:{PASSWORD}@{reader.host}:{reader.port}/{database}"


def test_loads_what_is_new_and_keeps_what_is_bad(
    ingester: BatchDataIngester, address: str, sql: Sql, tmp_path: Path
) -> None:
    lake, dlq = DeltaLakeManager(f"file://{tmp_path}/lake"), f"file://{tmp_path}/dlq"
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, None, 7, "02"))
    first = ingester.extract_from_database(address, QUERY, "updated_at")
    lake.create_or_update_table(ingester.validate_and_clean(first, SCHEMA), "items", mode=Merge(["id"]))
    rejected = ingester.save_dead_letter_queue(dlq)

    sql.run(upsert(1, "bolt", 6, "03"))
    second = ingester.extract_from_database(address, QUERY, "updated_at", ingester.watermark)
    clean = ingester.validate_and_clean(second, SCHEMA)
    table = lake.create_or_update_table(clean, "items", mode=Merge(["id"], "updated_at"))

    assert rejected == 1
    assert ingester.save_dead_letter_queue(dlq) == 0
    [letter] = [
        json.loads(line) for part in (tmp_path / "dlq").glob("*.json") for line in part.read_text().splitlines()
    ]
    assert json.loads(letter["_payload"])["id"] == 2
    assert letter["_reasons"][0]["rule"] == "required"
    assert second.count() == 1
    [row] = table.read().collect()
    assert (row["id"], row["quantity"], row["_source"]) == (1, 6, "postgres://shop")
    assert row["_extracted_at"] is not None
    assert dict(table.read().dtypes)["quantity"] == "bigint"


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
@pytest.mark.parametrize("session_zone", ["UTC", "Europe/Berlin"])
def test_goes_on_after_the_watermark_whatever_zone_the_jvm_has(
    ingester: BatchDataIngester, address: str, sql: Sql, kind: str, session_zone: str, jvm_in_new_york: None
) -> None:
    sql.run(f"ALTER TABLE items ALTER updated_at TYPE {kind}")
    zone = "Z" if kind == "timestamptz" else ""
    insert = "INSERT INTO items VALUES ({}, 'bolt', 1, '2013-01-01T{}:00:00{}')"
    sql.run(insert.format(1, 10, zone))
    spark = ingester.extract_from_database(address, QUERY, "updated_at").sparkSession
    sql.run(insert.format(2, 11, zone), insert.format(3, 16, zone))
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", session_zone)
    try:
        last = ingester.extract_from_database(address, QUERY, "updated_at", ingester.watermark)
        shown = {row["id"]: row["at"] for row in last.selectExpr("id", "string(updated_at) AS at").collect()}
        again = ingester.extract_from_database(address, QUERY, "updated_at", ingester.watermark).count()
    finally:
        spark.conf.set("spark.sql.session.timeZone", str(before))

    hour = 1 if (kind, session_zone) == ("timestamptz", "Europe/Berlin") else 0
    assert shown == {2: f"2013-01-01 {11 + hour}:00:00", 3: f"2013-01-01 {16 + hour}:00:00"}
    assert again == 0


def test_example_loads_increments_and_stops_at_what_is_not_as_expected(
    spark: SparkSession, address: str, sql: Sql, tmp_path: Path
) -> None:
    sys.path.insert(0, str(EXAMPLES))
    example: Any = import_module("minimal_batch_pipeline")
    lake = f"file://{tmp_path}"
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, None, 7, "02"))
    watermark = example.load(spark, address, lake)
    sql.run(upsert(1, "bolt", 6, "03"), upsert(3, "pin", 1, "04"))

    last = example.load(spark, address, lake, watermark)

    held = spark.read.format("delta").load(f"{lake}/items").select("id", "quantity").orderBy("id").collect()
    assert [tuple(row) for row in held] == [(1, 6), (3, 1)]
    assert str(last).startswith("2013-01-04")
    assert len(list((tmp_path / "dead_letters").glob("*.json"))) == 1
    assert (tmp_path / "quality/index.html").exists()
    with pytest.raises(SystemExit, match="unique"):
        example.QUERY = "SELECT 1 AS id, name, quantity, updated_at FROM items WHERE name IS NOT NULL"
        example.load(spark, address, lake)
    assert len(spark.read.format("delta").load(f"{lake}/items").collect()) == 2


def test_fails_without_showing_the_password(ingester: BatchDataIngester) -> None:
    with pytest.raises(ConfigurationError, match=r"must be postgresql://user:password@host:port/database") as raised:
        ingester.extract_from_database("mysql://reader:secret@host/shop", QUERY, "updated_at")
    assert "secret" not in str(raised.value)


def test_fails_when_a_required_field_is_no_column(ingester: BatchDataIngester, spark: SparkSession) -> None:
    rows = spark.sql("SELECT 1 AS id, current_timestamp() AS _extracted_at, 'shop' AS _source")
    with pytest.raises(ContractError, match="name, quantity"):
        ingester.validate_and_clean(rows, SCHEMA)


def test_fails_when_the_mode_is_unknown(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'mode' must be one of append, overwrite or a Merge, got \"upsert\""):
        DeltaLakeManager(str(tmp_path)).create_or_update_table(spark.range(1), "items", mode="upsert")
