"""The commits of one batch of a stream, or of a replay or redrive: DLQ, bronze, late records, silver, windows."""

from __future__ import annotations

import itertools
import logging
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs import records as shapes
from lakehouse_jobs.commits import commit_once
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConcurrentRunError
from lakehouse_jobs.frames import kept
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.landing import batch_token
from lakehouse_jobs.stream_batch import Place, Stream, StreamBatch, properties_of, standing_of
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.transforms import CHANGE, changed_rows, merge_statement, newest_by_key
from lakehouse_jobs.windows import Change, Windows

_LOGGER = logging.getLogger(__name__)


def commit(judged: DataFrame, job: Stream, contract: Contract, place: Place) -> tuple[StreamBatch, int]:
    """Commit what is not committed yet of a batch of judged records; the batch, and how many rows of silver changed.

    Where another writer commits to the dataset meanwhile, the batch is planned again on what is there then.
    """
    # the batch's own session, in which the views of its rows are found
    tables = DatasetTables.of(judged.sparkSession, job.databases, contract.dataset)
    origin = shapes.Origin(
        source=contract.stream.address,
        token=batch_token(place.stream_id, job.epoch, place.number),
        run_id=job.run_id,
        contract_version=contract.version,
        extracted_at=datetime.now(UTC),
    )
    spans = shapes.spans(judged)
    for planned in itertools.count(1):
        batch = StreamBatch(place, job.epoch, origin, spans, standing_of(tables))
        try:
            return batch, 0 if batch.read == 0 else StreamCommit(job, contract, tables, batch).run(judged)
        except ConcurrentRunError as error:
            if planned == job.retry.attempts:
                raise
            _LOGGER.warning("batch is planned again", extra={"batch": place.number, "error": str(error)})
    raise AssertionError


class StreamCommit:
    """The commits of one batch, in their order; each is made once, however often the batch is repeated."""

    def __init__(self, job: Stream, contract: Contract, tables: DatasetTables, batch: StreamBatch) -> None:
        self._job = job
        self._contract = contract
        self._tables = tables
        self._batch = batch
        self._properties = properties_of(job, contract, batch)
        self._change = Change(batch.origin, batch.claim(), self._properties, job.retry)

    def run(self, judged: DataFrame) -> int:
        """Commit what is not committed yet; how many rows of silver were inserted or updated."""
        self._append_dlq(judged)
        self._append_bronze(judged)
        merged = self._merge_silver(judged)
        if merged > 0 or self._in_silver():
            for windows in self._windows(judged.sparkSession):
                windows.recompute(self._tables.silver, self._change)
        return merged

    def _append_dlq(self, judged: DataFrame) -> None:
        if self._batch.rejected == 0:
            return
        rows = self._unknown(shapes.dlq_rows(judged, self._batch.origin), self._tables.dlq)
        self._append(self._tables.dlq, rows.coalesce(1))

    def _append_bronze(self, judged: DataFrame) -> None:
        if self._batch.read == self._batch.rejected:
            return
        rows = self._unknown(shapes.history_rows(judged, self._batch.origin), self._tables.bronze)
        self._append(self._tables.bronze, rows)

    def _unknown(self, rows: DataFrame, table: IcebergTable) -> DataFrame:
        """`rows` less those that `table` holds; it is asked only when the batch begins before what was read."""
        if not self._batch.reads_again:
            return rows
        known = table.read().where(shapes.within(self._batch.spans)).select(*shapes.IDENTITY)
        return rows.join(known, list(shapes.IDENTITY), "left_anti").select(*rows.columns)

    def _append(self, table: IcebergTable, rows: DataFrame) -> None:
        if self._batch.reads_again and rows.isEmpty():
            return
        claim = self._batch.claim(self._tables)
        commit_once(table, claim, lambda: table.append(rows, self._properties), self._job.retry)

    def _merge_silver(self, judged: DataFrame) -> int:
        """How many rows were inserted or updated; all valid records are offered, so that silver catches up with bronze.

        The order makes an offer that silver has seen change nothing, also when no token is left to tell so.
        """
        silver, contract = self._tables.silver, self._contract
        if self._batch.read == self._batch.rejected or self._in_silver():
            return 0
        offered = shapes.dataset_rows(judged, contract, self._batch.origin)
        newest = newest_by_key(offered, contract, shapes.PLACE)
        with kept(changed_rows(newest, silver.read(), contract)) as changes:
            count = changes.count()
            if count > 0:
                self._keep_late(changes, judged)
                self._merge(changes.drop(CHANGE, *shapes.PLACE))
        return count

    def _in_silver(self) -> bool:
        return self._batch.claim().found_in(self._tables.silver.history()) is not None

    def _windows(self, spark: SparkSession) -> list[Windows]:
        return [Windows(spark, self._job.databases, contract) for contract in self._job.windows]

    def _keep_late(self, changes: DataFrame, judged: DataFrame) -> None:
        for windows in self._windows(judged.sparkSession):
            late = windows.keep_late(changes, judged, self._change)
            if late > 0:
                _LOGGER.info("late records kept", extra={"table": windows.late.identifier, "rows": late})

    def _merge(self, changes: DataFrame) -> None:
        silver, token = self._tables.silver, self._batch.origin.token
        view = f"changes_{token}"
        changes.createOrReplaceTempView(view)
        statement = merge_statement(silver.quoted, view, self._contract)
        try:
            claim = self._batch.claim()
            commit_once(silver, claim, lambda: silver.execute(statement, self._properties), self._job.retry)
        finally:
            changes.sparkSession.catalog.dropTempView(view)
