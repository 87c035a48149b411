"""Batch view and stream view of the same flights: they agree, or the day that differs is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import reconcile
from lakehouse_jobs.contract import METADATA_COLUMNS, Contract, load_contracts, load_stream
from lakehouse_jobs.exceptions import ConfigurationError, TerminalError
from lakehouse_jobs.objects import DiskStore
from support.lake import CONTRACTS, create_stream_tables, create_tables

DATABASES = {"bronze": "bronze_views", "silver": "silver_views"}
FLOWN = {"dep_time": 625, "dep_delay": 10, "arr_time": 830, "arr_delay": 5, "air_time": 100}
NEVER = dict.fromkeys(FLOWN)
FLIGHTS: dict[int, dict[str, Any]] = {
    1: FLOWN,
    2: {**FLOWN, "arr_delay": None, "air_time": None},  # diverted
    3: {**FLOWN, "arr_time": None, "arr_delay": None, "air_time": None},  # never landed
    4: NEVER,  # cancelled
}
EVENTS = {(1, "departed"), (1, "arrived"), (2, "departed"), (2, "arrived"), (3, "departed")}
DAYS = ["2013-01-01", "2013-01-02", "2013-01-03", "2013-01-04"]


def _flight(day: str, number: int, **values: Any) -> dict[str, Any]:
    plan = {"year": 2013, "month": 1, "day": int(day[-2:]), "sched_dep_time": 615, "sched_arr_time": 825, "hour": 6}
    key = {"carrier": "UA", "flight": number, "origin": "EWR", "dest": "ORD", "tailnum": "N14228"}
    rest = {"distance": 719, "minute": 15, "time_hour": f"{day}T11:00:00Z", "updated_at": f"{day}T14:00:00Z"}
    return {**plan, **key, **rest, **values}


def _event(day: str, number: int, event_type: str) -> dict[str, Any]:
    flight = FLIGHTS[number]
    key = {"event_type": event_type, "time_hour": f"{day}T11:00:00Z", "carrier": "UA", "flight": number}
    place = {"origin": "EWR", "dest": "ORD", "tailnum": "N14228", "reported_at": f"{day}T15:00:00Z"}
    if event_type == "departed":
        told = {"event_time": f"{day}T11:25:00Z", "scheduled_clock": 615, "actual_clock": 625, "delay": 10}
        return {**key, **place, **told, "air_time": None}
    told = {"event_time": f"{day}T14:30:00Z", "scheduled_clock": 825, "actual_clock": flight["arr_time"]}
    return {**key, **place, **told, "delay": flight["arr_delay"], "air_time": flight["air_time"]}


def _rows(spark: SparkSession, contract: Contract, rows: list[dict[str, Any]]) -> DataFrame:
    """Rows in the contract's types, as a silver table has them."""
    texts = spark.read.json(spark.sparkContext.parallelize([json.dumps(row) for row in rows]))
    metadata = [F.lit(None).cast(kind).alias(name) for name, kind in METADATA_COLUMNS]
    return texts.select(*[F.col(column.name).cast(column.spark_type) for column in contract.columns], *metadata)


@pytest.fixture(scope="module")
def views(spark: SparkSession) -> Iterator[tuple[DataFrame, DataFrame]]:
    """Flights and their events of four days, in tables; the newest is not closed and lacks its events."""
    flights = next(found for found in load_contracts(CONTRACTS, "nycflights") if found.dataset == "flights")
    create_tables(spark, DATABASES, flights)
    create_stream_tables(spark, DATABASES, load_stream(CONTRACTS, "flight_events"))
    days = [*DAYS, "2013-01-06"]
    batch = [_flight(day, number, **values) for day in days for number, values in FLIGHTS.items()]
    told = [_event(day, *kind) for day in DAYS for kind in EVENTS] + [_event("2013-01-07", 1, "departed")]
    for name, contract, rows in (
        ("flights", flights, [*batch, _flight("2013-01-07", 9, **NEVER)]),
        ("flight_events", load_stream(CONTRACTS, "flight_events"), told),
    ):
        _rows(spark, contract, rows).writeTo(f"glue_catalog.{DATABASES['silver']}.{name}").append()
    tables = (
        spark.table(f"glue_catalog.{DATABASES['silver']}.{name}").persist() for name in ("flights", "flight_events")
    )
    yield next(tables), next(tables)


