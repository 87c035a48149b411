"""Whatever is done to a stream, in whatever order: its tables are those of a model that knows each record.

The steps are chosen by Hypothesis: records, batches, ends at a commit, replays, expiry, compaction, a corrected
contract, dead letters that are re-driven. `LAKEHOUSE_MODEL_EXAMPLES` says how many sequences there are of them,
`LAKEHOUSE_MODEL_STEPS` how long they are.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from pyspark.sql import SparkSession

from lakehouse_jobs import redrive, replay, stream, stream_commit
from lakehouse_jobs.commits import commit_once
from lakehouse_jobs.contract import Column, Contract
from lakehouse_jobs.contract_rules import Rule
from lakehouse_jobs.engines import IcebergLakeTable
from lakehouse_jobs.exceptions import JobError
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.telemetry import Telemetry
from support.events import EventLake, contract_of, event
from support.kafka import KafkaServer, Topic

EXAMPLES = int(os.environ.get("LAKEHOUSE_MODEL_EXAMPLES", "3"))
STEPS = int(os.environ.get("LAKEHOUSE_MODEL_STEPS", "8"))
RELAXED = 6000
TOO_LATE = 5000
"""A delay that the contract takes once it is corrected."""
TABLES = ("dlq", "bronze", "silver")
FLIGHTS = st.integers(1, 4)
RECORDS = st.lists(st.tuples(FLIGHTS, st.sampled_from(["good", "good", "late", "broken"])), min_size=1, max_size=6)


@dataclass(frozen=True)
class Record:
    """A record that was sent: flight, version, and whether a contract takes it always, once corrected, or never."""

    flight: int
    version: int
    kind: str

    @property
    def delay(self) -> int:
        return TOO_LATE if self.kind == "late" else self.version

    @property
    def payload(self) -> str:
        if self.kind == "broken":
            return f"broken {self.version}"
        reported = f"2013-01-01T12:{self.version // 60:02d}:{self.version % 60:02d}Z"
        return event(self.flight, delay=self.delay, reported_at=reported, gate=f"G{self.version}")


class KilledError(RuntimeError):
    """Ends a batch at a commit."""


@contextmanager
def _killed_at(table: str, moment: str) -> Iterator[None]:
    """Batches end before or after they commit to a table."""

    def killed(target: Any, *arguments: Any, **named: Any) -> Any:
        name = target.identifier.rsplit(".", 2)
        found = "dlq" if name[-1].endswith("__dlq") else name[-2].partition("_")[0]
        if found != table:
            return commit_once(target, *arguments, **named)
        if moment == "after":
            commit_once(target, *arguments, **named)
        raise KilledError(f"{moment} {table}")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stream_commit, "commit_once", killed)
        yield


class StreamMachine(RuleBasedStateMachine):
    """The steps, and what they must come to."""

    lake: EventLake
    topic: Topic

    def __init__(self, make: Callable[[], tuple[EventLake, Topic]]) -> None:
        super().__init__()
        self.lake, self.topic = make()
        self.sent: list[Record] = []
        self.corrected = False

    @property
    def contract(self) -> Contract:
        contract = contract_of(self.topic.name)
        if not self.corrected:
            return contract
        rules = (Rule("maximum", RELAXED),)
        columns = [replace(one, rules=rules) if one.name == "delay" else one for one in contract.columns]
        gate = Column("gate", "string", required=False)
        return replace(contract, version="1.1.0", columns=(*columns, gate))

    @initialize(records=RECORDS)
    def begin(self, records: list[tuple[int, str]]) -> None:
        self.produce(records)

    @rule(records=RECORDS)
    def produce(self, records: list[tuple[int, str]]) -> None:
        """Records are sent; the newest version of a flight is the last."""
        first = len(self.sent)
        added = [Record(flight, first + number, kind) for number, (flight, kind) in enumerate(records)]
        self.topic.send(*[record.payload for record in added])
        self.sent += added

    @rule(most=st.sampled_from([3, 10_000]))
    def batch(self, most: int) -> None:
        """The topic is read to its end."""
        self._stream(most)
        self._check(complete=True)

    @rule(table=st.sampled_from(TABLES), moment=st.sampled_from(["before", "after"]))
    def crash(self, table: str, moment: str) -> None:
        """A batch ends half way; it may also have nothing to commit there, and then it does not."""
        with _killed_at(table, moment), suppress(JobError):
            self._stream(10_000)
        self._check()

    @rule(start=st.integers(0, 12))
    def replay(self, start: int) -> None:
        """A part of the topic is read again, whether the stream has read it or not."""
        part = replay.Part(str(start), "latest", f"file://{self.lake.folder}", DiskStore())
        replay.run(self.lake.spark, self.lake.job(), self.contract, part)
        self._check()

    @rule()
    def expire(self) -> None:
        """All old snapshots are given up."""
        for table in self._tables():
            table.expire(datetime.now(UTC))

    @rule()
    def compact(self) -> None:
        """Small files become large ones."""
        for table in self._tables():
            table.compact()

    @precondition(lambda self: not self.corrected)
    @rule()
    def correct(self) -> None:
        """The contract takes longer delays, and has a column more."""
        silver = self.lake.tables.silver.quoted
        self.lake.spark.sql(f"ALTER TABLE {silver} ADD COLUMN gate string")
        self.corrected = True

    @precondition(lambda self: self.corrected)
    @rule()
    def redrive(self) -> None:
        """Dead letters are judged again."""
        redrive.run(self.lake.spark, self.lake.job(), self.contract, redrive.Choice("true"))

    def teardown(self) -> None:
        """At the end the topic is read, and dead letters are judged by the contract that is in force."""
        self.batch(10_000)
        if self.corrected:
            self.redrive()
            assert [row for row in self._waiting() if self._of(row).kind == "late"] == []
            self._check(complete=True)

    def _stream(self, most: int) -> None:
        job = replace(self.lake.job("checkpoint"), available_now=True, max_records=most)
        stream.run(self.lake.spark, job, self.contract, Telemetry(self.lake.cloudwatch, "dev"))

    def _tables(self) -> list[IcebergLakeTable]:
        tables = self.lake.tables
        found = [
            IcebergLakeTable(self.lake.spark, table.identifier) for table in (tables.dlq, tables.bronze, tables.silver)
        ]
        return [table for table in found if table.versions()]

    def _waiting(self) -> list[dict[str, Any]]:
        return [row for row in self.lake.rejected() if row["_status"] == "new"]

    def _of(self, row: Any) -> Record:
        return self.sent[int(row["_kafka_offset"])]

    def _check(self, *, complete: bool = False) -> None:
        """No record is twice in bronze or among the dead letters that wait, and when all was read, each is once.

        Silver is what bronze comes to, when a batch has ended.
        """
        bronze: list[Any] = self.lake.bronze().select("_kafka_offset", "_payload").collect()
        waiting = self._waiting()
        places = Counter(row["_kafka_offset"] for row in [*bronze, *waiting])
        assert [place for place, count in places.items() if count > 1] == []
        assert [row["_payload"] for row in bronze] == [self._of(row).payload for row in bronze]
        assert {self._of(row).kind for row in bronze} <= {"good", "late"}
        assert {self._of(row).kind for row in waiting} <= {"late", "broken"}
        if complete:
            assert set(places) == set(range(len(self.sent)))
            newest: dict[tuple[int, str], Record] = {}
            for row in sorted(bronze, key=lambda row: row["_kafka_offset"]):
                newest[self._of(row).flight, "departed"] = self._of(row)
            assert self.lake.delays() == {key: record.delay for key, record in newest.items()}


def test_tables_are_those_of_the_model_whatever_is_done(
    spark: SparkSession, broker: KafkaServer, tmp_path: Path
) -> None:
    lakes = iter(range(EXAMPLES * 1000))

    def make() -> tuple[EventLake, Topic]:
        number = next(lakes)
        topic = Topic(spark, broker.brokers, f"events.model-{number}")
        topic.create(partitions=1)
        lake = EventLake(spark, tmp_path / str(number), topic.brokers, topic.name)
        lake.create()
        return lake, topic

    class Machine(StreamMachine):
        def __init__(self) -> None:
            super().__init__(make)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def machine(events: EventLake, topic: Topic) -> StreamMachine:
    """With a record that a corrected contract takes."""
    made = StreamMachine(lambda: (events, topic))
    made.produce([(1, "good"), (2, "late")])
    return made


def test_dead_letter_waits_when_its_record_is_read_again_by_a_corrected_contract(machine: StreamMachine) -> None:
    machine.batch(10_000)
    machine.correct()

    machine.replay(0)


def test_dead_letter_waits_when_its_batch_is_finished_by_a_corrected_contract(machine: StreamMachine) -> None:
    machine.crash("dlq", "after")
    machine.correct()

    machine.batch(10_000)
