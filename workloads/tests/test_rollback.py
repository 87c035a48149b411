"""A table of silver that people set back stays back, whatever its branch still holds."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.contract import parse
from lakehouse_jobs.iceberg import IcebergTable, Snapshot
from lakehouse_jobs.quality.check import Outcome
from lakehouse_jobs.tables import AUDIT
from support.gated import GatedLake
from support.items import CREATE, DOCUMENT, upsert
from support.lake import Lake
from support.postgres import PostgresServer, Sql

GOOD = (upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "02"))
BAD = (upsert(1, "bolt", 66, "03"), upsert(3, "pin", 99, "04"))
CALLS = ("rollback_to_snapshot", "set_current_snapshot")
WARNED = "the table was set back; what its branch held beyond that is given up"


@dataclass(frozen=True)
class Loaded:
    """A lake that serves a good load and, on top, a bad one: made once, and for each test as it was made."""

    gated: GatedLake
    shop: Sql
    copies: dict[Path, Path]
    """Of each of its folders."""

    def restore(self) -> None:
        for folder, copy in self.copies.items():
            shutil.rmtree(folder)
            shutil.copytree(copy, folder)
        lake = self.gated.lake
        tables = lake.tables()
        for table in (tables.bronze, tables.dlq, tables.silver):
            lake.spark.sql(f"REFRESH TABLE {table.identifier}")
        self.shop.run("TRUNCATE items", *GOOD, *BAD)


@pytest.fixture(scope="module")
def loaded(spark: SparkSession, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    admin = Sql(spark, postgres.credentials("postgres"))
    admin.run("CREATE DATABASE set_back")
    admin.close()
    credentials = postgres.credentials("set_back")
    shop = Sql(spark, credentials)
    shop.run(CREATE)
    lake = Lake(spark, tmp_path_factory.mktemp("lake"), credentials, [parse(DOCUMENT, "items.yaml")])
    lake.create()
    gated = GatedLake(lake)
    for load in (GOOD, BAD):
        shop.run(*load)
        lake.ingest(stage=True)
        assert gated.check()["items"].outcome is Outcome.PUBLISHED
    warehouse = Path(spark.conf.get("spark.sql.catalog.glue_catalog.warehouse") or "")
    copies = tmp_path_factory.mktemp("copies")
    folders = [lake.folder, *(warehouse / name for name in lake.databases.values())]
    yield Loaded(gated, shop, {folder: Path(shutil.copytree(folder, copies / folder.name)) for folder in folders})
    shop.close()


@pytest.fixture
def gated(loaded: Loaded) -> GatedLake:
    loaded.restore()
    assert loaded.gated.served == {1: 66, 2: 7, 3: 99}
    return loaded.gated


@pytest.fixture
def shop(loaded: Loaded) -> Sql:
    """The source of `gated`."""
    return loaded.shop


def set_back(gated: GatedLake, table: IcebergTable, call: str = CALLS[0]) -> tuple[Snapshot, Snapshot]:
    """Set a table back by one snapshot; what it serves then, and what it served."""
    bad, good = list(table.history())[:2]
    name = table.identifier.removeprefix("glue_catalog.")
    gated.lake.spark.sql(f"CALL glue_catalog.system.{call}('{name}', {good.id})")
    return good, bad


@pytest.mark.parametrize("call", CALLS)
def test_check_alone_does_not_publish_again_what_was_taken_back(
    gated: GatedLake, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    silver = gated.lake.tables().silver
    good, bad = set_back(gated, silver, call)

    with caplog.at_level(logging.WARNING, "lakehouse_jobs.iceberg"):
        found = gated.check()["items"], gated.check()["items"]

    assert [each.outcome for each in found] == [Outcome.HELD, Outcome.HELD]
    assert gated.served == {1: 5, 2: 7}
    [said] = [vars(record) for record in caplog.records if record.message == WARNED]
    assert (said["table"], said["snapshot"], said["givenUp"]) == (silver.identifier, good.id, [bad.id])


@pytest.mark.parametrize("call", CALLS)
def test_silver_alone_goes_back_and_the_next_load_merges_again_from_bronze(gated: GatedLake, call: str) -> None:
    silver = gated.lake.tables().silver
    good, _ = set_back(gated, silver, call)

    record = gated.lake.ingest(stage=True)["items"]

    assert (record.rowsRead, record.rowsInserted, record.rowsUpdated) == (0, 1, 1)
    assert gated.served == {1: 5, 2: 7}
    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 66, 2: 7, 3: 99}
    assert next(silver.history()).parent_id == good.id


def test_run_that_was_taken_back_whole_is_loaded_anew_from_the_source(gated: GatedLake, shop: Sql) -> None:
    tables = gated.lake.tables()
    bad_run = next(tables.bronze.history()).get("landing-run-id")
    for table in (tables.bronze, tables.silver):
        set_back(gated, table)
    [manifest] = (gated.lake.folder / "landing").rglob(f"run={bad_run}/_manifest.json")
    manifest.unlink()
    shop.run(*(statement.replace("66", "6").replace("99", "9") for statement in BAD))

    assert gated.lake.ingest(stage=True)["items"].rowsMerged == 2
    assert gated.served == {1: 5, 2: 7}
    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 6, 2: 7, 3: 9}


def test_what_was_staged_on_a_load_goes_back_with_it(gated: GatedLake, shop: Sql) -> None:
    shop.run(upsert(4, "cog", 1, "05"))
    gated.lake.ingest(stage=True)
    set_back(gated, gated.lake.tables().silver)

    assert gated.check()["items"].outcome is Outcome.HELD
    assert gated.served == {1: 5, 2: 7}
    assert gated.lake.ingest(stage=True)["items"].rowsMerged == 3
    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 66, 2: 7, 3: 99, 4: 1}


def test_table_may_go_back_into_the_middle_of_what_was_published_at_once(gated: GatedLake, shop: Sql) -> None:
    for item, day in ((4, "05"), (5, "06")):
        shop.run(upsert(item, "cog", 1, day))
        gated.lake.ingest(stage=True)
    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    set_back(gated, gated.lake.tables().silver)

    assert gated.check()["items"].outcome is Outcome.HELD
    assert gated.served == {1: 66, 2: 7, 3: 99, 4: 1}


def test_loads_that_wait_on_a_table_that_was_set_back_before_are_published(gated: GatedLake, shop: Sql) -> None:
    set_back(gated, gated.lake.tables().silver)
    gated.lake.ingest(stage=True)
    shop.run(upsert(4, "cog", 1, "05"))
    gated.lake.ingest(stage=True)

    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 66, 2: 7, 3: 99, 4: 1}


def test_first_load_of_all_is_taken_back_too(lake: Lake, sql: Sql) -> None:
    gated = GatedLake(lake)
    sql.run(*BAD)
    lake.ingest(stage=True)
    gated.check()
    set_back(gated, lake.tables().silver)

    assert gated.check()["items"].outcome is not Outcome.PUBLISHED
    assert gated.served == {}
    assert lake.ingest(stage=True)["items"].rowsInserted == 2
    assert gated.check()["items"].outcome is Outcome.PUBLISHED


def test_history_that_has_expired_keeps_nothing_from_being_published(gated: GatedLake, shop: Sql) -> None:
    table = f"{gated.lake.databases['silver']}.items"
    shop.run(upsert(4, "cog", 1, "05"))
    gated.lake.ingest(stage=True)
    gated.lake.spark.sql(
        f"CALL glue_catalog.system.expire_snapshots(table => '{table}', retain_last => 1,"
        f" older_than => TIMESTAMP '{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}')"
    )
    audit = IcebergTable(gated.lake.spark, f"glue_catalog.{table}", AUDIT)
    assert len(list(gated.lake.tables().silver.history())) == 1

    audit.follow_main()

    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 66, 2: 7, 3: 99, 4: 1}
    shop.run(upsert(5, "rod", 1, "06"))
    gated.lake.ingest(stage=True)
    gated.check()
    set_back(gated, gated.lake.tables().silver)
    assert gated.check()["items"].outcome is Outcome.HELD
    assert gated.served == {1: 66, 2: 7, 3: 99, 4: 1}
