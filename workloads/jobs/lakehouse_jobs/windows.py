"""Windows of event time over a streamed dataset, recomputed from its silver table within the batch that changed it.

A window is open until an event is known that happened long enough after its end; then it is closed for good. Each
batch recomputes all open windows from silver, so a corrected or repeated event counts once, as it was told last. A
record that comes for a closed window changes silver and no window: it is kept in `<dataset>__late`.

Up to where windows are closed stands in the snapshot that closed them (`lakehouse.closed-before`). Late records are
committed before silver and windows after it, each under the batch's token, so whatever ended a run, the next goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import records as shapes
from lakehouse_jobs.commits import Claim, commit_once
from lakehouse_jobs.contract import METADATA_COLUMNS, Contract
from lakehouse_jobs.exceptions import ContractError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.iceberg import PREFIX, IcebergTable
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.transforms import CHANGE

_CLOSED_BEFORE = "closed-before"
_START = "window_start"
_LATE = ("_payload", "_event_time", "_closed_before", *shapes.COORDINATES, *(name for name, _ in METADATA_COLUMNS))


@dataclass(frozen=True)
class Definition:
    """How hours follow from a dataset: which of its rows count, when each happened and was told, what is measured.

    An event cannot happen after it was told: a clock that is ahead closes no window early.
    """

    rows: str
    moment: str
    told_at: str
    measures: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What changes windows: what its rows and its snapshots say of it, by which claim it is made, how patiently."""

    origin: shapes.Origin
    claim: Claim
    properties: Mapping[str, str]
    retry: RetryPolicy


class Windows:
    """The windows of one contract: their table, and that of the records that came too late for them."""

    def __init__(self, spark: SparkSession, databases: Mapping[str, str], contract: Contract) -> None:
        name = f"glue_catalog.{databases['silver']}.{contract.dataset}"
        self.table = IcebergTable(spark, name)
        self.late = IcebergTable(spark, f"{name}__late")
        self._contract = contract
        self._definition = definition_of(contract.dataset)

    def closed_before(self) -> datetime | None:
        """The moment before which every window is closed; None while none is."""
        snapshot = self.table.newest(_CLOSED_BEFORE)
        return None if snapshot is None else datetime.fromisoformat(snapshot.get(_CLOSED_BEFORE) or "")

    def keep_late(self, changes: DataFrame, judged: DataFrame, change: Change) -> int:
        """Keep the records that will change silver and belong to closed windows; how many there are.

        `changes` are rows of silver to be with their `PLACE` in Kafka, `judged` the batch's records.
        """
        before = self.closed_before()
        if before is None:
            return 0
        moment = F.col(self._definition.moment)
        belated = changes.where(self._definition.rows).where(moment < F.lit(before))
        places = belated.select(*shapes.PLACE, moment.alias("_event_time"))
        if places.isEmpty():
            return 0
        belonging = shapes.history_rows(judged, change.origin).join(places, list(shapes.PLACE))
        rows = belonging.withColumn("_closed_before", F.lit(before)).select(*_LATE)
        # a batch of another checkpoint may have ended after it kept them and before silver did
        known = self.late.read().select(*shapes.IDENTITY)
        with kept(rows.join(known, list(shapes.IDENTITY), "left_anti").select(*_LATE)) as unknown:
            count = unknown.count()
            if count > 0:
                commit_once(self.late, change.claim, lambda: self.late.append(unknown, change.properties), change.retry)
        return count

    def recompute(self, silver: IcebergTable, change: Change) -> None:
        """Bring all open windows up to silver, and close those that have been open long enough."""
        if change.claim.found_in(self.table.history()) is not None:
            return
        before = self.closed_before()
        rows = _since(silver.read().where(self._definition.rows), self._definition.moment, before)
        with kept(hourly(rows, self._contract, self._definition)) as computed:
            closed = self._closing(computed, before)
            with kept(self._changes(computed, before)) as changes:
                if not changes.isEmpty():
                    self._merge(changes, change, closed)

    def _closing(self, computed: DataFrame, before: datetime | None) -> datetime | None:
        [row] = computed.agg(F.unix_micros(F.max("_newest"))).collect()
        if row[0] is None:
            return before
        newest = datetime.fromtimestamp(row[0] / 1_000_000, UTC)
        due = (newest - self._contract.derivation.allowed_lateness).replace(minute=0, second=0, microsecond=0)
        return due if before is None else max(before, due)

    def _changes(self, computed: DataFrame, before: datetime | None) -> DataFrame:
        """The open windows that differ from those in the table, with `_change`."""
        keys, measures = list(self._contract.key), self._definition.measures
        held = _since(self.table.read(), _START, before).select(
            *keys, *(F.col(name).alias(f"_held_{name}") for name in measures), F.lit(True).alias("_held")
        )
        same = " AND ".join(f"{name} <=> _held_{name}" for name in measures)
        changed = F.when(F.col("_newest").isNull(), "delete").when(F.col("_held").isNull(), "insert")
        kind = changed.when(~F.expr(same), "update")
        joined = computed.join(held, keys, "full_outer").withColumn(CHANGE, kind)
        return joined.where(F.col(CHANGE).isNotNull()).select(*keys, *measures, CHANGE)

    def _merge(self, changes: DataFrame, change: Change, closed: datetime | None) -> None:
        origin, table = change.origin, self.table
        view = f"windows_{self._contract.dataset}_{origin.token}"
        changes.select(*changes.columns, *shapes.metadata(origin)).createOrReplaceTempView(view)
        properties = dict(change.properties)
        if closed is not None:
            properties[f"{PREFIX}{_CLOSED_BEFORE}"] = closed.isoformat()
        statement = _merge_statement(table.quoted, view, self._contract)
        try:
            commit_once(table, change.claim, lambda: table.execute(statement, properties), change.retry)
        finally:
            changes.sparkSession.catalog.dropTempView(view)


