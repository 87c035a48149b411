"""The pure transformations between a record of Kafka and the rows of bronze, DLQ and silver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import payloads
from lakehouse_jobs.contract import METADATA_COLUMNS, Contract
from lakehouse_jobs.validation import REASONS, literal, quoted, validate

RECORD = "_record"
"""Struct of the record: topic, partition, offset, timestamp, key, headers, payload, format, and what is wrong with it
as a whole (`fault`, null for a JSON object)."""
COORDINATES = ("_kafka_topic", "_kafka_partition", "_kafka_offset", "_kafka_timestamp", "_kafka_key")
PLACE = ("_kafka_partition", "_kafka_offset")
IDENTITY = ("_kafka_topic", "_kafka_partition", "_kafka_offset", "_kafka_timestamp")
"""What identifies a record for ever; its time tells it from a record of a topic that was made anew."""
_REMEDY = "correct the producer, or relax the contract and re-drive the record"
_SHOWN = 80
_TEXT = "CASE WHEN encode(decode(value, 'UTF-8'), 'UTF-8') = value THEN decode(value, 'UTF-8') END"
_UNREADABLE = "(value IS NOT NULL AND _text IS NULL)"
_FAULTY = f"({payloads.DOCUMENT} IS NULL)"
_GOT = f"coalesce(substring(coalesce(_text, base64(value)), 1, {_SHOWN}), 'nothing')"
_FAULT = ", ".join([literal("'payload' must be a JSON object in UTF-8, got "), _GOT, literal(f"; {_REMEDY}")])
_RECORD = (
    "struct(topic, partition, offset, timestamp, key, headers,"
    f" CASE WHEN {_UNREADABLE} THEN base64(value) ELSE _text END AS payload,"
    f" CASE WHEN {_UNREADABLE} THEN 'base64' WHEN {_FAULTY} THEN 'text' ELSE 'json' END AS format,"
    f" CASE WHEN {_FAULTY} THEN concat({_FAULT}) END AS fault)"
)
_ALL_REASONS = (
    f"CASE WHEN {RECORD}.fault IS NULL THEN {REASONS} ELSE array(named_struct("
    f"'rule', 'payload', 'column', cast(null AS string), 'message', {RECORD}.fault)) END"
)


@dataclass(frozen=True)
class Origin:
    """What every row of a batch says of it: source address, token, run id, when it was read, contract version."""

    source: str
    token: str
    run_id: str
    contract_version: str
    extracted_at: datetime


@dataclass(frozen=True)
class Span:
    """The records of one partition in a batch: how many, how many rejected, first offset, the one after the last."""

    records: int
    rejected: int
    first: int
    following: int


def judge_records(records: DataFrame, contract: Contract) -> DataFrame:
    """Judge each record by the contract.

    In: the columns of Spark's Kafka source with headers. Out: the contract's columns in the contract's types,
    `_reasons` and `_record`. A payload that is no JSON object has one reason `payload` and no other; keys the contract
    does not know are kept in the payload alone.
    """
    columns = [quoted(name) for name in contract.column_names]
    parsed = payloads.with_document(records.selectExpr("*", f"{_TEXT} AS _text"), "_text", contract.column_names)
    named = [f"{payloads.DOCUMENT}.{name} AS {name}" for name in columns]
    judged = validate(parsed.selectExpr(*named, f"{_RECORD} AS {RECORD}"), contract, [RECORD])
    # of the row as it was landed nothing is used: the record has the payload
    return judged.selectExpr(*columns, RECORD, f"{_ALL_REASONS} AS {REASONS}")


def spans(judged: DataFrame) -> dict[int, Span]:
    """What the batch holds, by partition, in one pass."""
    rows = judged.groupBy(F.col(f"{RECORD}.partition")).agg(
        F.count("*"),
        F.count_if(F.size(REASONS) > 0),
        F.min(f"{RECORD}.offset"),
        F.max(f"{RECORD}.offset"),
    )
    return {int(row[0]): Span(int(row[1]), int(row[2]), int(row[3]), int(row[4]) + 1) for row in rows.collect()}


def history_rows(judged: DataFrame, origin: Origin) -> DataFrame:
    """The records without a reason, as they were received, in the shape of bronze."""
    return judged.where(F.size(REASONS) == 0).select(
        F.col(f"{RECORD}.payload").alias("_payload"),
        *_places(COORDINATES),
        F.col(f"{RECORD}.headers").alias("_kafka_headers"),
        *metadata(origin),
    )


def dataset_rows(judged: DataFrame, contract: Contract, origin: Origin) -> DataFrame:
    """The records without a reason, in the shape of silver, and `PLACE`, to order equal ones by."""
    return judged.where(F.size(REASONS) == 0).select(
        *[F.col(f"`{name}`") for name in contract.column_names],
        *metadata(origin),
        *_places(PLACE),
    )


def dlq_rows(judged: DataFrame, origin: Origin) -> DataFrame:
    """The records with a reason, in the shape of the DLQ; `_dlq_id` is the SHA-256 of the record's place and time."""
    broken = judged.where(F.size(REASONS) > 0).select(REASONS, RECORD, *_places(COORDINATES))
    return broken.select(
        dlq_id().alias("_dlq_id"),
        F.lit(origin.source).alias("_source"),
        F.col(f"{RECORD}.payload").alias("_payload"),
        F.col(f"{RECORD}.format").alias("_payload_format"),
        F.col(REASONS),
        F.lit(origin.contract_version).alias("_contract_version"),
        F.lit(origin.token).alias("_batch_token"),
        F.lit(origin.run_id).alias("_run_id"),
        F.lit(origin.extracted_at).alias("_extracted_at"),
        F.lit(datetime.now(UTC)).alias("_rejected_at"),
        F.lit("new").alias("_status"),
        *COORDINATES,
    )


