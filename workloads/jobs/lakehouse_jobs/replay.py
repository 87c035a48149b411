"""Reads a part of a topic again: bounded, in batches of a new epoch, each committed once.

For rows that were lost or removed downstream, while the topic still has their records. What bronze or the dead letters
hold is left out by its place in Kafka, and silver takes what is newer than it has, so nothing is doubled. The plan is
stored before the first batch: a run that ended half way is finished by the same command with the same run id.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from pyspark.sql import SparkSession

from lakehouse_jobs import records as shapes
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.kafka import find_offsets, read_part, topic_id
from lakehouse_jobs.objects import ObjectStore
from lakehouse_jobs.stream_batch import Place, Stream
from lakehouse_jobs.stream_commit import commit
from lakehouse_jobs.tables import DatasetTables

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """Which part of the topic: from and up to an offset of every partition, or a moment; where plans are kept."""

    start: str
    end: str
    artifacts_uri: str
    store: ObjectStore
    dry_run: bool = False


@dataclass(frozen=True)
class Plan:
    """What a run does: its epoch, from which offset up to which of each partition, `step` records of each at once.

    `topic_id` is that of the topic that the offsets are of, where brokers give one.
    """

    start: str
    end: str
    epoch: int
    step: int
    spans: dict[str, list[int]]
    topic_id: str | None = None

    @property
    def records(self) -> int:
        """How many records it covers, by their offsets."""
        return sum(following - first for first, following in self.spans.values())

    def batches(self) -> Iterator[dict[str, list[int]]]:
        """The spans of each batch, in order."""
        longest = max((following - first for first, following in self.spans.values()), default=0)
        for done in range(0, longest, self.step):
            yield {
                partition: [min(first + done, following), min(first + done + self.step, following)]
                for partition, (first, following) in self.spans.items()
            }


@dataclass(frozen=True)
class Replayed:
    """How many records were read, how many of them rejected, and how many rows of silver changed."""

    read: int
    rejected: int
    merged: int


def run(spark: SparkSession, job: Stream, contract: Contract, part: Part) -> Replayed:
    """Read a part of the topic again, or with `dry_run` only judge it.

    :raises ConfigurationError: the part is none, or another than the one this run id was begun with.
    """
    plan = _planned(spark, job, contract, part)
    job = replace(job, epoch=plan.epoch)
    done = Replayed(0, 0, 0)
    for number, spans in enumerate(plan.batches()):
        with kept(shapes.judge_records(read_part(spark, job.brokers, contract, spans), contract)) as judged:
            if part.dry_run:
                found = shapes.spans(judged).values()
                read, rejected, merged = sum(one.records for one in found), sum(one.rejected for one in found), 0
            else:
                place = Place(f"{contract.dataset}-replay-{job.run_id}", number)
                committed = commit(judged, job, contract, place)
                read, rejected, merged = committed.batch.read, committed.batch.planned.rejected, committed.merged
        done = Replayed(done.read + read, done.rejected + rejected, done.merged + merged)
    _LOGGER.info(
        "topic read again", extra={"dryRun": part.dry_run, "epoch": plan.epoch, "spans": plan.spans, **vars(done)}
    )
    return done


def _planned(spark: SparkSession, job: Stream, contract: Contract, part: Part) -> Plan:
    """The plan this run id was begun with, else a new one, stored unless it is a dry run."""
    uri = f"{part.artifacts_uri.rstrip('/')}/runs/{job.run_id}/replay.json"
    topic = contract.stream.topic
    stored, found = job.retry.run("read the plan", lambda: part.store.read(uri)), topic_id(spark, job.brokers, topic)
    if stored is not None:
        plan = Plan(**json.loads(stored))
        if (plan.start, plan.end) != (part.start, part.end):
            must, got = (
                f"go from {plan.start} to {plan.end}, as run {job.run_id} was begun",
                f"{part.start} to {part.end}",
            )
            raise ConfigurationError(problem("--from, --to", must, got, "take another run id"))
        if plan.topic_id not in (None, found):
            must = f"be of the topic {topic} that is there, {found}"
            remedy = "it was deleted and made again: take another run id"
            raise ConfigurationError(problem(f"run {job.run_id}", must, plan.topic_id, remedy))
        return plan
    firsts = find_offsets(spark, job.brokers, topic, part.start)
    followings = find_offsets(spark, job.brokers, topic, part.end)
    spans = {str(partition): [first, max(first, followings[partition])] for partition, first in firsts.items()}
    step = max(1, job.max_records // len(spans))
    plan = Plan(part.start, part.end, _epoch(spark, job, contract) + 1, step, spans, found)
    if not part.dry_run:
        job.retry.run("write the plan", lambda: part.store.write(uri, json.dumps(asdict(plan)).encode()))
    return plan


def _epoch(spark: SparkSession, job: Stream, contract: Contract) -> int:
    """The newest epoch in which records were committed."""
    tables = DatasetTables.of(spark, job.databases, contract.dataset)
    snapshots = [snapshot for table in (tables.bronze, tables.dlq, tables.silver) for snapshot in table.history()]
    return max((int(snapshot.get("epoch") or 0) for snapshot in snapshots), default=0)