def definition_of(dataset: str) -> Definition:
    """How the windows of a dataset are computed.

    :raises ContractError: there is a contract of windows, and nothing here that computes them.
    """
    if dataset not in _DEFINITIONS:
        known = ", ".join(_DEFINITIONS)
        raise ContractError(problem(f"{dataset}: derivedFrom", f"be of {known}", dataset, "say how in windows.py"))
    return _DEFINITIONS[dataset]


def column_inputs(contract: Contract, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Which of the dataset's `columns` each column of its windows is made from.

    A measure that names none counts rows: it is made from what decides which rows count.
    """
    definition = definition_of(contract.dataset)
    counted = _named(definition.rows, columns)
    moment = _named(definition.moment, columns)
    made = {name: moment if name == _START else _named(name, columns) for name in contract.key}
    measures = {name: _named(expression, columns) or counted for name, expression in definition.measures.items()}
    return {**made, **measures}


def _named(expression: str, columns: Sequence[str]) -> tuple[str, ...]:
    words = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", expression)))
    return tuple(name for name in columns if name in words)


def hourly(rows: DataFrame, contract: Contract, definition: Definition) -> DataFrame:
    """The hours of rows. Out: the contract's key and measures, and `_newest`, the latest moment in each."""
    measures = [F.expr(expression).alias(name) for name, expression in definition.measures.items()]
    newest = F.max(F.least(definition.moment, definition.told_at)).alias("_newest")
    started = rows.withColumn(_START, F.date_trunc("hour", definition.moment))
    return started.groupBy(*contract.key).agg(*measures, newest)


def _since(rows: DataFrame, column: str, moment: datetime | None) -> DataFrame:
    return rows if moment is None else rows.where(F.col(column) >= F.lit(moment))


def _merge_statement(target: str, view: str, contract: Contract) -> str:
    names = [*contract.column_names, *[name for name, _ in METADATA_COLUMNS]]
    on = " AND ".join(f"t.`{name}` = s.`{name}`" for name in contract.key)
    sets = ", ".join(f"t.`{name}` = s.`{name}`" for name in names)
    columns, values = (", ".join(f"{prefix}`{name}`" for name in names) for prefix in ("", "s."))
    return (
        f"MERGE INTO {target} t USING {view} s ON {on}"
        f" WHEN MATCHED AND s.`{CHANGE}` = 'delete' THEN DELETE"
        f" WHEN MATCHED THEN UPDATE SET {sets}"
        f" WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
    )


_DEFINITIONS: Mapping[str, Definition] = {
    "departures_hourly": Definition(
        rows="event_type = 'departed'",
        moment="event_time",
        told_at="reported_at",
        measures={"departures": "count(1)", "mean_delay": "avg(delay)"},
    )
}