def dlq_id() -> Column:
    """The id of a dead letter, by the columns `IDENTITY`."""
    return F.sha2(F.concat_ws("\x1f", *[F.col(name).cast("string") for name in IDENTITY]), 256)


def value_of(payload: Column, form: Column) -> Column:
    """The bytes that a record came with, from its payload and the payload's format."""
    return F.when(form == "base64", F.unbase64(payload)).otherwise(F.encode(payload, "UTF-8"))


def places(judged: DataFrame) -> DataFrame:
    """What identifies each judged record, as `IDENTITY`."""
    return judged.select(*_places(IDENTITY))


def verdicts(judged: DataFrame, contract: Contract) -> DataFrame:
    """Of each judged record `_dlq_id`, as it has as a dead letter, its reasons and the version that gave them."""
    placed = judged.select(REASONS, *_places(IDENTITY))
    return placed.select(dlq_id().alias("_dlq_id"), REASONS, F.lit(contract.version).alias("_contract_version"))


def same_record() -> list[Column]:
    """The conditions that a judged record and a row of bronze or DLQ are one record."""
    return [F.col(f"{RECORD}.{name.removeprefix('_kafka_')}") == F.col(name) for name in IDENTITY]


def within(found: Mapping[int, Span]) -> Column:
    """The condition that a row of bronze or DLQ lies in the span of its partition: all other files stay closed."""
    condition = F.lit(False)
    for partition, span in found.items():
        offset = F.col("_kafka_offset")
        inside = (F.col("_kafka_partition") == partition) & (offset >= span.first) & (offset < span.following)
        condition = condition | inside
    return condition


def _places(names: Sequence[str]) -> list[Column]:
    return [F.col(f"{RECORD}.{name.removeprefix('_kafka_')}").alias(name) for name in names]


def metadata(origin: Origin) -> list[Column]:
    """What every row of a batch says of it."""
    values: dict[str, object] = {
        "_extracted_at": origin.extracted_at,
        "_source": origin.source,
        "_run_id": origin.run_id,
        "_batch_token": origin.token,
    }
    return [F.lit(values[name]).cast(kind).alias(name) for name, kind in METADATA_COLUMNS]
