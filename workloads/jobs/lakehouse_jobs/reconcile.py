"""Compares the batch view and the stream view of the same facts, day by day and row for row.

Flights come from a database and tell in the end what happened; their events come from a topic, as it happens, by
another way. From the flights follow the events with every column that both know. A day is closed two days after its
end in both views: by then each has heard of the longest delays, diversions and late reports.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConfigurationError, TerminalError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.iceberg import CATALOG, IcebergTable
from lakehouse_jobs.objects import ObjectStore
from lakehouse_jobs.retry import RetryPolicy

_LOGGER = logging.getLogger(__name__)
CLOSES_AFTER = timedelta(days=2)
"""How long after its end a day is closed."""
SHARED = (
    *("event_type", "time_hour", "carrier", "flight", "origin", "dest", "tailnum"),
    *("scheduled_clock", "actual_clock", "delay", "air_time", "departed_at"),
)
"""What both views know. Of an arrival's moment the flights know no more than the clock at the destination."""
_MOST_EXAMPLES = 5
_DAY, _BATCH, _STREAM = "_day", "_batch", "_stream"


@dataclass(frozen=True)
class Comparison:
    """The batch view of a stream's dataset: the dataset it follows from, its ordering column, and how it follows."""

    dataset: str
    ordering_column: str
    events: Callable[[DataFrame], DataFrame]


@dataclass(frozen=True)
class Reconcile:
    """A run: its ids, where it reads and writes, and the first day to look at (None: the first there is)."""

    run_id: str
    correlation_id: str
    databases: Mapping[str, str]
    artifacts_uri: str
    store: ObjectStore
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    since: date | None = None


@dataclass(frozen=True)
class Day:
    """A closed day, by the scheduled departure in UTC: rows of each view, rows of one that the other lacks."""

    day: str
    rowsBatch: int  # noqa: N815 (the document's names)
    rowsStream: int  # noqa: N815
    onlyInBatch: int  # noqa: N815
    onlyInStream: int  # noqa: N815
    examples: list[dict[str, Any]] = field(default_factory=list)
    agree: bool = field(kw_only=True)


@dataclass(frozen=True)
class Reconciliation:
    """What was compared, as the document `runs/<run id>/reconciliation.json`."""

    runId: str  # noqa: N815 (the document's names)
    correlationId: str  # noqa: N815
    batch: str
    stream: str
    knownUpTo: str  # noqa: N815
    agree: bool
    days: list[Day]

    @property
    def difference(self) -> str:
        """The days that differ, in words; empty when the views agree."""
        return ", ".join(
            f"{day.day} ({day.onlyInBatch} rows only in {self.batch}, {day.onlyInStream} only in {self.stream})"
            for day in self.days
            if not day.agree
        )


def run(spark: SparkSession, job: Reconcile, contract: Contract) -> Reconciliation:
    """Compare all closed days, and store what was found.

    :raises ConfigurationError: nothing is known of a batch view of the dataset.
    :raises TerminalError: no day is closed in both views yet, so that nothing was compared.
    """
    comparison = comparison_of(contract.dataset)
    flights, events = (
        IcebergTable(spark, f"{CATALOG}.{job.databases['silver']}.{name}").read()
        for name in (comparison.dataset, contract.dataset)
    )
    known = min(_newest(flights, comparison.ordering_column), _newest(events, contract.ordering_column))
    last = (known - CLOSES_AFTER - timedelta(days=1)).date()
    with kept(counts(comparison.events(flights), shared(events), (job.since, last))) as counted:
        days = days_of(counted)
    if not days:
        must, remedy = "have a day that is closed in both views", "run it again when both have gone on"
        raise TerminalError(problem(contract.dataset, must, f"both known up to {known.isoformat()}", remedy))
    agree = all(day.agree for day in days)
    names = (job.run_id, job.correlation_id, comparison.dataset, contract.dataset)
    found = Reconciliation(*names, known.isoformat(), agree, days)
    document = json.dumps(asdict(found), indent=2, default=str).encode()
    uri = f"{job.artifacts_uri.rstrip('/')}/runs/{job.run_id}/reconciliation.json"
    job.retry.run("write the reconciliation", lambda: job.store.write(uri, document))
    rows = {"rowsBatch": sum(day.rowsBatch for day in days), "rowsStream": sum(day.rowsStream for day in days)}
    _LOGGER.info("views compared", extra={"days": len(days), "agree": agree, **rows})
    return found


