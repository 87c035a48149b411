"""A stream that is asked to end finishes its batch, and hands its place to the next run; nothing is lost or doubled."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import DEFAULT, Mock

import pytest

from lakehouse_jobs import stream
from lakehouse_jobs.draining import NOBODY, Drain, DrainedError, Turn
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.rehearsal import rehearse
from lakehouse_jobs.telemetry import Telemetry
from support.events import EventLake, contract_of, event
from support.kafka import Topic
from support.waiting import wait_for


class Run(threading.Thread):
    """A run of a lake's stream in a thread of its own; `failure` is what it ended with."""

    def __init__(self, events: EventLake, run: str, before: str = NOBODY) -> None:
        super().__init__(daemon=True)
        self._events = events
        job = events.job("checkpoint")
        self.turn = Turn(DiskStore(), job.checkpoint, run, before, look_seconds=0.1)
        self._job = replace(job, turn=self.turn)
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            telemetry = Telemetry(self._events.cloudwatch, "dev")
            stream.run(self._events.spark, self._job, contract_of(self._events.topic), telemetry)
        except Exception as error:
            self.failure = error

    def said(self, name: str) -> dict[str, int] | None:
        """One of its objects."""
        file = self._events.folder / "checkpoint.runs" / self.turn.run / f"{name}.json"
        return json.loads(file.read_text()) if file.is_file() else None

    def ask(self) -> None:
        """Ask it to end, as a command does."""
        file = self._events.folder / "checkpoint.runs" / self.turn.run / "asked.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")

    def ended(self) -> None:
        self.join(60)
        assert not self.is_alive()
        assert self.failure is None


def _numbers(folder: Path) -> list[int]:
    return sorted(int(file.name) for file in folder.iterdir() if file.name.isdigit())


def test_run_that_is_asked_to_end_finishes_its_batch_and_hands_over(events: EventLake, topic: Topic) -> None:
    topic.send(event(1), event(2))
    first = Run(events, "first")
    first.start()
    wait_for(lambda: first.said("up") is not None)
    second = Run(events, "second", before="first")
    second.start()
    topic.send(event(3))

    first.ended()
    wait_for(lambda: (second.said("up") or {}).get("batch") is not None)
    wait_for(lambda: (3, "departed") in events.delays())
    second.ask()
    second.ended()

    bronze = [(row["_kafka_partition"], row["_kafka_offset"]) for row in events.bronze().collect()]
    assert sorted(bronze) == sorted(set(bronze))
    assert set(events.delays()) == {(flight, "departed") for flight in (1, 2, 3)}
    checkpoint = events.folder / "checkpoint"
    assert _numbers(checkpoint / "offsets") == _numbers(checkpoint / "commits")
    done = first.said("done")
    assert done is not None
    assert done["records"] in (1, 2)


def test_what_was_said_to_an_earlier_run_of_the_same_id_does_not_count(events: EventLake, topic: Topic) -> None:
    first = Run(events, "again")
    first.ask()
    first.start()
    first.ended()
    second = Run(events, "again")
    second.start()
    wait_for(lambda: second.said("done") is None and second.said("up") is not None)

    assert second.is_alive()
    second.ask()
    second.ended()


def test_run_that_dies_while_it_forgets_an_earlier_one_leaves_no_question_to_the_next(tmp_path: Path) -> None:
    store = DiskStore()
    turn = Turn(store, f"file://{tmp_path}/checkpoint", "again")
    folder = tmp_path / "checkpoint.runs" / "again"
    for number in range(3):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("asked", "up", "done"):
            (folder / f"{name}.json").write_text("{}")
        delete = Mock(wraps=store.delete, side_effect=[*[DEFAULT] * number, RuntimeError("killed")])
        with pytest.raises(RuntimeError, match="killed"):
            replace(turn, store=Mock(wraps=store, delete=delete)).take()

        turn.take()

        assert not turn.asked()


def test_run_before_that_died_is_waited_for_no_longer_than_it_may_take(tmp_path: Path) -> None:
    turn = Turn(DiskStore(), f"file://{tmp_path}/checkpoint", "next", "dead", patience_seconds=0)

    turn.take()

    assert [path.name for path in (tmp_path / "checkpoint.runs" / "dead").iterdir()] == ["asked.json"]


def test_no_batch_begins_once_a_run_is_asked_to_end(tmp_path: Path) -> None:
    turn = Turn(DiskStore(), f"file://{tmp_path}/checkpoint", "run", look_seconds=0)
    turn.store.write(f"{turn.checkpoint}.runs/run/asked.json", b"{}")
    drain = Drain(turn)
    batch = {"numInputRows": 1, "batchId": 0, "timestamp": "2013-01-01T00:00:00.000Z", "durationMs": {}}
    # a query that has a batch at any time: the next begins before anybody can stop it
    busy = Mock(status={"isTriggerActive": True}, lastProgress=batch, recentProgress=[batch])
    busy.awaitTermination.side_effect = lambda _seconds: drain.admit()

    with pytest.raises(DrainedError):
        list(drain.pauses(busy, 60))


def test_run_rehearses_a_batch_of_the_newest_records_and_writes_nothing(
    events: EventLake, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    topic.send(event(1), event(1), "broken")

    rehearse(events.spark, events.job(), contract_of(topic.name))

    [told] = [record for record in caplog.records if record.message == "rehearsed"]
    assert (told.read, told.changed) == (3, 1)  # type: ignore[attr-defined]
    assert [len(history) for history in events.history().values()] == [0, 0, 0]
