from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.engines import DeltaTable, IcebergLakeTable, LakeTable
from lakehouse_jobs.exceptions import ConfigurationError

_TABLES = itertools.count(1)
SCHEMA = "id int, day string, quantity int"


@pytest.fixture(params=["iceberg", "delta"])
def table(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path) -> LakeTable:
    """An empty table of each format, partitioned by day."""
    made: LakeTable
    if request.param == "iceberg":
        spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.engines")
        made = IcebergLakeTable(spark, f"glue_catalog.engines.items_{next(_TABLES)}")
    else:
        made = DeltaTable(spark, f"file://{tmp_path}/items")
    made.create(spark.createDataFrame([], SCHEMA), ["day"])
    return made


@pytest.fixture
def rows(spark: SparkSession) -> Callable[..., DataFrame]:
    def make(*values: tuple[int, str, int]) -> DataFrame:
        return spark.createDataFrame(list(values), SCHEMA).coalesce(1)

    return make


def _held(frame: DataFrame) -> set[tuple[int, str, int]]:
    return {tuple(row) for row in frame.collect()}


def test_appends_and_travels_back(table: LakeTable, rows: Callable[..., DataFrame]) -> None:
    table.append(rows((1, "mon", 5)))
    first = table.versions()[0]
    table.append(rows((2, "tue", 7)))

    assert _held(table.read()) == {(1, "mon", 5), (2, "tue", 7)}
    assert _held(table.read(first.id)) == {(1, "mon", 5)}
    assert _held(table.read_at(first.committed_at)) == {(1, "mon", 5)}


def test_appends_a_batch_once(table: LakeTable, rows: Callable[..., DataFrame]) -> None:
    assert table.append_once(rows((1, "mon", 5)), "loader", 7)
    assert not table.append_once(rows((1, "mon", 5)), "loader", 7)
    assert table.append_once(rows((1, "mon", 5)), "another", 7)

    assert table.read().collect() == [(1, "mon", 5), (1, "mon", 5)]


def test_appends_a_batch_once_whatever_was_expired_since(table: LakeTable, rows: Callable[..., DataFrame]) -> None:
    table.append_once(rows((1, "mon", 5)), "loader", 7)
    table.append_once(rows((2, "mon", 5)), "another", 1)
    table.append_once(rows((3, "mon", 5)), "another", 2)
    table.compact()
    table.append(rows((4, "tue", 5)))

    table.expire(datetime.now(UTC) + timedelta(hours=1))

    assert not table.append_once(rows((1, "mon", 5)), "loader", 7)
    assert not table.append_once(rows((3, "mon", 5)), "another", 2)
    assert table.read().count() == 4


def test_overwrites_all_or_one_partition(table: LakeTable, rows: Callable[..., DataFrame]) -> None:
    table.append(rows((1, "mon", 5), (2, "tue", 7)))

    table.overwrite(rows((3, "mon", 1)), "day = 'mon'")
    assert _held(table.read()) == {(3, "mon", 1), (2, "tue", 7)}

    table.overwrite(rows((4, "wed", 2)))
    assert _held(table.read()) == {(4, "wed", 2)}


def test_upserts_and_lets_no_older_row_win(table: LakeTable, rows: Callable[..., DataFrame]) -> None:
    table.append(rows((1, "mon", 5), (2, "mon", 5)))

    table.upsert(rows((1, "tue", 4), (2, "tue", 8), (2, "wed", 9), (3, "wed", 1)), ["id"], "quantity")

    assert _held(table.read()) == {(1, "mon", 5), (2, "wed", 9), (3, "wed", 1)}


def test_fails_when_the_key_is_no_column(table: LakeTable, rows: Callable[..., DataFrame]) -> None:
    with pytest.raises(ConfigurationError, match=r"key' must be of id, day, quantity, got \"ident\""):
        table.upsert(rows((1, "mon", 5)), ["ident"])


@pytest.mark.parametrize("cluster_by", [(), ("id", "quantity")])
def test_compacts_without_changing_a_row(
    table: LakeTable, rows: Callable[..., DataFrame], cluster_by: tuple[str, ...]
) -> None:
    for number in range(6):
        table.append(rows((number, "mon", -number)))
    before = _held(table.read())

    done = table.compact(cluster_by)

    assert (done.replaced, done.written) == (6, 1)
    assert _held(table.read()) == before


@pytest.mark.parametrize(
    ("compaction", "asked", "ids"),
    [
        ("binpack", "options", None),
        ("sort", "strategy => 'sort', options", [0, 1, 2, 3, 4]),
        ("z-order", "strategy => 'sort', sort_order => 'zorder(`order`)', options", [4, 3, 2, 1, 0]),
    ],
)
def test_joins_small_files_in_the_order_that_is_asked_for(
    spark: SparkSession,
    rows: Callable[..., DataFrame],
    monkeypatch: pytest.MonkeyPatch,
    compaction: str,
    asked: str,
    ids: list[int] | None,
) -> None:
    """The table is sorted by `id`; along a curve through `order`, a word of SQL, ids go down."""
    table = IcebergLakeTable(spark, f"glue_catalog.engines.joined_{compaction.replace('-', '_')}")
    spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.engines")
    table.create(rows((0, "mon", 0)).withColumnRenamed("quantity", "order"))
    for number in (3, 1, 4, 0, 2):
        table.append(rows((number, "mon", -number)).withColumnRenamed("quantity", "order"))
    spark.sql(f"ALTER TABLE {table.quoted} WRITE ORDERED BY id")
    call, calls = IcebergLakeTable._call, []

    def noted(self: IcebergLakeTable, procedure: str, arguments: str) -> list[Any]:
        calls.append(arguments)
        return call(self, procedure, arguments)

    monkeypatch.setattr(IcebergLakeTable, "_call", noted)

    done = table.join_files(compaction, ["order"])

    assert (done.replaced, done.written) == (5, 1)
    assert [arguments.startswith(f", {asked}") for arguments in calls] == [True]
    assert ids in (None, [row["id"] for row in table.read().collect()])


def test_files_that_cannot_be_compacted_do_not_keep_the_others_from_it(
    spark: SparkSession, tmp_path: Path, rows: Callable[..., DataFrame]
) -> None:
    table = IcebergLakeTable(spark, "glue_catalog.engines.half_lost")
    spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.engines")
    table.create(rows((0, "mon", 0)), ["day"])
    for number in range(6):
        table.append(rows((number, "mon", 0), (number, "tue", 0)))
    lost = spark.sql(f"SELECT file_path FROM {table.name}.files WHERE partition.day = 'mon'").first()
    assert lost is not None
    Path(urlsplit(lost["file_path"]).path).unlink()

    with pytest.raises(Exception, match=r"(?i)not.*exist|no such file"):
        table.compact()

    held = spark.sql(f"SELECT partition.day, count(*) FROM {table.name}.files GROUP BY 1").collect()
    assert {row[0]: row[1] for row in held} == {"mon": 6, "tue": 1}


def test_expires_versions_but_not_what_is_read_now(table: LakeTable, rows: Callable[..., DataFrame]) -> None:
    table.append(rows((1, "mon", 5)))
    old = table.versions()[0].id
    table.overwrite(rows((2, "mon", 7)))

    table.expire(datetime.now(UTC) + timedelta(hours=1))

    assert _held(table.read()) == {(2, "mon", 7)}
    with pytest.raises(Exception, match=r"(?i)not.*exist|cannot find"):
        _held(table.read(old))
