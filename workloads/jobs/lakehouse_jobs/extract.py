"""Incremental reads from PostgreSQL that lose no row, whatever transactions were under way at the last read.

Two things can make a row new: its watermark column, and the transaction that wrote it. The watermark alone is not
enough: a transaction that was open during the last read commits rows that look old, and a source whose `updated_at` is
business time (here: 2013) never meets the database's clock. So a table is also asked for every row whose transaction
had not ended at the last read, by the row's `xmin` against the `pg_current_snapshot()` kept with the last batch. That
costs the source one sequential scan a run. A view has no `xmin`: there the ceiling and the overlap must do.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ContractError, problem
from lakehouse_jobs.readings import Reading, reading
from lakehouse_jobs.source import IN_UTC, Credentials, Relation, SourceSession, SourceState, quoted
from lakehouse_jobs.validation import require_columns

_LOGGER = logging.getLogger(__name__)
_FETCH_ROWS = 10_000
_ROWS_PER_READER = 250_000
_WITH_TRANSACTIONS = ("r", "m", "p")
_WITH_BLOCKS = ("r", "m")
_EPOCH = 1 << 32
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_TIME = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''


@dataclass(frozen=True)
class Progress:
    """What the last committed batch covered: its watermark (ISO 8601, UTC) and its `pg_current_snapshot()`."""

    watermark: str | None = None
    source_snapshot: str | None = None


@dataclass(frozen=True)
class Extraction:
    """A planned read: the source's state, the bounds, the columns as SQL, the condition rows meet, how many rows, how
    many readers."""

    state: SourceState
    relation: Relation
    lower_bound: str | None
    watermark: str | None
    columns: tuple[str, ...]
    condition: str
    rows: int
    readers: int


def plan(session: SourceSession, contract: Contract, progress: Progress, overlap: timedelta) -> Extraction | None:
    """Freeze the source and decide what to read; None when it is certain that nothing is new.

    The new watermark is the newest value read, never above the ceiling (a row of the future must not push it past rows
    still to come) and never below the old one.

    :raises ContractError: the table or a column of the contract is missing in the source.
    """
    state = session.freeze()
    relation = _relation(session, contract)
    has_transactions = relation.kind in _WITH_TRANSACTIONS
    if state.blind and not has_transactions:
        _LOGGER.warning(
            "the role cannot see other sessions' transactions; grant pg_read_all_stats, or late commits may be missed",
            extra={"sessions": state.blind},
        )
    progress = _same_history(progress, state)
    lower = _minus(progress.watermark, overlap)
    unseen = _unseen(progress, state) if has_transactions and progress.source_snapshot else None
    condition = _condition(contract, lower, unseen)
    readings = [reading(column, relation.columns[column.name]) for column in contract.columns]
    found = _found(session.row(_count(contract, condition, unseen, readings)))
    if found.new == 0:
        return None
    watermark = max(filter(None, [progress.watermark, _capped(found.newest, state.ceiling)]), default=None)
    columns = _columns(contract, readings, found)
    readers = _readers(found.rows, relation)
    return Extraction(state, relation, lower, watermark, columns, condition, found.rows, readers)


def read(spark: SparkSession, credentials: Credentials, contract: Contract, extraction: Extraction) -> DataFrame:
    """The planned rows, the contract's columns in the source's types; all readers see the one exported snapshot."""
    options = {
        **credentials.properties,
        "url": credentials.url,
        "driver": "org.postgresql.Driver",
        "fetchsize": str(_FETCH_ROWS),
        "sessionInitStatement": (
            f"{IN_UTC}; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
            f" SET TRANSACTION SNAPSHOT '{extraction.state.exported}'"
        ),
    }
    table = f"{quoted(contract.source.schema)}.{quoted(contract.source.table)}"
    select = f"SELECT {', '.join(extraction.columns)} FROM {table} WHERE {extraction.condition}"
    reader = spark.read.format("jdbc").options(**options)
    frames = [reader.option("dbtable", f"({select} AND {blocks}) AS rows").load() for blocks in _shares(extraction)]
    return reduce(DataFrame.unionByName, frames)


def unseen_transactions(snapshot: str, next_transaction: int) -> str:
    """SQL that is true for rows whose transaction had not ended in `snapshot` (`xmin:xmax:xip,…`).

    `xmin` is the low half of a 64-bit id; the high half is that of `next_transaction`, or one less when the low half
    is not below it. Sub-transactions have ids above their parent's, so `>=` covers them; it may name a row already
    read, never miss one.
    """
    oldest = int(snapshot.split(":", 1)[0])
    epoch = next_transaction - next_transaction % _EPOCH
    low = next_transaction % _EPOCH
    xmin = "xmin::text::bigint"
    return f"({xmin} + CASE WHEN {xmin} < {low} THEN {epoch} ELSE {epoch - _EPOCH} END) >= {oldest}"


def _relation(session: SourceSession, contract: Contract) -> Relation:
    source = contract.source
    relation = session.relation(source.schema, source.table)
    if relation is None:
        remedy = "create the table, grant USAGE on its schema, or change the contract's source"
        raise ContractError(problem(source.address, "exist in the source", "no such table", remedy))
    require_columns(list(relation.columns), contract)
    extra = sorted(set(relation.columns) - set(contract.column_names))
    if extra:
        _LOGGER.info("columns of the source that the contract does not name are left out", extra={"columns": extra})
    return relation


def _same_history(progress: Progress, state: SourceState) -> Progress:
    """Start over when transaction ids have gone back: the database was restored or replaced since the last read."""
    if progress.source_snapshot is None:
        return progress
    if int(progress.source_snapshot.split(":")[1]) <= state.next_transaction:
        return progress
    _LOGGER.warning(
        "the source's transaction ids went back, as after a restore; everything is read again",
        extra={"before": progress.source_snapshot, "now": state.snapshot},
    )
    return Progress()


def _unseen(progress: Progress, state: SourceState) -> str:
    return unseen_transactions(str(progress.source_snapshot), state.next_transaction)


def _condition(contract: Contract, lower: str | None, unseen: str | None) -> str:
    if lower is None:
        return "true"
    column = quoted(contract.source.watermark_column)
    # a row without a watermark is never silently left out: it is read and rejected
    parts = [f"{column} >= '{lower}'::timestamptz", f"{column} IS NULL", *([unseen] if unseen else [])]
    return "(" + " OR ".join(parts) + ")"


@dataclass(frozen=True)
class _Found:
    """What a read would bring: rows, those of them that are new, the newest watermark, which columns are ordinary."""

    rows: int
    new: int
    newest: str | None
    ordinary: tuple[bool, ...]


def _count(contract: Contract, condition: str, unseen: str | None, readings: Sequence[Reading]) -> str:
    source, column = contract.source, quoted(contract.source.watermark_column)
    ordinary = [f", coalesce(bool_and({each.ordinary}), true)" for each in readings]
    return (
        f"SELECT count(*), count(*) FILTER (WHERE {unseen or 'true'}),"
        f" to_char(max({column}) FILTER (WHERE isfinite({column})) AT TIME ZONE 'UTC', {_TIME}){''.join(ordinary)}"
        f" FROM {quoted(source.schema)}.{quoted(source.table)} WHERE {condition}"
    )


def _found(row: tuple[str | None, ...]) -> _Found:
    rows, new, newest, *ordinary = row
    return _Found(int(str(rows)), int(str(new)), newest, tuple(answer == "t" for answer in ordinary))


def _columns(contract: Contract, readings: Sequence[Reading], found: _Found) -> tuple[str, ...]:
    chosen = zip(contract.column_names, readings, found.ordinary, strict=True)
    return tuple(f"{each.plain if ordinary else each.text} AS {quoted(name)}" for name, each, ordinary in chosen)


def _capped(newest: str | None, ceiling: str) -> str | None:
    return None if newest is None else min(newest, ceiling)


def _minus(watermark: str | None, overlap: timedelta) -> str | None:
    if watermark is None:
        return None
    moment = datetime.strptime(watermark, _TIME_FORMAT).replace(tzinfo=UTC) - overlap
    return moment.strftime(_TIME_FORMAT)


def _readers(rows: int, relation: Relation) -> int:
    return max(1, math.ceil(rows / _ROWS_PER_READER)) if relation.kind in _WITH_BLOCKS else 1


def _shares(extraction: Extraction) -> list[str]:
    """Conditions that split the table's blocks among the readers; the last takes what the table has grown by."""
    readers = extraction.readers
    step = math.ceil(extraction.relation.size / extraction.state.block_size / readers)
    starts = [f"ctid >= '({number * step},0)'::tid" for number in range(readers)]
    ends = [f"ctid < '({(number + 1) * step},0)'::tid" for number in range(readers - 1)]
    if readers == 1:
        return ["true"]
    return [f"{start} AND {end}" for start, end in zip(starts, [*ends, "true"], strict=True)]
