from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lakehouse_jobs import extract
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ContractError
from lakehouse_jobs.run_record import RunState
from lakehouse_jobs.source import SourceSession
from support.items import upsert
from support.lake import Lake
from support.postgres import Sql

OVERLAP = timedelta(minutes=5)


@pytest.fixture
def other(lake: Lake) -> Sql:
    """A second user of the source, for transactions that stay open."""
    return Sql(lake.spark, lake.credentials)


def test_row_of_a_transaction_open_during_the_read_is_not_lost(lake: Lake, sql: Sql, other: Sql) -> None:
    other.begin()
    other.run(upsert(1, "late", 5, "01"))
    sql.run(upsert(2, "nut", 7, "20"))
    assert lake.ingest()["items"].rowsRead == 1
    other.commit()

    record = lake.ingest()["items"]

    # its updated_at lies 19 days before the watermark, far beyond any overlap
    assert record.rowsInserted == 1
    assert [row["name"] for row in lake.silver()] == ["late", "nut"]
    assert lake.ingest()["items"].state is RunState.UNCHANGED
    other.close()


def test_row_of_an_open_sub_transaction_is_not_lost(lake: Lake, sql: Sql, other: Sql) -> None:
    other.begin()
    other.run("SELECT pg_current_xact_id()", "SAVEPOINT inner_work", upsert(1, "late", 5, "01"))
    sql.run(upsert(2, "nut", 7, "20"))
    lake.ingest()
    other.run("RELEASE SAVEPOINT inner_work")
    other.commit()

    assert lake.ingest()["items"].rowsInserted == 1
    other.close()


def test_watermark_of_a_view_stays_below_the_oldest_open_transaction(lake: Lake, sql: Sql, other: Sql) -> None:
    lake.overlap = timedelta(0)
    sql.run("ALTER TABLE items RENAME TO stock", "CREATE VIEW items AS SELECT * FROM stock")
    other.begin()
    other.run("INSERT INTO stock VALUES (1, 'late', 1, now())")
    sql.run("INSERT INTO stock VALUES (2, 'nut', 1, now())")
    assert lake.ingest()["items"].rowsInserted == 1
    other.commit()

    assert lake.ingest()["items"].rowsInserted == 1
    landed = sorted((lake.folder / "landing").rglob("*.parquet"))
    assert lake.ingest()["items"].state is RunState.UNCHANGED
    assert lake.rows("bronze").count() == 2
    assert sorted((lake.folder / "landing").rglob("*.parquet")) == landed
    other.close()


def test_row_of_the_future_does_not_carry_the_watermark_with_it(lake: Lake, sql: Sql) -> None:
    sql.run("INSERT INTO items VALUES (1, 'bolt', 1, '2970-01-01')")

    record = lake.ingest()["items"]

    assert record.rowsInserted == 1
    assert record.upperBound is not None
    assert record.upperBound < "2970"


def test_all_readers_see_the_state_that_was_planned(lake: Lake, sql: Sql, items: Contract) -> None:
    sql.run("INSERT INTO items SELECT n, repeat('x', 200), n, '2013-01-01' FROM generate_series(1, 500) n")
    with SourceSession(lake.spark, lake.credentials) as session:
        planned = extract.plan(session, items, extract.Progress(), OVERLAP)
        assert planned is not None
        sql.run("UPDATE items SET quantity = -1", "DELETE FROM items WHERE id > 400")
        rows = extract.read(lake.spark, lake.credentials, items, replace(planned, readers=3))
        seen = rows.selectExpr("count(*)", "count(distinct id)", "sum(quantity)").first()

    assert rows.rdd.getNumPartitions() == 3
    assert seen is not None
    assert tuple(seen) == (500, 500, 125_250)


def test_restored_database_is_read_again_without_doubling(lake: Lake, sql: Sql, items: Contract) -> None:
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "20"))
    ahead = extract.Progress("2013-01-20T00:00:00.000000Z", "9999999:9999999:")

    with SourceSession(lake.spark, lake.credentials) as session:
        planned = extract.plan(session, items, ahead, OVERLAP)

    assert planned is not None
    assert (planned.rows, planned.lower_bound) == (2, None)


def test_fails_when_the_table_is_missing(lake: Lake, sql: Sql, items: Contract) -> None:
    sql.run("DROP TABLE items")
    with (
        SourceSession(lake.spark, lake.credentials) as session,
        pytest.raises(ContractError, match=r"'postgres://shop.public.items' must exist in the source"),
    ):
        extract.plan(session, items, extract.Progress(), OVERLAP)


@pytest.mark.parametrize(
    ("xmin", "unseen"),
    [(99, False), (100, True), (4_294_967_200, False), (3, False)],
    ids=["before", "after", "previous epoch", "bootstrap"],
)
def test_transaction_ids_are_compared_across_the_32_bit_wrap(lake: Lake, sql: Sql, xmin: int, unseen: bool) -> None:
    epoch = 7 << 32
    condition = extract.unseen_transactions(f"{epoch + 100}:{epoch + 100}:", epoch + 200)
    with SourceSession(lake.spark, lake.credentials) as session:
        answer = session.row(f"SELECT {condition} FROM (VALUES ('{xmin}')) AS rows(xmin)")

    assert answer == ("t" if unseen else "f",)
