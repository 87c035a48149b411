"""A topic of a real broker becomes Delta tables, each record once, whoever writes at the same time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import IntegerType, StringType, StructType

from lakehouse_jobs.delta_commit import DeltaCommit, check_store
from lakehouse_jobs.engines import DeltaTable, Transaction
from lakehouse_jobs.exceptions import AccountError, ConfigurationError
from lakehouse_jobs.records import PLACE
from lakehouse_jobs.stream_batch import Place
from support import session
from support.delta_events import DeltaLake
from support.events import EventLake, event
from support.kafka import KafkaServer, Topic
from support.waiting import wait_for

LATER = {"reported_at": "2013-01-01T12:00:00Z"}
BATCH = Place("flight_events-first", 0)


@pytest.fixture
def lake(spark: SparkSession, topic: Topic, tmp_path: Path) -> DeltaLake:
    """A lake whose topic has an event, a newer report of it, another event, and a broken record."""
    topic.send(event(1, delay=1), event(1, delay=2, **LATER), event(2, delay=3), "broken")
    return DeltaLake(EventLake(spark, tmp_path, topic.brokers, topic.name), topic)


@pytest.fixture(scope="module")
def streamed(spark: SparkSession, broker: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> DeltaLake:
    """A lake into which a topic was streamed in two runs, with a newer report of an event before an older one."""
    topic = Topic(spark, broker.brokers, "events.delta")
    topic.create(partitions=2)
    made = DeltaLake(EventLake(spark, tmp_path_factory.mktemp("delta"), topic.brokers, topic.name), topic)
    topic.send(event(1, delay=7, **LATER), event(1, delay=5), "broken", event(2, delay=None))
    made.stream()
    topic.send(event(1, delay=6), event(2, delay=8, **LATER), event(3, delay="late"))
    made.stream()
    return made


def test_records_are_in_bronze_or_the_dlq_as_they_came_and_the_newest_is_in_silver(streamed: DeltaLake) -> None:
    assert streamed.delays() == {1: 7, 2: 8}
    [first, *_] = streamed.tables.bronze.read().orderBy(*PLACE).collect()
    assert (first["_payload"], first["_kafka_topic"]) == (event(1, delay=7, **LATER), streamed.topic.name)
    assert (bytes(first["_kafka_key"]), first["_kafka_headers"][0]["key"]) == (b"key", "source")
    assert streamed.places("bronze") == [0, 1, 3, 4, 5]
    broken = streamed.tables.dlq.read().orderBy(*PLACE).collect()
    assert [(row["_kafka_offset"], row["_payload"]) for row in broken] == [(2, "broken"), (6, event(3, delay="late"))]
    assert [row["_reasons"][0]["column"] for row in broken] == [None, "delay"]


def test_every_commit_says_which_batch_it_is(streamed: DeltaLake) -> None:
    said = [streamed.commits(table) for table in ("bronze", "dlq", "silver")]

    assert said[0] == said[1] == said[2]
    first, second = said[0]
    assert json.loads(first["lakehouse.offsets"]) == {"0": [0, 4]}
    assert [first[f"lakehouse.rows-{kind}"] for kind in ("read", "valid", "rejected")] == ["4", "3", "1"]
    assert [commit["lakehouse.batch-id"] for commit in (first, second)] == ["0", "1"]
    assert first["lakehouse.stream-id"] == second["lakehouse.stream-id"]


def test_silver_has_the_types_of_the_contract(streamed: DeltaLake) -> None:
    held = {field.name: field for field in streamed.tables.silver.read().schema}

    for column in streamed.contract.columns:
        found = held[column.name]
        assert (found.dataType.simpleString(), found.nullable) == (column.spark_type, not column.required)


def test_topic_read_again_from_another_checkpoint_doubles_nothing(streamed: DeltaLake) -> None:
    streamed.stream(checkpoint="another")

    assert streamed.delays() == {1: 7, 2: 8}
    assert (streamed.places("bronze"), streamed.places("dlq")) == ([0, 1, 3, 4, 5], [2, 6])


def test_batch_whose_number_was_given_to_other_records_stops_and_loses_nothing_silently(streamed: DeltaLake) -> None:
    stream_id = streamed.commits("bronze")[0]["lakehouse.stream-id"]
    streamed.topic.send(event(4))

    with pytest.raises(AccountError, match=r"must be 8 records in bronze, in the DLQ or .* 1 nowhere"):
        streamed.commit(Place(stream_id, 1), 8)


def test_batch_that_ends_after_each_of_its_commits_in_turn_is_finished_and_nothing_lost_or_doubled(
    lake: DeltaLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("_append_dlq", "_append_bronze", "_merge_silver"):
        with monkeypatch.context() as patched:
            patched.setattr(DeltaCommit, step, _killed_after(getattr(DeltaCommit, step)))
            with pytest.raises(RuntimeError, match="killed"):
                lake.commit(BATCH, 4)

    assert lake.commit(BATCH, 4) == 0

    assert lake.delays() == {1: 2, 2: 3}
    assert (lake.places("bronze"), lake.places("dlq")) == ([0, 1, 2], [3])
    assert [len(lake.commits(table)) for table in ("bronze", "dlq", "silver")] == [1, 1, 1]


def _killed_after(function: Callable[..., object]) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        function(*arguments)
        raise RuntimeError("killed")

    return call


def test_record_that_a_contract_has_put_into_the_dlq_stays_there_when_its_batch_is_repeated_by_another(
    lake: DeltaLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = lake.contract
    columns = [replace(column, required=True) if column.name == "air_time" else column for column in strict.columns]
    with monkeypatch.context() as patched:
        patched.setattr(DeltaCommit, "_append_bronze", _killed_after(lambda *_: None))
        lake.topic.send(event(3, air_time=9))
        with pytest.raises(RuntimeError, match="killed"):
            lake.commit(BATCH, 5, contract=replace(strict, columns=tuple(columns)))

    lake.commit(BATCH, 5)

    assert (lake.places("bronze"), lake.places("dlq")) == ([4], [0, 1, 2, 3])
    assert list(lake.delays()) == [3]


WRITES = {"bronze": "append_in", "silver": "execute_in"}
SUCCESSOR, STRANGER = BATCH, Place("flight_events-second", 0)
PAUSES = [
    ("bronze", SUCCESSOR),
    ("silver", SUCCESSOR),
    ("bronze", STRANGER),
]


@pytest.mark.parametrize(("table", "rival"), PAUSES)
def test_driver_that_was_paused_within_a_commit_while_another_committed_the_records_doubles_nothing(
    lake: DeltaLake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: str, rival: Place
) -> None:
    _pause(monkeypatch, tmp_path, lake, table, lambda spark: lake.commit(rival, 4, spark))

    lake.commit(BATCH, 4)

    assert lake.delays() == {1: 2, 2: 3}
    assert (lake.places("bronze"), lake.places("dlq")) == ([0, 1, 2], [3])


def _pause(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    lake: DeltaLake,
    table: str,
    meanwhile: Callable[[SparkSession], object],
) -> None:
    """Let the next driver be paused within its commit to a table, while another driver works."""
    name = WRITES[table]
    write = getattr(DeltaTable, name)
    quoted = getattr(lake.tables, table).quoted

    def pausing(self: DeltaTable, transaction: Transaction, what: DataFrame | str) -> object:
        if self.quoted != quoted:
            return write(self, transaction, what)
        monkeypatch.setattr(DeltaTable, name, write)
        waiting = _waits(folder, self, what)
        return _while_it_runs(lake.spark, folder, meanwhile, lambda: write(self, transaction, waiting))

    monkeypatch.setattr(DeltaTable, name, pausing)


def _waits(folder: Path, table: DeltaTable, what: DataFrame | str) -> DataFrame | str:
    """Rows whose computation, within the commit, says that it has begun and waits until it may go on."""

    def wait(value: int) -> int:
        (folder / "begun").touch()
        while not (folder / "go on").exists():
            time.sleep(0.05)
        return value

    waiting = F.udf(wait, "long")
    if isinstance(what, DataFrame):
        return what.coalesce(1).withColumn("_kafka_offset", waiting("_kafka_offset"))
    [view] = [word for word in what.split() if word.startswith("changes_")]
    rows = table._spark.table(view)
    rows.coalesce(1).withColumn("flight", waiting("flight").cast("int")).createOrReplaceTempView("waiting")
    return what.replace(view, "waiting")


def _while_it_runs(
    spark: SparkSession, folder: Path, meanwhile: Callable[[SparkSession], object], write: Callable[[], object]
) -> object:
    def other() -> None:
        wait_for((folder / "begun").exists)
        try:
            _elsewhere(spark, meanwhile)
        finally:
            (folder / "go on").touch()

    thread = threading.Thread(target=other)
    thread.start()
    try:
        return write()
    finally:
        thread.join()


def _elsewhere(spark: SparkSession, work: Callable[[SparkSession], object]) -> None:
    """Do something as another driver would: in a session of its own, in a thread of its own."""
    failures: list[BaseException] = []

    def call() -> None:
        try:
            work(session.another(spark))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert failures == []


def test_statement_after_a_failed_one_is_not_left_out(spark: SparkSession, tmp_path: Path) -> None:
    table = DeltaTable(spark, f"file://{tmp_path}/items")
    table.ensure(spark.createDataFrame([], "id int").schema)
    insert = f"INSERT INTO {table.quoted} VALUES (1)"
    table.execute_in(Transaction("loader", 7), insert)

    with pytest.raises(Exception, match="nowhere"):
        table.execute_in(Transaction("loader", 7), f"INSERT INTO {table.quoted} SELECT * FROM nowhere")
    spark.sql(insert)

    assert table.read().count() == 2


def test_table_gets_the_columns_that_it_lacks(spark: SparkSession, tmp_path: Path) -> None:
    table = DeltaTable(spark, f"file://{tmp_path}/items")
    table.ensure(StructType().add("id", IntegerType(), nullable=False))

    table.ensure(StructType().add("id", IntegerType(), nullable=False).add("gate", StringType(), nullable=False))

    assert [(column.name, column.nullable) for column in table.read().schema] == [("id", False), ("gate", True)]


def test_store_that_lets_two_drivers_commit_at_once_is_refused(spark: SparkSession) -> None:
    must = (
        r"'delta' must be in a store whose commits exclude each other: spark.delta.logStore.s3.impl set, got \"s3://b/d"
    )

    with pytest.raises(ConfigurationError, match=must):
        check_store(spark, "s3://b/d")
