"""The commits of one batch of a stream, or of a replay or redrive: DLQ, bronze, late records, silver, windows."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import records as shapes
from lakehouse_jobs import reread
from lakehouse_jobs.commits import commit_once
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import AccountError, ConcurrentRunError, ConfigurationError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.hours import Hours, number_of
from lakehouse_jobs.iceberg import PREFIX, IcebergTable
from lakehouse_jobs.landing import batch_token
from lakehouse_jobs.stream_batch import Counts, Place, Stream, StreamBatch, properties_of, standing_of
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.transforms import CHANGE, changed_rows, merge_statement, newest_by_key
from lakehouse_jobs.validation import quoted
from lakehouse_jobs.windows import Change, Windows

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Committed:
    """A batch as it was committed: what became of its records, and how many rows of silver they changed."""

    batch: StreamBatch
    counts: Counts
    merged: int


def commit(judged: DataFrame, job: Stream, contract: Contract, place: Place) -> Committed:
    """Commit what is not committed yet of a batch of judged records.

    Where another writer commits to the dataset meanwhile, the batch is planned again on what is there then.

    :raises AccountError: bronze and the DLQ do not hold each of its records once.
    """
    # the batch's own session, in which the views of its rows are found
    tables = DatasetTables.of(judged.sparkSession, job.databases, contract.dataset)
    origin, spans, attempts = origin_of(job, contract, place), shapes.spans(judged), itertools.count(1)
    while True:
        batch = StreamBatch(place, job.epoch, origin, spans, standing_of(tables))
        if batch.read == 0:
            return Committed(batch, batch.planned, 0)
        try:
            return StreamCommit(job, contract, tables, batch).run(judged)
        except ConcurrentRunError as error:
            if next(attempts) == job.retry.attempts:
                raise
            _LOGGER.warning("batch is planned again", extra={"batch": place.number, "error": str(error)})


def origin_of(job: Stream, contract: Contract, place: Place) -> shapes.Origin:
    """What the rows of a batch say of it; a repetition has another time and run, and the same token."""
    return shapes.Origin(
        source=contract.stream.address,
        token=batch_token(place.stream_id, job.epoch, place.number),
        run_id=job.run_id,
        contract_version=contract.version,
        extracted_at=datetime.now(UTC),
    )


class StreamCommit:
    """The commits of one batch, in their order; each is made once, however often the batch is repeated."""

    def __init__(self, job: Stream, contract: Contract, tables: DatasetTables, batch: StreamBatch) -> None:
        self._job = job
        self._contract = contract
        self._tables = tables
        self._batch = batch

    def run(self, judged: DataFrame) -> Committed:
        """Commit what is not committed yet of the batch's judged records."""
        batch = self._batch
        if not batch.reads_again:
            return self._run(judged, judged, batch.planned)
        with kept(reread.mark(judged, batch, self._tables)) as marked:
            return self._run(reread.offered(marked), reread.fresh(marked), reread.counts(marked))

    def _run(self, offered: DataFrame, fresh: DataFrame, counts: Counts) -> Committed:
        """`fresh` records are for bronze and the DLQ; silver is offered more, so that it catches up with bronze."""
        self._require_same_records()
        properties = properties_of(self._job, self._contract, self._batch, counts)
        change = Change(self._batch.origin, self._batch.claim(), properties, self._job.retry)
        if counts.rejected > 0:
            self._append_dlq(fresh, properties)
        if counts.valid > 0:
            self._append_bronze(fresh, properties)
        counts = self._accounted(counts)
        windows = [Windows(offered.sparkSession, self._job.databases, contract) for contract in self._job.windows]
        merged = self._merge_silver(offered, windows, change) if self._batch.planned.valid > 0 else 0
        for one in windows:
            one.recompute(self._tables.silver, change)
        # of a record that another batch took to bronze this one may see that it is late, where that ended before silver
        late = min(counts.valid, max((self._added(one.late) for one in windows), default=0))
        return Committed(self._batch, replace(counts, valid=counts.valid - late, late=late), merged)

    def _require_same_records(self) -> None:
        """A batch that was committed must be the same when it is repeated: more would be taken for committed too."""
        for table in (self._tables.bronze, self._tables.dlq):
            snapshot = self._batch.claim().found_in(table.history())
            offsets = {} if snapshot is None else json.loads(snapshot.get("offsets") or "{}")
            known = {int(part): following for part, (_, following) in offsets.items()}
            spans = self._batch.spans.items()
            beyond = {part: span.following for part, span in spans if span.following > known.get(part, 0)}
            if snapshot is not None and beyond:
                must = f"give batch {self._batch.place.number} the records that {table.identifier} has of it"
                got = ", ".join(f"partition {part} up to {following}" for part, following in beyond.items())
                remedy = "it was damaged: start with an empty folder as --checkpoint, what tables hold is left out"
                raise ConfigurationError(problem("checkpoint", must, got, remedy))

    def _append_dlq(self, fresh: DataFrame, properties: Mapping[str, str]) -> None:
        self._append(self._tables.dlq, shapes.dlq_rows(fresh, self._batch.origin).coalesce(1), properties)

    def _append_bronze(self, fresh: DataFrame, properties: Mapping[str, str]) -> None:
        self._append(self._tables.bronze, shapes.history_rows(fresh, self._batch.origin), properties)

    def _append(self, table: IcebergTable, rows: DataFrame, properties: Mapping[str, str]) -> None:
        claim = self._batch.claim(self._tables.bronze, self._tables.dlq)
        commit_once(table, claim, lambda: table.append(rows, properties), self._job.retry)

    def _accounted(self, planned: Counts) -> Counts:
        """Compare what Kafka gave with what the snapshots say was added, and what was there before."""
        valid, rejected = self._added(self._tables.bronze), self._added(self._tables.dlq)
        found = valid + rejected + planned.duplicate
        # more are there only where an earlier attempt read records that the topic has compacted away since
        if found < planned.read or (found > planned.read and not self._batch.reads_again):
            must = f"be {planned.read} records in bronze, in the DLQ or there before"
            got = f"{valid} in bronze, {rejected} in the DLQ, {planned.duplicate} before"
            remedy = "keep checkpoint and tables as they are, and compare both with the topic by partition and offset"
            subject = f"{self._contract.dataset} batch {self._batch.place.number}"
            raise AccountError(problem(subject, must, got, remedy))
        return replace(planned, valid=valid, rejected=rejected)

    def _added(self, table: IcebergTable) -> int:
        snapshot = self._batch.claim().found_in(table.history())
        return 0 if snapshot is None else int(snapshot.summary.get("added-records", "0"))

    def _merge_silver(self, offered: DataFrame, windows: Sequence[Windows], change: Change) -> int:
        """How many rows were inserted or updated; its snapshot says which hours they were and are in.

        The order makes an offer that silver has seen change nothing, also when no token is left to tell so.
        """
        silver, contract, batch = self._tables.silver, self._contract, self._batch
        if batch.claim().found_in(silver.history()) is not None:
            return 0
        newest = newest_by_key(shapes.dataset_rows(offered, contract, batch.origin), contract, shapes.PLACE)
        replaced = {one.hours_key: number_of(one.moment_of_row()) for one in windows}
        with kept(changed_rows(newest, silver.read(), contract, replaced)) as changes:
            brought = [F.collect_set(number_of(one.moment_of_row())) for one in windows]
            [[count, *sets]] = changes.agg(F.count("*"), *brought, *map(F.collect_set, map(quoted, replaced))).collect()
            if count > 0:
                for one in windows:
                    one.keep_late(changes, offered, change)
                pairs = zip(replaced, sets[: len(windows)], sets[len(windows) :], strict=True)
                hours = {f"{PREFIX}{key}": str(Hours.of([*after, *before])) for key, after, before in pairs}
                self._merge(changes.drop(CHANGE, *shapes.PLACE, *replaced), {**change.properties, **hours})
        return int(count)

    def _merge(self, changes: DataFrame, properties: Mapping[str, str]) -> None:
        silver, token = self._tables.silver, self._batch.origin.token
        view = f"changes_{token}"
        changes.createOrReplaceTempView(view)
        statement, claim = merge_statement(silver.quoted, view, self._contract), self._batch.claim(silver)
        try:
            commit_once(silver, claim, lambda: silver.execute(statement, properties), self._job.retry)
        finally:
            changes.sparkSession.catalog.dropTempView(view)
