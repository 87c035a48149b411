"""The pure transformations between landing, bronze, DLQ and silver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs.contract import METADATA_COLUMNS, Contract
from lakehouse_jobs.landing import Batch
from lakehouse_jobs.validation import RAW, REASONS

CHANGE = "_change"
"""`insert` or `update`: what a row would do to silver."""
_NOTHING: Mapping[str, Column] = {}
_JSON_TIME = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


@dataclass(frozen=True)
class Judgement:
    """What a batch holds: rows, rejected rows, the least ordering value of the valid ones as text."""

    read: int
    rejected: int
    oldest: str | None


def judge(judged: DataFrame, contract: Contract) -> Judgement:
    """Count the rows that `validation.validate` judged, in one pass."""
    broken = F.size(REASONS) > 0
    ordering = F.when(~broken, F.col(f"`{contract.ordering_column}`"))
    [row] = judged.agg(F.count("*"), F.count_if(broken), F.min(ordering).cast("string")).collect()
    return Judgement(int(row[0]), int(row[1]), row[2])


def valid_rows(judged: DataFrame, contract: Contract, batch: Batch) -> DataFrame:
    """The rows without a reason. Out: the contract's columns, then `_extracted_at`, `_source`, `_run_id`,
    `_batch_token`."""
    values: dict[str, object] = {
        "_extracted_at": batch.extracted_at,
        "_source": batch.source,
        "_run_id": batch.run_id,
        "_batch_token": batch.token,
    }
    metadata = [F.lit(values[name]).cast(kind).alias(name) for name, kind in METADATA_COLUMNS]
    names = [F.col(f"`{name}`") for name in contract.column_names]
    return judged.where(F.size(REASONS) == 0).select(*names, *metadata)


def rejected_rows(judged: DataFrame, contract: Contract, batch: Batch) -> DataFrame:
    """The rows with a reason, in the shape of the DLQ table; `_payload` is the landed row as JSON, times in UTC.

    `_dlq_id` is the SHA-256 of source, key and payload, so the same bad row is kept once however often it is read.
    """
    options = {"ignoreNullFields": "false", "timestampFormat": _JSON_TIME}
    payload = F.to_json(F.col(RAW), options)
    key = F.to_json(F.struct(*[F.col(f"{RAW}.`{name}`") for name in contract.key]), options)
    rejected = judged.where(F.size(REASONS) > 0).select(F.col(REASONS), payload.alias("_payload"), key.alias("_key"))
    return rejected.select(
        F.sha2(F.concat_ws("\x1f", F.lit(batch.source), "_key", "_payload"), 256).alias("_dlq_id"),
        F.lit(batch.source).alias("_source"),
        "_payload",
        F.lit("json").alias("_payload_format"),
        F.col(REASONS),
        F.lit(batch.contract_version).alias("_contract_version"),
        F.lit(batch.token).alias("_batch_token"),
        F.lit(batch.run_id).alias("_run_id"),
        F.lit(batch.extracted_at).cast("timestamp").alias("_extracted_at"),
        F.lit(datetime.now(UTC).isoformat()).cast("timestamp").alias("_rejected_at"),
        F.lit("new").alias("_status"),
    ).dropDuplicates(["_dlq_id"])


def newest_by_key(
    rows: DataFrame, contract: Contract, ties: Sequence[str] = ("_extracted_at", "_batch_token")
) -> DataFrame:
    """One row for each key: the newest by the ordering column, then by the columns `ties`."""
    order = [F.col(f"`{name}`").desc() for name in (contract.ordering_column, *ties)]
    window = Window.partitionBy(*[f"`{name}`" for name in contract.key]).orderBy(*order)
    return rows.withColumn("_rank", F.row_number().over(window)).where("_rank = 1").drop("_rank")


def changed_rows(
    rows: DataFrame, silver: DataFrame, contract: Contract, replaced: Mapping[str, Column] = _NOTHING
) -> DataFrame:
    """The rows that would change silver, with `_change` = `insert` or `update`; older ones are left out.

    `replaced` names values of the rows of silver that would be replaced; an inserted row has nulls there.
    """
    ordering = contract.ordering_column
    values = [value.alias(name) for name, value in replaced.items()]
    held = silver.select(*contract.key, F.col(f"`{ordering}`").alias("_held"), *values)
    joined = rows.join(held, list(contract.key), "left")
    newer = F.when(F.col("_held").isNull(), "insert").when(F.col(f"`{ordering}`") > F.col("_held"), "update")
    return joined.withColumn(CHANGE, newer).where(F.col(CHANGE).isNotNull()).drop("_held")


def merge_statement(target: str, view: str, contract: Contract) -> str:
    """The ordered MERGE: a row that is not newer than what the table holds changes nothing."""
    names = [*contract.column_names, *[name for name, _ in METADATA_COLUMNS]]
    on = " AND ".join(f"t.`{name}` = s.`{name}`" for name in contract.key)
    sets = ", ".join(f"t.`{name}` = s.`{name}`" for name in names)
    columns = ", ".join(f"`{name}`" for name in names)
    values = ", ".join(f"s.`{name}`" for name in names)
    ordering = contract.ordering_column
    return (
        f"MERGE INTO {target} t USING {view} s ON {on}"
        f" WHEN MATCHED AND s.`{ordering}` > t.`{ordering}` THEN UPDATE SET {sets}"
        f" WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
    )