def comparison_of(dataset: str) -> Comparison:
    """The batch view of a stream's dataset.

    :raises ConfigurationError: there is none.
    """
    if dataset not in _COMPARISONS:
        known = ", ".join(_COMPARISONS)
        raise ConfigurationError(problem("dataset", f"be one of {known}", dataset, "pass another --dataset"))
    return _COMPARISONS[dataset]


def events_of_flights(flights: DataFrame) -> DataFrame:
    """The departures and arrivals that flights tell of. In: silver `flights`. Out: `SHARED`."""
    minutes = F.expr("make_interval(0, 0, 0, 0, 0, minute + dep_delay, 0)")
    departed = flights.where("dep_time IS NOT NULL").select(
        *_event("departed", "dep"), F.lit(None).cast("int").alias("air_time"), (F.col("time_hour") + minutes)
    )
    arrived = flights.where("arr_time IS NOT NULL").select(
        *_event("arrived", "arr"), "air_time", F.lit(None).cast("timestamp")
    )
    return departed.union(arrived).toDF(*SHARED)


def shared(events: DataFrame) -> DataFrame:
    """The events as the stream knows them. In: silver `flight_events`. Out: `SHARED`."""
    departed_at = F.when(F.col("event_type") == "departed", F.col("event_time")).alias("departed_at")
    return events.select(*SHARED[:-1], departed_at)


def counts(batch: DataFrame, stream: DataFrame, span: tuple[date | None, date]) -> DataFrame:
    """Each distinct row of the days from one to another (None: from the first), and how often each view has it.

    What one has oftener than the other is what `exceptAll` would give, both ways in one pass.
    """
    since, last = span
    sides = batch.withColumns({_BATCH: F.lit(1), _STREAM: F.lit(0)})
    sides = sides.unionByName(stream.withColumns({_BATCH: F.lit(0), _STREAM: F.lit(1)}))
    day = F.to_date("time_hour")
    within = day <= F.lit(last) if since is None else day.between(F.lit(since), F.lit(last))
    totals = (F.sum(name).alias(name) for name in (_BATCH, _STREAM))
    return sides.where(within).groupBy(*SHARED).agg(*totals).withColumn(_DAY, day.cast("string"))


def _event(event_type: str, prefix: str) -> list[Any]:
    key = [F.lit(event_type), *(F.col(name) for name in SHARED[1:7])]
    return [*key, f"sched_{prefix}_time", f"{prefix}_time", f"{prefix}_delay"]


def _newest(rows: DataFrame, ordering_column: str) -> datetime:
    [row] = rows.agg(F.unix_micros(F.max(ordering_column))).collect()
    return datetime.fromtimestamp((row[0] or 0) / 1_000_000, UTC)


def days_of(counted: DataFrame) -> list[Day]:
    """What `counts` comes to each day, with some rows of each difference."""
    surplus = F.col(_BATCH) - F.col(_STREAM)
    only = [F.sum(F.greatest(F.lit(0), difference)) for difference in (surplus, -surplus)]
    rows = counted.groupBy(_DAY).agg(F.sum(_BATCH), F.sum(_STREAM), *only).orderBy(_DAY).collect()
    plain = [
        Day(str(row[0]), int(row[1]), int(row[2]), int(row[3]), int(row[4]), agree=row[3] + row[4] == 0) for row in rows
    ]
    if all(day.agree for day in plain):
        return plain
    examples = _examples(counted.where(surplus != 0))
    return [replace(day, examples=examples.get(day.day, [])) for day in plain]


def _examples(different: DataFrame) -> dict[str, list[dict[str, Any]]]:
    """By day, some rows that one view has oftener than the other, and how often each has them."""
    order = Window.partitionBy(_DAY).orderBy(*SHARED[1:6], "event_type")
    text = F.to_json(F.struct(*SHARED, F.col(_BATCH).alias("inBatch"), F.col(_STREAM).alias("inStream")))
    ranked = different.select(_DAY, text.alias("_text"), F.row_number().over(order).alias("_rank"))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in ranked.where(F.col("_rank") <= _MOST_EXAMPLES).orderBy(_DAY, "_rank").collect():
        found.setdefault(str(row[_DAY]), []).append(json.loads(row["_text"]))
    return found


_COMPARISONS: Mapping[str, Comparison] = {"flight_events": Comparison("flights", "updated_at", events_of_flights)}
