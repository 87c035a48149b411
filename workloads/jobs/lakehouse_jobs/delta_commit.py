"""The commits of one batch of a stream into Delta tables: DLQ, bronze, silver, each made once.

Delta keeps in a table, with the commit itself, the newest batch of each application, and leaves out what is not newer.
An application is a stream with its checkpoint, so a repeated batch finds what is there. A driver that was paused within
a commit while another made the same one fails when it wakes up, and is left out when it tries again.

Another checkpoint counts its batches anew and is another application. So an append leaves out the records whose place
in Kafka the table holds, and reads them in its own transaction: where others come in between, its commit is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StructField, StructType

from lakehouse_jobs import records as shapes
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.engines import DeltaTable, Transaction
from lakehouse_jobs.exceptions import AccountError, ConfigurationError, problem
from lakehouse_jobs.stream_batch import Counts, Place, Standing, Stream, StreamBatch, properties_of
from lakehouse_jobs.stream_commit import Committed, origin_of
from lakehouse_jobs.transforms import merge_statement, newest_by_key

_NEW = Standing({}, {})
_S3 = ("s3", "s3a", "s3n")


@dataclass(frozen=True)
class DeltaTables:
    """Bronze, DLQ and silver of a dataset, in folders below a URI."""

    bronze: DeltaTable
    dlq: DeltaTable
    silver: DeltaTable

    @classmethod
    def below(cls, spark: SparkSession, uri: str, dataset: str) -> DeltaTables:
        """`<uri>/bronze/<dataset>`, `<uri>/bronze/<dataset>__dlq`, `<uri>/silver/<dataset>`."""
        names = (f"bronze/{dataset}", f"bronze/{dataset}__dlq", f"silver/{dataset}")
        return cls(*(DeltaTable(spark, f"{uri.rstrip('/')}/{name}") for name in names))


def check_store(spark: SparkSession, uri: str) -> None:
    """See that of two drivers that commit at once only one can.

    :raises ConfigurationError: on S3 Delta's own way does not see to it.
    """
    scheme = urlsplit(uri).scheme
    setting = f"spark.delta.logStore.{scheme}.impl"
    if scheme in _S3 and spark.conf.get(setting, None) is None:
        must = f"be in a store whose commits exclude each other: {setting} set"
        remedy = "set it to io.delta.storage.S3DynamoDBLogStore and bring its jar, or leave --delta out"
        raise ConfigurationError(problem("delta", must, uri, remedy))


def commit(judged: DataFrame, job: Stream, contract: Contract, place: Place) -> Committed:
    """Commit what is not committed yet of a batch of judged records.

    :raises AccountError: bronze and the DLQ do not hold each of its records once.
    """
    tables = DeltaTables.below(judged.sparkSession, job.delta or "", contract.dataset)
    batch = StreamBatch(place, job.epoch, origin_of(job, contract, place), shapes.spans(judged), _NEW)
    if batch.read == 0:
        return Committed(batch, batch.planned, 0)
    return DeltaCommit(job, contract, tables, batch).run(judged)


class DeltaCommit:
    """The commits of one batch, in their order; each is made once, however often the batch is repeated."""

    def __init__(self, job: Stream, contract: Contract, tables: DeltaTables, batch: StreamBatch) -> None:
        self._job = job
        self._contract = contract
        self._tables = tables
        self._batch = batch
        self._facts = properties_of(job, contract, batch, batch.planned)

    def run(self, judged: DataFrame) -> Committed:
        """Commit what is not committed yet of the batch's judged records."""
        batch, (bronze, dlq, silver) = self._batch, self._shapes(judged)
        self._tables.bronze.ensure(bronze.schema)
        self._tables.dlq.ensure(dlq.schema)
        self._tables.silver.ensure(_with_required(silver.drop(*shapes.PLACE).schema, self._contract))
        if batch.planned.rejected > 0:
            self._append_dlq(dlq)
        if batch.planned.valid > 0:
            self._append_bronze(bronze)
        counts = self._accounted(judged)
        return Committed(batch, counts, self._merge_silver(judged) if counts.valid + counts.duplicate > 0 else 0)

    def _shapes(self, judged: DataFrame) -> tuple[DataFrame, DataFrame, DataFrame]:
        """The batch in the shapes of bronze, DLQ and silver."""
        origin = self._batch.origin
        dataset = shapes.dataset_rows(judged, self._contract, origin)
        return shapes.history_rows(judged, origin), shapes.dlq_rows(judged, origin), dataset

    def _append_dlq(self, rows: DataFrame) -> None:
        self._append(self._tables.dlq, "dlq", self._unsettled(rows, self._tables.bronze).coalesce(1))

    def _append_bronze(self, rows: DataFrame) -> None:
        self._append(self._tables.bronze, "bronze", self._unsettled(rows, self._tables.dlq))

    def _append(self, table: DeltaTable, kind: str, rows: DataFrame) -> None:
        """Of the table, only the files are read that may hold records of the batch, by what Delta knows of them."""

        def append() -> None:
            known = table.read().where(shapes.within(self._batch.spans)).select(*shapes.IDENTITY)
            unknown = rows.join(known, list(shapes.IDENTITY), "left_anti").select(*rows.columns)
            table.append_in(self._transaction(kind), unknown)

        self._job.retry.run(f"commit to {table.name}", append)

    def _unsettled(self, rows: DataFrame, other: DeltaTable) -> DataFrame:
        """`rows` less those that are in the other table, by a contract that judged them otherwise: it stays at that."""
        settled = other.read().where(shapes.within(self._batch.spans)).select(*shapes.IDENTITY)
        return rows.join(settled, list(shapes.IDENTITY), "left_anti").select(*rows.columns)

    def _accounted(self, judged: DataFrame) -> Counts:
        """Compare what Kafka gave with what bronze and the DLQ hold now."""
        own, inside = F.col("_batch_token") == self._batch.origin.token, shapes.within(self._batch.spans)
        bronze, dlq = (
            table.read().where(inside).select(*shapes.IDENTITY, own.alias("_own"), F.lit(kind).alias("_kind"))
            for table, kind in ((self._tables.bronze, "valid"), (self._tables.dlq, "rejected"))
        )
        held = shapes.places(judged).join(bronze.unionByName(dlq), list(shapes.IDENTITY), "left")
        kinds = [F.count_if(F.col("_own") & (F.col("_kind") == kind)) for kind in ("valid", "rejected")]
        [[valid, rejected, lost]] = held.agg(*kinds, F.count_if(F.col("_kind").isNull())).collect()
        duplicate = self._batch.read - valid - rejected
        if lost > 0 or duplicate < 0:
            must = f"be {self._batch.read} records in bronze, in the DLQ or there before"
            found = f"{valid} in bronze, {rejected} in the DLQ, {lost} nowhere"
            remedy = "keep checkpoint and tables as they are, and compare both with the topic by partition and offset"
            subject = f"{self._contract.dataset} batch {self._batch.place.number}"
            raise AccountError(problem(subject, must, found, remedy))
        return Counts(self._batch.read, int(valid), int(rejected), duplicate=int(duplicate))

    def _merge_silver(self, judged: DataFrame) -> int:
        """How many rows were inserted or updated; all valid records are offered: silver catches up with bronze.

        The order makes an offer that silver has seen change nothing.
        """
        silver, view = self._tables.silver, f"changes_{self._batch.origin.token}"
        dead = self._tables.dlq.read().where(shapes.within(self._batch.spans)).select(*shapes.IDENTITY)
        offered = judged.join(dead, shapes.same_record(), "left_anti")
        newest = newest_by_key(
            shapes.dataset_rows(offered, self._contract, self._batch.origin), self._contract, shapes.PLACE
        )
        newest.drop(*shapes.PLACE).createOrReplaceTempView(view)
        statement = merge_statement(silver.quoted, view, self._contract)
        try:
            metrics = self._job.retry.run(
                f"commit to {silver.name}", lambda: silver.execute_in(self._transaction("silver"), statement)
            )
        finally:
            judged.sparkSession.catalog.dropTempView(view)
        return sum(int(row["num_affected_rows"]) for row in metrics)

    def _transaction(self, kind: str) -> Transaction:
        place = self._batch.place
        return Transaction(f"{place.stream_id}:{self._batch.epoch}:{kind}", place.number, self._facts)


def _with_required(schema: StructType, contract: Contract) -> StructType:
    required = {column.name for column in contract.columns if column.required}
    return StructType([StructField(column.name, column.dataType, column.name not in required) for column in schema])
