"""What of a batch is known already: records that another batch took, or that an ended attempt at it has judged."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import records as shapes
from lakehouse_jobs.stream_batch import Counts, StreamBatch
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.validation import REASONS

_KNOWN = "_known"
_DUPLICATE, _WAITING, _SETTLED = "duplicate", "waiting", "settled"


def mark(judged: DataFrame, batch: StreamBatch, tables: DatasetTables) -> DataFrame:
    """Judged records with `_known`, which is null where nobody has committed them.

    `duplicate`: another batch did. `waiting`: another batch did by a contract that they broke; they wait among the dead
    letters until a redrive takes them. `settled`: an earlier attempt at this batch did, by a contract that judged them
    otherwise; it stays at that. Only the part of the tables that the batch may hold is read.
    """
    marked, own = judged, F.col("_batch_token") == batch.origin.token
    whose = {"own": own, "other": ~own}
    waits = {"waits": ~own & (F.col("_status") == "new")}
    for name, table, facts in (("bronze", tables.bronze, whose), ("dlq", tables.dlq, whose | waits)):
        held = table.read().where(shapes.within(batch.spans)).groupBy(*shapes.IDENTITY)
        places = held.agg(*[F.bool_or(fact).alias(f"_{name}_{key}") for key, fact in facts.items()])
        marked = marked.join(places, shapes.same_record(), "left").drop(*shapes.IDENTITY)
    valid = F.size(REASONS) == 0

    def found(table: str, whose: str) -> Column:
        return F.coalesce(F.col(f"_{table}_{whose}"), F.lit(False))

    settled = F.when(valid, found("dlq", "own")).otherwise(found("bronze", "own"))
    duplicate = found("bronze", "other") | (~valid & found("dlq", "other"))
    waiting = found("dlq", "waits") & F.lit(not batch.place.redrives)
    known = F.when(settled, _SETTLED).when(duplicate, _DUPLICATE).when(waiting, _WAITING)
    return marked.select(*judged.columns, known.alias(_KNOWN))


def offered(marked: DataFrame) -> DataFrame:
    """Those that silver may take: it has an order of its own, and may be behind bronze."""
    return marked.where(F.col(_KNOWN).isNull() | (F.col(_KNOWN) == _DUPLICATE)).drop(_KNOWN)


def fresh(marked: DataFrame) -> DataFrame:
    """Those that bronze and the DLQ are still to take."""
    return marked.where(F.col(_KNOWN).isNull()).drop(_KNOWN)


def counts(marked: DataFrame) -> Counts:
    """What becomes of all of them."""
    valid, unknown = F.size(REASONS) == 0, F.col(_KNOWN).isNull()
    [row] = marked.agg(
        F.count("*"),
        F.count_if(unknown & valid),
        F.count_if(unknown & ~valid),
        F.count_if(F.col(_KNOWN).isin(_DUPLICATE, _WAITING)),
    ).collect()
    return Counts(read=int(row[0]), valid=int(row[1]), rejected=int(row[2]), duplicate=int(row[3]))
