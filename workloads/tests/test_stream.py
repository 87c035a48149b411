"""A topic of a real broker becomes bronze, DLQ and silver, each record once."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from lakehouse_jobs import stream
from lakehouse_jobs.exceptions import JobError
from lakehouse_jobs.kafka import group_of
from support.events import EventLake, event
from support.kafka import Topic

GROUP = group_of("flight_events")


def _arrived(flight: int, **changes: object) -> str:
    return event(flight, event_type="arrived", **changes)


def test_events_become_rows_of_silver_and_stay_in_bronze_as_they_came(events: EventLake, topic: Topic) -> None:
    topic.send(event(1, delay=2), _arrived(1, delay=-5, air_time=120), partition=0)
    topic.send(event(2, delay=None), partition=1)

    events.stream()

    assert events.delays() == {(1, "departed"): 2, (1, "arrived"): -5, (2, "departed"): None}
    first = events.bronze().orderBy("_kafka_partition", "_kafka_offset").first()
    assert first is not None
    assert (first["_payload"], first["_kafka_topic"], first["_kafka_partition"], first["_kafka_offset"]) == (
        event(1),
        topic.name,
        0,
        0,
    )
    assert (bytes(first["_kafka_key"]), first["_kafka_headers"][0]["key"]) == (b"key", "source")
    assert first["_source"] == f"kafka://{topic.name}"
    assert events.rejected() == []


def test_every_commit_says_in_its_snapshot_which_batch_it_is(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), "broken", partition=0)
    topic.send(event(2), partition=1)

    events.stream()

    newest = [history[0] for history in events.history().values()]
    said = [{key: snapshot.get(key) for key in ("batch-token", "batch-id", "epoch", "topic")} for snapshot in newest]
    assert said[0] == said[1] == said[2]
    assert (said[0]["batch-id"], said[0]["epoch"], said[0]["topic"]) == ("0", "0", topic.name)
    assert json.loads(newest[0].get("offsets") or "") == {"0": [0, 2], "1": [0, 1]}
    counts = [newest[0].get(f"rows-{kind}") for kind in ("read", "valid", "rejected")]
    assert counts == ["3", "2", "1"]


def test_offsets_are_committed_to_the_group_after_the_tables(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.send(event(1), event(2))
    with monkeypatch.context() as patched:
        patched.setattr(stream.StreamCommit, "_merge_silver", _before(stream.StreamCommit._merge_silver))
        with pytest.raises(JobError):
            events.stream()
    assert topic.committed(GROUP) == {}

    events.stream()

    assert topic.committed(GROUP) == {0: 2}


def test_group_that_cannot_commit_stops_nothing(
    events: EventLake, topic: Topic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("not authorized")

    monkeypatch.setattr(stream, "commit_offsets", refused)
    topic.send(event(1))

    events.stream()

    assert len(events.delays()) == 1
    assert "offsets could not be committed" in caplog.text


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


def test_broken_records_go_to_the_dlq_with_payload_place_and_reason(events: EventLake, topic: Topic) -> None:
    topic.send(event(9), *[payload for payload, *_ in BROKEN.values()])

    events.stream()

    assert list(events.delays()) == [(9, "departed")]
    rows = events.rejected()
    assert [row["_kafka_offset"] for row in rows] == [*range(1, len(BROKEN) + 1)]
    for row, (payload, form, column, message) in zip(rows, BROKEN.values(), strict=True):
        [reason] = row["_reasons"]
        assert (row["_payload_format"], reason["column"]) == (form, column)
        assert message in reason["message"]
        kept = base64.b64decode(row["_payload"]) if form == "base64" else row["_payload"]
        assert kept == payload
    assert {row["_status"] for row in rows} == {"new"}


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


POINTS = {
    "before the dlq": ("_append_dlq", _before),
    "between dlq and bronze": ("_append_dlq", _after),
    "between bronze and silver": ("_append_bronze", _after),
    "after silver": ("_merge_silver", _after),
}


@pytest.mark.parametrize("point", POINTS)
def test_batch_that_ended_half_way_is_finished_and_nothing_lost_or_doubled(
    events: EventLake, topic: Topic, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.send(event(1, delay=1))
    events.stream()
    topic.send(event(1, delay=2, reported_at="2013-01-01T12:00:00Z"), event(2, delay=3), "broken")
    name, kind = POINTS[point]
    with monkeypatch.context() as patched:
        patched.setattr(stream.StreamCommit, name, kind(getattr(stream.StreamCommit, name)))
        with pytest.raises(JobError, match="killed"):
            events.stream()
    topic.send(event(3, delay=4))

    events.stream()

    assert events.delays() == {(1, "departed"): 2, (2, "departed"): 3, (3, "departed"): 4}
    assert sorted(row["_kafka_offset"] for row in events.bronze().collect()) == [0, 1, 2, 4]
    assert [row["_kafka_offset"] for row in events.rejected()] == [3]
    assert {name: len(history) for name, history in events.history().items()} == {"bronze": 3, "dlq": 1, "silver": 3}


def test_topic_read_again_from_another_checkpoint_doubles_nothing(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), event(2), "broken")
    events.stream()
    topic.send(event(3))

    events.stream(checkpoint="another", max_records=3)

    assert sorted(row["_kafka_offset"] for row in events.bronze().collect()) == [0, 1, 3]
    assert [row["_kafka_offset"] for row in events.rejected()] == [2]
    assert len(events.delays()) == 3


def test_rows_are_counted_in_metrics(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), event(1), "broken")

    events.stream()

    [call] = events.cloudwatch.put_metric_data.call_args_list
    values = {datum["MetricName"]: datum["Value"] for datum in call.kwargs["MetricData"]}
    assert values == {"RowsRead": 3.0, "RowsValid": 2.0, "RowsRejected": 1.0, "RowsMerged": 1.0}
