"""Windows of event time over a streamed dataset, recomputed from its silver table within the batch that changed it.

Each snapshot of silver says which hours it changed: those of the rows it brought, and those of the rows they replaced.
The windows say up to which snapshot of silver they are computed, and every batch computes the hours again that changed
since then. So whatever ended a run, and whoever else wrote silver, the windows end equal to a computation of all of it.

A window is closed when an event is known that happened long enough after its end. A record that comes for a closed
window is late: it is kept in `<dataset>__late`, and its window is computed again like any other. Up to where windows
are closed stands in the snapshot that closed them (`lakehouse.closed-before`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import records as shapes
from lakehouse_jobs.commits import Claim, commit_once
from lakehouse_jobs.contract import METADATA_COLUMNS, Contract
from lakehouse_jobs.exceptions import ConcurrentRunError, ContractError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.hours import Hours
from lakehouse_jobs.iceberg import CATALOG, PREFIX, IcebergTable
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.transforms import CHANGE

_LOGGER = logging.getLogger(__name__)
_CLOSED_BEFORE = "closed-before"
_COMPUTED_UP_TO = "silver-snapshot-id"
_START = "window_start"
_LATE = ("_payload", "_event_time", "_closed_before", *shapes.COORDINATES, *(name for name, _ in METADATA_COLUMNS))


@dataclass(frozen=True)
class Definition:
    """How hours follow from a dataset: which of its rows count, when each happened and was told, what is measured.

    An event cannot happen after it was told, and what is told from after it was read closes nothing: a clock that is
    ahead closes no window early.
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
        name = f"{CATALOG}.{databases['silver']}.{contract.dataset}"
        self.table = IcebergTable(spark, name)
        self.late = IcebergTable(spark, f"{name}__late")
        self._contract = contract
        self._definition = definition_of(contract.dataset)

    def closed_before(self) -> datetime | None:
        """The moment before which every window is closed; None while none is."""
        snapshot = self.table.newest(_CLOSED_BEFORE)
        return None if snapshot is None else datetime.fromisoformat(snapshot.get(_CLOSED_BEFORE) or "")

    def keep_late(self, changes: DataFrame, judged: DataFrame, change: Change) -> None:
        """Keep the records that will change silver and belong to closed windows.

        `changes` are rows of silver to be with their `PLACE` in Kafka, `judged` the batch's records.
        """
        before = self.closed_before()
        if before is None:
            return
        moment = F.col(self._definition.moment)
        belated = changes.where(self._definition.rows).where(moment < F.lit(before))
        places = belated.select(*shapes.PLACE, moment.alias("_event_time"))
        if places.isEmpty():
            return
        belonging = shapes.history_rows(judged, change.origin).join(places, list(shapes.PLACE))
        rows = belonging.withColumn("_closed_before", F.lit(before)).select(*_LATE)
        # a batch of another checkpoint may have ended after it kept them and before silver did
        known = self.late.read().select(*shapes.IDENTITY)
        with kept(rows.join(known, list(shapes.IDENTITY), "left_anti").select(*_LATE)) as unknown:
            count = unknown.count()
            if count > 0:
                commit_once(self.late, change.claim, lambda: self.late.append(unknown, change.properties), change.retry)
                _LOGGER.info("late records kept", extra={"table": self.late.identifier, "rows": count})

    def moment_of_row(self) -> Column:
        """The moment of a row of silver; null where the row does not count."""
        return F.when(F.expr(self._definition.rows), F.col(self._definition.moment))

    @property
    def hours_key(self) -> str:
        """The key under which a snapshot of silver says which hours of these windows it changed."""
        return f"hours-{self._contract.dataset}"

    def recompute(self, silver: IcebergTable, change: Change) -> None:
        """Bring the windows up to silver, and close those that have been open long enough.

        :raises ConcurrentRunError: another writer has brought them up to silver meanwhile.
        """
        head, computed_up_to = silver.current(), self._computed_up_to()
        if head is None or str(head.id) == computed_up_to or change.claim.found_in(self.table.history()) is not None:
            return
        hours = self._changed_since(silver, computed_up_to)
        if not hours:
            return
        rows = silver.read_snapshot(head).where(self._definition.rows).where(hours.hold(self._definition.moment))
        with (
            kept(hourly(rows, self._contract, self._definition)) as computed,
            kept(self._changes(computed, hours)) as changes,
        ):
            if not changes.isEmpty():
                closed = self._closing(computed, self.closed_before())
                facts = {_COMPUTED_UP_TO: str(head.id)}
                facts |= {} if closed is None else {_CLOSED_BEFORE: closed.isoformat()}
                self._merge(changes, replace(change, claim=self._claim(change, computed_up_to)), facts)

    def _claim(self, change: Change, computed_up_to: str | None) -> Claim:
        def require() -> None:
            found = self._computed_up_to()
            if found != computed_up_to:
                must = f"still be computed up to snapshot {computed_up_to or 'none'} of silver"
                raise ConcurrentRunError(problem(self.table.identifier, must, found, "the batch is planned again"))

        return replace(change.claim, require=require)

    def _computed_up_to(self) -> str | None:
        snapshot = self.table.newest(_COMPUTED_UP_TO)
        return None if snapshot is None else snapshot.get(_COMPUTED_UP_TO)

    def _changed_since(self, silver: IcebergTable, snapshot_id: str | None) -> Hours:
        """The hours that silver changed after a snapshot; all, where that or what a later one did is not known."""
        changed = Hours()
        for snapshot in silver.history():
            if str(snapshot.id) == snapshot_id:
                return changed
            hours = snapshot.get(self.hours_key)
            if hours is not None:
                changed |= Hours.parse(hours)
            elif snapshot.operation != "replace":  # a compaction changes no row
                break
        _LOGGER.warning("windows are computed from all of silver", extra={"table": self.table.identifier})
        return Hours.every()

    def _closing(self, computed: DataFrame, before: datetime | None) -> datetime | None:
        [row] = computed.agg(F.unix_micros(F.max("_newest"))).collect()
        if row[0] is None:
            return before
        newest = datetime.fromtimestamp(row[0] / 1_000_000, UTC)
        due = (newest - self._contract.derivation.allowed_lateness).replace(minute=0, second=0, microsecond=0)
        return due if before is None else max(before, due)

    def _changes(self, computed: DataFrame, hours: Hours) -> DataFrame:
        """The windows of these hours that differ from those in the table, with `_change`."""
        keys, measures = list(self._contract.key), self._definition.measures
        held = (
            self.table.read()
            .where(hours.hold(_START))
            .select(*keys, *(F.col(name).alias(f"_held_{name}") for name in measures), F.lit(True).alias("_held"))
        )
        same = " AND ".join(f"{name} <=> _held_{name}" for name in measures)
        changed = F.when(F.col("_computed").isNull(), "delete").when(F.col("_held").isNull(), "insert")
        kind = changed.when(~F.expr(same), "update")
        joined = computed.withColumn("_computed", F.lit(True)).join(held, keys, "full_outer").withColumn(CHANGE, kind)
        return joined.where(F.col(CHANGE).isNotNull()).select(*keys, *measures, CHANGE)

    def _merge(self, changes: DataFrame, change: Change, facts: Mapping[str, str]) -> None:
        origin, table = change.origin, self.table
        view = f"windows_{self._contract.dataset}_{origin.token}"
        changes.select(*changes.columns, *shapes.metadata(origin)).createOrReplaceTempView(view)
        properties = {**change.properties, **{f"{PREFIX}{key}": value for key, value in facts.items()}}
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
    happened = F.least(definition.moment, definition.told_at)
    newest = F.max(F.when(happened <= F.col("_extracted_at"), happened)).alias("_newest")
    started = rows.withColumn(_START, F.date_trunc("hour", definition.moment))
    return started.groupBy(*contract.key).agg(*measures, newest)


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
