"""A batch is committed once, at whatever moment a driver is paused and another takes its place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.commits import Claim, commit_once
from lakehouse_jobs.engines import IcebergLakeTable
from lakehouse_jobs.exceptions import CommitConflictError, CommitLostError, ConcurrentRunError
from lakehouse_jobs.failures import translate
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.retry import RetryPolicy
from support import session

RETRY = RetryPolicy(attempts=30, base=0.01, cap=0.1, budget=60)
Write = Callable[[IcebergTable, str], None]


@pytest.fixture
def counter(spark: SparkSession, request: pytest.FixtureRequest) -> IcebergTable:
    """A table with one row: id 1, value 0."""
    name = f"glue_catalog.tokens.t{abs(hash(request.node.nodeid))}"
    spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.tokens")
    spark.sql(f"CREATE TABLE {name} (id int, value int) USING iceberg")
    spark.sql(f"INSERT INTO {name} VALUES (1, 0)")
    return IcebergTable(spark, name)


def _merge(table: IcebergTable, token: str) -> None:
    table.execute(
        f"MERGE INTO {table.quoted} t USING (SELECT 1 AS id) s ON t.id = s.id"
        " WHEN MATCHED THEN UPDATE SET t.value = t.value + 1",
        {"lakehouse.batch-token": token},
    )


def _append(table: IcebergTable, token: str) -> None:
    rows = table._spark.createDataFrame([(1, 1)], "id int, value int")
    table.append(rows, {"lakehouse.batch-token": token})


WRITES: dict[str, Write] = {"append": _append, "merge": _merge}


def _commit(table: IcebergTable, token: str, write: Write) -> None:
    commit_once(table, Claim(token), lambda: write(table, token), RETRY)


def _total(table: IcebergTable) -> int:
    return int(table.read().selectExpr("sum(value)").collect()[0][0])


def _elsewhere(table: IcebergTable, work: Callable[[IcebergTable], None]) -> None:
    """Do something as another driver would: in a session of its own, in a thread of its own."""
    failures: list[BaseException] = []

    def call() -> None:
        try:
            work(IcebergTable(session.another(table._spark), table.identifier))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert failures == []


def _paused(monkeypatch: pytest.MonkeyPatch, moment: str, meanwhile: Callable[[], object]) -> None:
    """Let the next driver be paused before or after a step of its commit, while something else happens."""
    when, name = moment.split()
    step = getattr(IcebergTable, name)

    def pausing(*arguments: object) -> object:
        monkeypatch.setattr(IcebergTable, name, step)
        if when == "before":
            meanwhile()
        result = step(*arguments)
        if when == "after":
            meanwhile()
        return result

    monkeypatch.setattr(IcebergTable, name, pausing)


MOMENTS = ("before stage", "after stage", "before publish", "after publish")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", WRITES)
def test_driver_that_was_paused_while_another_did_its_work_changes_nothing(
    counter: IcebergTable, monkeypatch: pytest.MonkeyPatch, kind: str, moment: str
) -> None:
    write = WRITES[kind]

    def successor(table: IcebergTable) -> None:
        _commit(table, "t1", write)
        _commit(table, "t2", write)

    _paused(monkeypatch, moment, lambda: _elsewhere(counter, successor))

    _commit(counter, "t1", write)

    assert _total(counter) == 2
    assert [entry.get("batch-token") for entry in counter.history()] == ["t2", "t1", None]


@pytest.mark.parametrize("kind", WRITES)
def test_drivers_that_commit_the_same_batches_at_the_same_time_commit_each_once(
    counter: IcebergTable, kind: str
) -> None:
    tokens, start = [f"t{number}" for number in range(3)], threading.Barrier(3)

    def drive(table: IcebergTable) -> None:
        start.wait(10)
        for token in tokens:
            _commit(table, token, WRITES[kind])

    threads = [threading.Thread(target=_elsewhere, args=(counter, drive)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert _total(counter) == len(tokens)
    assert [entry.get("batch-token") for entry in counter.history()] == [*reversed(tokens), None]


def test_compaction_between_staging_and_publishing_is_got_over(
    counter: IcebergTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    _append(counter, "t0")
    compacted = IcebergLakeTable(counter._spark, counter.identifier)
    options = "options => map('rewrite-all', 'true')"
    _paused(monkeypatch, "before publish", lambda: compacted._call("rewrite_data_files", f", {options}"))

    _commit(counter, "t1", _append)

    assert [entry.operation for entry in counter.history()] == ["append", "replace", "append", "append"]
    assert _total(counter) == 2


def test_commit_costs_the_table_two_versions_of_its_metadata(counter: IcebergTable) -> None:
    _commit(counter, "t1", _append)
    before = len(_metadata_files(counter))

    _commit(counter, "t2", _append)

    assert len(_metadata_files(counter)) == before + 2


def _metadata_files(table: IcebergTable) -> list[Any]:
    return table._spark.sql(f"SELECT file FROM {table.identifier}.metadata_log_entries").collect()


def test_commit_that_comes_between_the_look_at_the_branch_and_its_change_refuses_the_publication(
    counter: IcebergTable,
) -> None:
    staged = counter.stage(lambda: _append(counter, "t1"))
    assert staged is not None
    references = counter._loaded().manageSnapshots().createBranch("b", staged.id).fastForwardBranch("main", "b")
    _append(counter, "t2")

    with pytest.raises(Exception, match="CommitFailedException") as refused:
        references.removeBranch("b").commit()

    assert isinstance(translate(refused.value), CommitConflictError)
    assert [entry.get("batch-token") for entry in counter.history()] == ["t2", None]


def test_what_a_killed_driver_has_staged_is_seen_by_nobody_and_goes_with_the_next_expiry(
    counter: IcebergTable,
) -> None:
    staged = counter.stage(lambda: _append(counter, "t1"))
    assert staged is not None
    files = _data_files(counter)
    assert (Claim("t1").found_in(counter.history()), _total(counter)) == (None, 0)

    IcebergLakeTable(counter._spark, counter.identifier).expire(datetime.now(UTC))

    left = counter._spark.sql(f"SELECT snapshot_id FROM {counter.identifier}.snapshots").collect()
    assert [row[0] for row in left] == [entry.id for entry in counter.history()]
    assert [Path(file).exists() for file in files] == [True, False]
    assert _total(counter) == 0


def _data_files(table: IcebergTable) -> list[str]:
    """The files of all snapshots, oldest first."""
    files = table._spark.sql(
        f"SELECT data_file.file_path FROM {table.identifier}.all_entries GROUP BY 1 ORDER BY min(sequence_number)"
    )
    return [row[0] for row in files.collect()]


def test_driver_that_was_paused_for_longer_than_snapshots_are_kept_commits_nothing(
    counter: IcebergTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def successor(table: IcebergTable) -> None:
        for token in ("t1", "t2", "t3"):
            _commit(table, token, _append)
        IcebergLakeTable(table._spark, table.identifier).expire(datetime.now(UTC))

    _paused(monkeypatch, "before stage", lambda: _elsewhere(counter, successor))

    with pytest.raises(ConcurrentRunError, match="must still have the snapshots since this batch was begun, got"):
        _commit(counter, "t1", _append)
    assert _total(counter) == 3


def test_batch_is_not_published_on_a_table_that_it_was_not_planned_on(
    counter: IcebergTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_on = counter.newest("batch-token")

    def require() -> None:
        if counter.newest("batch-token") != planned_on:
            raise ConcurrentRunError("not as planned")

    _paused(monkeypatch, "before stage", lambda: _elsewhere(counter, lambda table: _commit(table, "t2", _append)))

    with pytest.raises(ConcurrentRunError, match="not as planned"):
        commit_once(counter, Claim("t1", require), lambda: _append(counter, "t1"), RETRY)
    assert _total(counter) == 1


def test_token_is_in_the_snapshot_of_the_merge_itself_and_leaks_into_no_other(counter: IcebergTable) -> None:
    before = counter.current()
    snapshot = commit_once(counter, Claim("t1"), lambda: _merge(counter, "t1"), RETRY)
    counter._spark.sql(f"INSERT INTO {counter.quoted} VALUES (2, 0)")

    assert before is not None
    assert (snapshot.parent_id, snapshot.operation) == (before.id, "overwrite")
    assert [entry.get("batch-token") for entry in counter.history()] == [None, "t1", None]


def test_batch_that_is_committed_is_not_written_again(counter: IcebergTable) -> None:
    first = commit_once(counter, Claim("t1"), lambda: _merge(counter, "t1"), RETRY)
    second = commit_once(counter, Claim("t1"), lambda: pytest.fail("written twice"), RETRY)

    assert second == first
    assert _total(counter) == 1


def test_write_without_a_snapshot_of_its_token_is_reported(counter: IcebergTable) -> None:
    with pytest.raises(CommitLostError, match='must carry the token t1, got "no such snapshot"'):
        commit_once(counter, Claim("t1"), lambda: None, RETRY)
