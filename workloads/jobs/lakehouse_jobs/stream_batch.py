"""A stream and its batches: what defines them, and what their snapshots say of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from lakehouse_jobs import records as shapes
from lakehouse_jobs.commits import Claim
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.contract_watch import ContractWatch
from lakehouse_jobs.draining import Turn
from lakehouse_jobs.exceptions import ConcurrentRunError, problem
from lakehouse_jobs.iceberg import PREFIX, TOKEN, IcebergTable, Snapshot
from lakehouse_jobs.kafka import Brokers
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.tables import DatasetTables

_READ_UP_TO = "read-up-to"


@dataclass(frozen=True)
class Stream:
    """A run: its ids, the brokers, where it writes and keeps its place, how much and how often it reads.

    `epoch` goes up with every planned replay; `databases` are Glue databases by zone, `windows` the contracts of what
    follows from the dataset, `watch` looks for newer ones. Each `report_seconds` in which there is nothing left to
    read, it says that the dataset is up to its source. Without a `turn` it cannot be asked to end. With `delta` it
    writes to Delta tables below that URI instead, and no windows.
    """

    run_id: str
    correlation_id: str
    brokers: Brokers
    databases: dict[str, str]
    checkpoint: str
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    available_now: bool = False
    trigger_seconds: int = 60
    max_records: int = 200_000
    epoch: int = 0
    windows: Sequence[Contract] = ()
    watch: ContractWatch | None = None
    report_seconds: float = 60
    turn: Turn | None = None
    delta: str | None = None


@dataclass(frozen=True)
class Place:
    """Which batch of which stream: with the epoch of the job, what its token is made of.

    A batch that `redrives` holds records that wait among the dead letters, and takes them.
    """

    stream_id: str
    number: int
    redrives: bool = False


@dataclass(frozen=True)
class Standing:
    """Where a dataset stands: how far it has read each partition, and the newest batch of each table, by identifier."""

    read_up_to: Mapping[int, int]
    newest: Mapping[str, str | None]


@dataclass(frozen=True)
class Counts:
    """What becomes of the records of a batch; each is one of the four.

    `valid` went to bronze; `late` did too, and is kept as late, because its window was closed; `rejected` went to the
    DLQ; of a `duplicate` the place in Kafka was there already, in bronze or in the DLQ, by another batch.
    """

    read: int
    valid: int
    rejected: int
    late: int = 0
    duplicate: int = 0


@dataclass(frozen=True)
class StreamBatch:
    """A batch: place, epoch, token, what it holds by partition, and where the dataset stood when it was planned."""

    place: Place
    epoch: int
    origin: shapes.Origin
    spans: Mapping[int, shapes.Span]
    standing: Standing

    @property
    def reads_again(self) -> bool:
        """Whether it holds records from before the place that the dataset had read up to."""
        before = self.standing.read_up_to
        return any(span.first < before.get(partition, 0) for partition, span in self.spans.items())

    @property
    def read(self) -> int:
        """How many records it holds."""
        return sum(span.records for span in self.spans.values())

    @property
    def planned(self) -> Counts:
        """What becomes of its records when none is known; which of the valid ones are late, silver will show."""
        rejected = sum(span.rejected for span in self.spans.values())
        return Counts(self.read, self.read - rejected, rejected)

    def claim(self, *tables: IcebergTable) -> Claim:
        """What its commits go by; `tables` must hold what they held when it was planned, but for its own commits."""

        def require() -> None:
            for table in tables:
                planned, found = self.standing.newest[table.identifier], _newest_in(table)
                if found not in (planned, self.origin.token):
                    must = f"be at batch {planned or 'none'}"
                    remedy = "the batch is planned again; see whether two streams, a replay or a redrive run at once"
                    raise ConcurrentRunError(problem(table.identifier, must, found, remedy))

        return Claim(self.origin.token, require, self._follows)

    def _follows(self, snapshot: Snapshot) -> bool:
        same = snapshot.get("stream-id") == self.place.stream_id and snapshot.get("epoch") == str(self.epoch)
        return same and int(snapshot.get("batch-id") or self.place.number) < self.place.number


def properties_of(job: Stream, contract: Contract, batch: StreamBatch, counts: Counts) -> dict[str, str]:
    """What every commit of a batch says of it in its snapshot."""
    before = batch.standing.read_up_to
    reached = {partition: span.following for partition, span in batch.spans.items()}
    furthest = {
        partition: max(reached.get(partition, 0), before.get(partition, 0)) for partition in sorted({*reached, *before})
    }
    offsets = {partition: [span.first, span.following] for partition, span in sorted(batch.spans.items())}
    facts = {
        "run-id": job.run_id,
        "correlation-id": job.correlation_id,
        "contract-version": batch.origin.contract_version,
        "stream-id": batch.place.stream_id,
        "epoch": batch.epoch,
        "batch-id": batch.place.number,
        "topic": contract.stream.topic,
        "offsets": json.dumps(offsets),
        _READ_UP_TO: json.dumps(furthest),
        **{f"rows-{name}": count for name, count in asdict(counts).items() if name != "late"},
    }
    return {TOKEN: batch.origin.token, **{f"{PREFIX}{key}": str(value) for key, value in facts.items()}}


def standing_of(tables: DatasetTables) -> Standing:
    """Where a dataset stands, by its snapshots."""
    furthest: dict[int, int] = {}
    for table in (tables.bronze, tables.dlq):
        snapshot = table.newest(_READ_UP_TO)
        known = {} if snapshot is None else json.loads(snapshot.get(_READ_UP_TO) or "{}")
        for partition, offset in known.items():
            furthest[int(partition)] = max(furthest.get(int(partition), 0), int(offset))
    newest = {table.identifier: _newest_in(table) for table in (tables.bronze, tables.dlq, tables.silver)}
    return Standing(furthest, newest)


def _newest_in(table: IcebergTable) -> str | None:
    snapshot = table.newest("batch-token")
    return None if snapshot is None else snapshot.get("batch-token")