def _job(folder: Path, since: date | None = None) -> reconcile.Reconcile:
    run_id = "20130201T000000Z-0a1b2c"
    return reconcile.Reconcile(run_id, "correlation-1", DATABASES, f"file://{folder}", DiskStore(), since=since)


def test_views_agree_on_every_closed_day(
    spark: SparkSession, views: tuple[DataFrame, DataFrame], tmp_path: Path
) -> None:
    found = reconcile.run(spark, _job(tmp_path), load_stream(CONTRACTS, "flight_events"))

    assert (found.agree, found.difference, found.knownUpTo) == (True, "", "2013-01-07T14:00:00+00:00")
    assert [(day.day, day.rowsBatch, day.rowsStream) for day in found.days] == [(day, 5, 5) for day in DAYS]
    document = json.loads((tmp_path / f"runs/{found.runId}/reconciliation.json").read_text())
    assert document["days"][0] == {
        **{"day": DAYS[0], "rowsBatch": 5, "rowsStream": 5, "onlyInBatch": 0, "onlyInStream": 0},
        **{"agree": True, "examples": []},
    }


def test_days_before_the_first_asked_for_are_left_out(
    spark: SparkSession, views: tuple[DataFrame, DataFrame], tmp_path: Path
) -> None:
    contract = load_stream(CONTRACTS, "flight_events")

    found = reconcile.run(spark, _job(tmp_path, date(2013, 1, 3)), contract)

    assert [day.day for day in found.days] == DAYS[2:]
    with pytest.raises(
        TerminalError, match=r"'flight_events' must have a day that is closed in both views, got \"both"
    ):
        reconcile.run(spark, _job(tmp_path, date(2013, 1, 6)), contract)


def _changed(column: str, value: str) -> Callable[[DataFrame], DataFrame]:
    one = "time_hour = '2013-01-02T11:00:00Z' AND flight = 1 AND event_type = 'departed'"
    return lambda events: events.withColumn(column, F.expr(f"CASE WHEN {one} THEN {value} ELSE {column} END"))


PERTURBED: dict[str, tuple[Callable[[DataFrame], DataFrame], tuple[int, int]]] = {
    "one minute more of delay": (_changed("delay", "delay + 1"), (1, 1)),
    "a moment that the delay does not explain": (_changed("event_time", "event_time + INTERVAL 1 MINUTE"), (1, 1)),
    "another aircraft": (_changed("tailnum", "CAST(NULL AS STRING)"), (1, 1)),
    "no such event": (
        lambda events: events.where("NOT (time_hour = '2013-01-02T11:00:00Z' AND flight = 3)"),
        (1, 0),
    ),
    "an event twice": (
        lambda events: events.union(events.where("time_hour = '2013-01-02T11:00:00Z' AND flight = 3")),
        (0, 1),
    ),
}


@pytest.mark.parametrize("what", PERTURBED)
def test_one_event_that_differs_is_found_and_its_day_named(views: tuple[DataFrame, DataFrame], what: str) -> None:
    perturb, (only_in_batch, only_in_stream) = PERTURBED[what]
    flights, events = views
    span = (None, date.fromisoformat(DAYS[-1]) + timedelta(days=1))

    days = reconcile.days_of(
        reconcile.counts(reconcile.events_of_flights(flights), reconcile.shared(perturb(events)), span)
    )

    found = reconcile.Reconciliation("r", "c", "flights", "flight_events", "", False, days)
    assert found.difference == (
        f"2013-01-02 ({only_in_batch} rows only in flights, {only_in_stream} only in flight_events)"
    )
    [day] = [day for day in days if not day.agree]
    assert len(day.examples) == only_in_batch + only_in_stream
    assert {example["time_hour"] for example in day.examples} == {"2013-01-02T11:00:00.000Z"}


def test_fails_when_a_dataset_has_no_batch_view() -> None:
    with pytest.raises(ConfigurationError, match=r"'dataset' must be one of flight_events, got \"orders\""):
        reconcile.comparison_of("orders")
