"""Judges dead letters of a stream again: what keeps the contract now goes the way of all records, exactly once.

A contract was too strict, or its reader wrong: after the correction the rejected records are no longer broken. They are
appended to bronze unless it has them, merged into silver in the order of their versions, and marked `redriven`; others
stay, with the reasons of today. Marking comes last, so whatever ended a run, the next one finishes it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import records as shapes
from lakehouse_jobs.commits import Claim, commit_once
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.iceberg import PREFIX, TOKEN, IcebergTable
from lakehouse_jobs.landing import batch_token
from lakehouse_jobs.stream_batch import Place, Stream
from lakehouse_jobs.stream_commit import commit
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.validation import REASONS

_LOGGER = logging.getLogger(__name__)
_HEADERS = "array<struct<key: string, value: binary>>"


@dataclass(frozen=True)
class Choice:
    """Which of the new dead letters, as SQL over their columns, and whether to look only."""

    where: str
    dry_run: bool = False


@dataclass(frozen=True)
class Redriven:
    """How many dead letters were judged, how many of them keep the contract now, how many rows of silver changed."""

    judged: int
    valid: int
    merged: int


def run(spark: SparkSession, job: Stream, contract: Contract, choice: Choice) -> Redriven:
    """Judge the chosen dead letters that are still new, and commit what they come to.

    :raises ConfigurationError: the condition is none on the columns of dead letters.
    """
    dlq = DatasetTables.of(spark, job.databases, contract.dataset).dlq
    with kept(shapes.judge_records(records_of(_chosen(dlq, choice.where)), contract)) as judged:
        valid = judged.where(F.size(REASONS) == 0)
        counts, merged = (judged.count(), valid.count()), 0
        if not choice.dry_run and counts[0] > 0:
            place = Place(f"{contract.dataset}-redrive-{job.run_id}-{_fingerprint(judged)}", 0, redrives=True)
            merged = commit(valid, job, contract, place).merged
            _mark(dlq, shapes.verdicts(judged, contract), job, place)
    done = Redriven(*counts, merged)
    _LOGGER.info("dead letters judged again", extra={"dryRun": choice.dry_run, **vars(done)})
    return done


def records_of(dead: DataFrame) -> DataFrame:
    """Dead letters as the records they were. Out: the columns of Spark's Kafka source; headers are not kept."""
    return dead.select(
        F.col("_kafka_key").alias("key"),
        shapes.value_of(F.col("_payload"), F.col("_payload_format")).alias("value"),
        *(F.col(f"_kafka_{name}").alias(name) for name in ("topic", "partition", "offset", "timestamp")),
        F.lit(None).cast(_HEADERS).alias("headers"),
    )


def _chosen(dlq: IcebergTable, where: str) -> DataFrame:
    try:
        return dlq.read().where("_status = 'new'").where(where)
    except (AnalysisException, ParseException) as error:
        must = "be a condition on the columns of dead letters"
        raise ConfigurationError(problem("where", must, where, str(error).splitlines()[0])) from error


def _fingerprint(judged: DataFrame) -> str:
    """Tells one choice of letters from another: a run id that is used again with others is another batch."""
    [row] = judged.agg(
        F.sum(F.xxhash64(f"{shapes.RECORD}.partition", f"{shapes.RECORD}.offset").cast("decimal(38,0)"))
    ).collect()
    return str(row[0])


def _mark(dlq: IcebergTable, verdicts: DataFrame, job: Stream, place: Place) -> None:
    """Mark what was taken, and give the others the reasons they have now."""
    token = batch_token(place.stream_id, job.epoch, place.number)
    view = f"verdicts_{token}"
    verdicts.createOrReplaceTempView(view)
    facts = {"run-id": job.run_id, "correlation-id": job.correlation_id}
    properties = {TOKEN: token, **{f"{PREFIX}{key}": value for key, value in facts.items()}}
    statement = (
        f"MERGE INTO {dlq.quoted} t USING {view} s ON t._dlq_id = s._dlq_id"
        f" WHEN MATCHED AND size(s.{REASONS}) = 0 THEN UPDATE SET t._status = 'redriven'"
        f" WHEN MATCHED THEN UPDATE SET t.{REASONS} = s.{REASONS}, t._contract_version = s._contract_version"
    )
    try:
        commit_once(dlq, Claim(token), lambda: dlq.execute(statement, properties), job.retry)
    finally:
        verdicts.sparkSession.catalog.dropTempView(view)
