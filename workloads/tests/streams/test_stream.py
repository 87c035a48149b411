"""A topic of a real broker becomes bronze, DLQ and silver, each record once."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs import records, stream_commit
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import JobError
from lakehouse_jobs.kafka import ConsumerGroup, group_of
from lakehouse_jobs.records import PLACE
from lakehouse_jobs.transactions import TransactionalProducer
from support.events import EventLake, event
from support.kafka import KafkaServer, Topic
from support.lake import CONTRACTS
from support.waiting import wait_for

GROUP = group_of("flight_events")


def _arrived(flight: int, **changes: object) -> str:
    return event(flight, event_type="arrived", **changes)


BROKEN: dict[str, tuple[str | bytes | None, str, str | None, str]] = {
    "text": ("departed", "text", None, "'payload' must be a JSON object in UTF-8, got departed"),
    "half a document": ('{"flight": 1', "text", None, "'payload' must be a JSON object"),
    "a list": ("[1]", "text", None, "'payload' must be a JSON object"),
    "nothing": (None, "text", None, "'payload' must be a JSON object in UTF-8, got nothing"),
    "no UTF-8": (b'{"flight": "\xff"}', "base64", None, "'payload' must be a JSON object in UTF-8"),
    "no number": (event(1, actual_clock="one"), "json", "actual_clock", "must be a int, got one"),
    "a fraction": (event(1, delay=1.5), "json", "delay", "'delay' must be a int, got 1.5"),
    "an unknown event": (event(1, event_type="landed"), "json", "event_type", "must be one of departed, arrived"),
    "no key": (event(1, origin=None), "json", "origin", "'origin' must be present, got null"),
}


@pytest.fixture(scope="module")
def streamed(
    spark: SparkSession, broker: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[EventLake, Topic]:
    """A lake into which a topic with good records in two partitions, and then broken ones, was streamed."""
    topic = Topic(spark, broker.brokers, "events.streamed")
    topic.create(partitions=2)
    events = EventLake(spark, tmp_path_factory.mktemp("streamed"), topic.brokers, topic.name)
    events.create()
    topic.send(event(1, delay=2), _arrived(1, delay=-5, air_time=120), _arrived(1, delay=-5, air_time=120))
    topic.send(event(2, delay=None), *[payload for payload, *_ in BROKEN.values()], partition=1)
    events.stream()
    return events, topic


def test_events_become_rows_of_silver_once_and_stay_in_bronze_as_they_came(streamed: tuple[EventLake, Topic]) -> None:
    events, topic = streamed

    assert events.delays() == {(1, "departed"): 2, (1, "arrived"): -5, (2, "departed"): None}
    rows = events.bronze().orderBy(*PLACE).collect()
    assert [(row["_kafka_partition"], row["_kafka_offset"]) for row in rows] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert (rows[0]["_payload"], rows[0]["_kafka_topic"]) == (event(1), topic.name)
    assert (bytes(rows[0]["_kafka_key"]), rows[0]["_kafka_headers"][0]["key"]) == (b"key", "source")
    assert rows[0]["_source"] == f"kafka://{topic.name}"


def test_tables_here_have_the_columns_that_a_stack_gives_them(streamed: tuple[EventLake, Topic]) -> None:
    tables = streamed[0].tables
    named = {"bronze.flight_events": tables.bronze, "bronze.flight_events__dlq": tables.dlq}
    lock = json.loads((CONTRACTS / "schema.lock.json").read_text())["tables"]

    for key, table in {**named, "silver.flight_events": tables.silver}.items():
        deployed = [column["name"] for column in lock[key]["columns"] if "." not in column["name"]]
        assert table.read().columns == deployed


def test_broken_records_go_to_the_dlq_with_payload_place_and_reason(streamed: tuple[EventLake, Topic]) -> None:
    rows = streamed[0].rejected()

    assert [row["_kafka_offset"] for row in rows] == [*range(1, len(BROKEN) + 1)]
    for row, (payload, form, column, message) in zip(rows, BROKEN.values(), strict=True):
        [reason] = row["_reasons"]
        assert (row["_payload_format"], reason["column"]) == (form, column)
        assert message in reason["message"]
        kept = base64.b64decode(row["_payload"]) if form == "base64" else row["_payload"]
        assert kept == payload
    assert {(row["_status"], row["_kafka_partition"]) for row in rows} == {("new", 1)}


def test_every_commit_says_in_its_snapshot_which_batch_it_is(streamed: tuple[EventLake, Topic]) -> None:
    events, topic = streamed

    snapshots = [history[0] for history in events.history().values()]

    said = [{key: snapshot.get(key) for key in ("batch-token", "batch-id", "epoch", "topic")} for snapshot in snapshots]
    assert said[0] == said[1] == said[2]
    assert (said[0]["batch-id"], said[0]["epoch"], said[0]["topic"]) == ("0", "0", topic.name)
    assert json.loads(snapshots[0].get("offsets") or "") == {"0": [0, 3], "1": [0, len(BROKEN) + 1]}
    counts = [int(snapshots[0].get(f"rows-{kind}") or 0) for kind in ("read", "valid", "rejected")]
    assert counts == [len(BROKEN) + 4, 4, len(BROKEN)]


def test_rows_are_counted_in_metrics(streamed: tuple[EventLake, Topic]) -> None:
    calls = streamed[0].cloudwatch.put_metric_data.call_args_list

    values = {datum["MetricName"]: datum["Value"] for call in calls for datum in call.kwargs["MetricData"]}
    broken = len(BROKEN)
    counts = {"RowsRead": broken + 4, "RowsValid": 4, "RowsRejected": broken, "RowsMerged": 3}
    counts |= {"RowsLate": 0, "RowsDuplicate": 0}
    assert values == {**counts, "DatasetLoaded": 1}


@pytest.mark.parametrize("most", [2, 3], ids=["a full batch", "one that Spark rounds down"])
def test_batch_that_leaves_records_is_not_up_to_its_topic(events: EventLake, topic: Topic, most: int) -> None:
    for partition in (0, 1):
        topic.send(event(partition), event(10 + partition), event(20 + partition), partition=partition)

    events.stream(max_records=most)

    assert len(events.history()["bronze"]) == 3
    assert events.told_loaded() == 1


def test_stream_that_has_nothing_to_read_says_so_again_and_again(events: EventLake, topic: Topic) -> None:
    topic.send(event(1))
    running = threading.Thread(target=lambda: events.stream(available_now=False))
    running.start()
    try:
        wait_for(lambda: events.told_loaded() >= 4)
    finally:
        for query in events.spark.streams.active:
            query.stop()
        running.join()
    assert len(events.history()["bronze"]) == 1


def test_offsets_are_committed_to_the_group_after_the_tables(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.send(event(1), event(2))
    with monkeypatch.context() as patched:
        patched.setattr(stream_commit.StreamCommit, "_merge_silver", _before(stream_commit.StreamCommit._merge_silver))
        with pytest.raises(JobError):
            events.stream()
    assert topic.committed(GROUP) == {}

    events.stream()

    assert topic.committed(GROUP) == {0: 2, 1: 0}


def test_group_has_no_lag_when_what_a_transaction_wrote_is_read(events: EventLake, topic: Topic) -> None:
    producer = TransactionalProducer(events.spark, topic.brokers, topic.name)

    with producer.transaction("others", {(topic.name, 0): 0}):
        producer.send(topic.name, b"key", event(1).encode(), ())
    events.stream()
    assert topic.committed(GROUP) == topic.ends()

    with pytest.raises(JobError), producer.transaction("others", {(topic.name, 0): 0}):
        producer.send(topic.name, b"key", event(2).encode(), ())
        producer._producer.flush()
        raise RuntimeError("given up")
    producer.close()
    events.stream()

    assert topic.committed(GROUP) == topic.ends()
    assert (sum(topic.ends().values()), events.bronze().count()) == (4, 1)


def test_judging_is_put_together_once_however_many_batches_there_are(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, contracts = records.judge_records, list[Contract]()

    def noted(frame: DataFrame, contract: Contract) -> DataFrame:
        contracts.append(contract)
        return judge(frame, contract)

    monkeypatch.setattr(records, "judge_records", noted)
    topic.send(event(1), event(2), event(3))

    events.stream(max_records=1)

    assert (len(events.history()["bronze"]), len(contracts)) == (3, 1)


@pytest.mark.parametrize("adaptive", ["true", "false"])
def test_batch_takes_no_more_partitions_than_it_needs_where_the_session_may_choose(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch, adaptive: str
) -> None:
    spans, parts = records.spans, list[int]()

    def noted(judged: DataFrame) -> dict[int, records.Span]:
        parts.append(judged.groupBy("flight").count().rdd.getNumPartitions())
        return spans(judged)

    monkeypatch.setattr(records, "spans", noted)
    topic.send(event(1), event(2))
    before = events.spark.conf.get("spark.sql.adaptive.enabled")
    events.spark.conf.set("spark.sql.adaptive.enabled", str(adaptive))
    try:
        events.stream()
    finally:
        events.spark.conf.set("spark.sql.adaptive.enabled", str(before))

    assert parts == [1 if adaptive == "true" else 2]


def test_group_that_cannot_commit_stops_nothing(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("not authorized")

    monkeypatch.setattr(ConsumerGroup, "commit", refused)
    topic.send(event(1))

    events.stream()

    assert len(events.delays()) == 1
    assert "offsets could not be committed" in caplog.text


def test_newest_report_of_an_event_counts_in_whatever_order_they_come(events: EventLake, topic: Topic) -> None:
    early, late = {"reported_at": "2013-01-01T10:05:00Z"}, {"reported_at": "2013-01-01T11:00:00Z"}
    topic.send(event(1, delay=7, **late), event(1, delay=5, **early), event(2, delay=5, **early))
    events.stream()
    topic.send(event(1, delay=6, **early), event(2, delay=8, **late), event(2, delay=8, **late))

    events.stream()

    assert events.delays() == {(1, "departed"): 7, (2, "departed"): 8}
    assert events.bronze().count() == 6


def test_topic_without_anything_new_commits_nothing(events: EventLake, topic: Topic) -> None:
    topic.send(event(1))
    events.stream()
    before = {name: len(history) for name, history in events.history().items()}

    events.stream()

    assert {name: len(history) for name, history in events.history().items()} == before


def _before(_: Callable[..., object]) -> Callable[..., object]:
    def call(*_: object) -> object:
        raise RuntimeError("killed")

    return call


def _after(function: Callable[..., object]) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        function(*arguments)
        raise RuntimeError("killed")

    return call


LATER = {"reported_at": "2013-01-01T12:00:00Z"}


def _send_increment(topic: Topic) -> None:
    topic.send(event(1, delay=1), event(1, delay=2, **LATER), event(2, delay=3), "broken")


def _assert_complete(events: EventLake) -> None:
    assert events.delays() == {(1, "departed"): 2, (2, "departed"): 3, (3, "departed"): 4}
    assert sorted(row["_kafka_offset"] for row in events.bronze().collect()) == [0, 1, 2, 4]
    assert [row["_kafka_offset"] for row in events.rejected()] == [3]
    assert {name: len(history) for name, history in events.history().items()} == {"bronze": 2, "dlq": 1, "silver": 2}


POINTS = {
    "between dlq and bronze": "_append_dlq",
    "between bronze and silver": "_append_bronze",
    "after silver": "_merge_silver",
}


@pytest.mark.parametrize("point", POINTS)
def test_batch_that_ended_half_way_is_finished_and_nothing_lost_or_doubled(
    events: EventLake, topic: Topic, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _send_increment(topic)
    with monkeypatch.context() as patched:
        patched.setattr(
            stream_commit.StreamCommit, POINTS[point], _after(getattr(stream_commit.StreamCommit, POINTS[point]))
        )
        with pytest.raises(JobError, match="killed"):
            events.stream()
    topic.send(event(3, delay=4))

    events.stream()

    _assert_complete(events)


def test_topic_read_again_from_another_checkpoint_doubles_nothing(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), event(2), "broken")
    events.stream()
    topic.send(event(3))

    events.stream(checkpoint="another", max_records=3)

    assert sorted(row["_kafka_offset"] for row in events.bronze().collect()) == [0, 1, 3]
    assert [row["_kafka_offset"] for row in events.rejected()] == [2]
    assert len(events.delays()) == 3
