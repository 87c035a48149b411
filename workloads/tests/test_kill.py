"""A run killed at any point, then run again: nothing is lost, nothing doubled, in bronze, DLQ and silver."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lakehouse_jobs import iceberg, ingest, landing, tables
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.run_record import RunState
from support.items import upsert
from support.killed import random_moments, run_killed
from support.lake import Lake
from support.postgres import Sql
from support.same import assert_same


class Killed(BaseException):
    """Ends a run as a kill does: nothing of the job handles it."""


def _after(function: Callable[..., object]) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        function(*arguments)
        raise Killed

    return call


def _before(_: Callable[..., object]) -> Callable[..., object]:
    def call(*_: object) -> object:
        raise Killed

    return call


POINTS = {
    "before the manifest": (landing.Landing, "seal", _before),
    "before the dlq commit": (tables, "append_dlq", _before),
    "between dlq and bronze": (tables, "append_dlq", _after),
    "between bronze and silver": (tables, "append_bronze", _after),
    "after silver": (tables, "merge_silver", _after),
}
INCREMENT = (upsert(1, "bolt", 6, "03"), upsert(3, "pin", 1, "03"), upsert(4, "Bad", 1, "03"))


def _assert_complete(lake: Lake) -> None:
    quantities = {row["id"]: row["quantity"] for row in lake.silver()}
    assert quantities == {1: 6, 2: 7, 3: 1}
    bronze = [tuple(row) for row in lake.rows("bronze").select("id", "quantity").collect()]
    assert sorted(bronze) == [(1, 5), (1, 6), (2, 7), (3, 1)]
    assert lake.tables().dlq.read().count() == 1
    assert lake.ingest()["items"].state is RunState.UNCHANGED


@pytest.mark.parametrize("point", POINTS)
def test_run_killed_and_run_again_loses_and_doubles_nothing(
    lake: Lake, sql: Sql, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "02"))
    lake.ingest()
    sql.run(*INCREMENT)
    target, name, kind = POINTS[point]
    with monkeypatch.context() as patched:
        patched.setattr(target, name, kind(getattr(target, name)))
        with pytest.raises(Killed):
            lake.ingest()

    lake.ingest()

    _assert_complete(lake)


def test_landed_batch_is_finished_as_it_was_read_even_when_the_source_has_moved_on(
    lake: Lake, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql.run(upsert(1, "bolt", 5, "01"))
    with monkeypatch.context() as patched:
        patched.setattr(tables, "append_bronze", _before(tables.append_bronze))
        with pytest.raises(Killed):
            lake.ingest("20130201T000000Z-000001")
    sql.run(upsert(1, "bolt", 6, "02"))

    record = lake.ingest("20130201T010000Z-000002")["items"]

    history = {row["quantity"]: row["_run_id"] for row in lake.rows("bronze").collect()}
    assert history == {5: "20130201T000000Z-000001", 6: "20130201T010000Z-000002"}
    assert (record.rowsRead, record.rowsInserted) == (2, 1)
    assert [row["quantity"] for row in lake.silver()] == [6]
    manifest = json.loads((lake.folder / "landing/shop/items/run=20130201T000000Z-000001/_manifest.json").read_text())
    assert lake.snapshots()["bronze"][1].get("batch-token") == manifest["token"]


def test_retry_finishes_the_batch_of_its_own_run_when_one_of_a_later_name_was_loaded_before(
    lake: Lake, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql.run(upsert(1, "bolt", 5, "01"))
    lake.ingest("20130201T103000Z-000001")
    sql.run(upsert(2, "nut", 7, "02"))
    with monkeypatch.context() as patched:
        patched.setattr(tables, "append_bronze", _before(tables.append_bronze))
        with pytest.raises(Killed):
            lake.ingest("20130201T100000Z-000002")

    record = lake.ingest("20130201T100000Z-000002")["items"]

    assert (record.state, record.rowsValid) == (RunState.SUCCEEDED, 1)
    assert [row["id"] for row in lake.silver()] == [1, 2]
    assert lake.ingest("20130201T100000Z-000002")["items"].state is RunState.UNCHANGED


def test_commit_whose_answer_is_lost_is_found_by_its_token(
    lake: Lake, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql.run(upsert(1, "bolt", 5, "01"))
    for name in ("append", "execute", "publish"):
        write = getattr(iceberg.IcebergTable, name)

        def answer_lost(table: object, *arguments: object, write: Callable[..., None] = write) -> None:
            write(table, *arguments)
            raise RuntimeError("the answer was lost")

        monkeypatch.setattr(iceberg.IcebergTable, name, answer_lost)

    assert lake.ingest()["items"].state is RunState.SUCCEEDED
    assert {name: len(history) for name, history in lake.snapshots().items()} == {"bronze": 1, "dlq": 0, "silver": 1}


def test_second_run_that_overtakes_a_first_makes_it_stop(lake: Lake, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    sql.run(upsert(1, "bolt", 5, "01"))
    load = ingest.DatasetIngest._load

    def overtaken(dataset: ingest.DatasetIngest, prepared: ingest.Prepared) -> None:
        with monkeypatch.context() as inner:
            inner.setattr(ingest.DatasetIngest, "_load", load)
            inner.setattr(landing.Landing, "pending", lambda *_: None)
            lake.ingest()
        load(dataset, prepared)

    monkeypatch.setattr(ingest.DatasetIngest, "_load", overtaken)

    record = lake.ingest()["items"]

    assert record.error is not None
    assert "let one run finish before another starts" in record.error.message
    assert lake.rows("bronze").count() == 1


KILLS = 3


def test_driver_killed_at_random_moments_leaves_the_tables_that_a_quiet_one_leaves(
    lake: Lake, new_lake: Callable[[list[Contract]], Lake], sql: Sql, tmp_path: Path
) -> None:
    quiet = new_lake(lake.contracts)
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "02"))
    for loaded in (lake, quiet):
        loaded.ingest()
    facts = {"folder": str(lake.folder), "number": lake.number, "credentials": vars(lake.credentials)}
    moments = random_moments()
    for number in range(KILLS):
        sql.run(upsert(10 + number, "pin", number, f"0{3 + number}"), upsert(20 + number, "Bad", 1, f"0{3 + number}"))
        run = {"runId": f"20130301T00000{number}Z-0a1b2c", "after": moments.uniform(0.2, 9)}
        run_killed(lake.spark, "killed_run.py", {**facts, **run}, tmp_path / f"stderr-{number}")

    for loaded in (lake, quiet):
        loaded.ingest()

    assert len(quiet.silver()) == 2 + KILLS
    assert_same(lake.tables(), quiet.tables())
    assert lake.ingest()["items"].state is RunState.UNCHANGED
