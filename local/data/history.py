"""What was known when: pure functions from the finished data set to its state at a moment.

The data set tells how each flight ended; an operational database learns it step by step. A flight is inserted as
scheduled seven days ahead, updated when it departs and again when it arrives. ``updated_at`` is the moment of a row's
last change.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from data.tables import AIRPORTS, FLIGHTS, WEATHER, Table

SCHEDULED_AHEAD = pd.Timedelta(days=7)
"""How long before its scheduled departure a flight enters the schedule."""

TAXI = pd.Timedelta(minutes=30)
"""Taxiing out and in, added to the air time: the data set has no gate-to-gate time."""

DIVERTED_CLOSES_AFTER = pd.Timedelta(hours=24)
"""A flight with an arrival but no air time went elsewhere first; its record is closed a day after it departed."""

REPORTED_AFTER = pd.Timedelta(hours=1)
"""An hour's weather is reported when the hour is over."""

REFERENCE_SINCE = pd.Timestamp("2013-01-01T00:00:00Z")
"""Airlines, airports and planes are there from the first day."""

AIRPORTS_RENAMED = pd.Timestamp("2013-02-15T00:00:00Z")
"""When airports take the names they have come to have since; real renamings, of which this date alone is invented."""

_DEPARTURE = ["dep_time", "dep_delay"]
_ARRIVAL = ["arr_time", "arr_delay", "air_time"]


@dataclass(frozen=True)
class Changes:
    """What a database has to do to get from one moment to a later one."""

    inserts: pd.DataFrame
    updates: pd.DataFrame


def known_at(table: Table, rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The table's rows as they were known at a moment, with ``updated_at``; indexed as ``rows``."""
    if table is FLIGHTS:
        return _flights_at(rows, moment)
    if table is AIRPORTS:
        return _airports_at(rows, moment)
    updated = rows["time_hour"] + REPORTED_AFTER if table is WEATHER else pd.Series(REFERENCE_SINCE, index=rows.index)
    return rows.assign(updated_at=updated)[updated <= moment]


def changes(table: Table, rows: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> Changes:
    """The inserts and the updates between two moments; a row that did not change is in neither."""
    old = known_at(table, rows, since)
    new = known_at(table, rows, until)
    known = new.index.isin(old.index)
    common = new[known]
    return Changes(inserts=new[~known], updates=common[common["updated_at"] != old.loc[common.index, "updated_at"]])


@cache
def renamed_airports() -> dict[str, str]:
    """The names of the airports that were renamed, by FAA code; the file says where they are from."""
    document = json.loads(Path(__file__).with_name("renamed_airports.json").read_text(encoding="utf-8"))
    names: dict[str, str] = document["names"]
    return names


def _airports_at(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    state = rows.assign(updated_at=REFERENCE_SINCE)
    if moment >= AIRPORTS_RENAMED:
        names = rows["faa"].map(renamed_airports()).fillna(rows["name"])
        renamed = names != rows["name"]
        state["name"] = names
        state["updated_at"] = state["updated_at"].mask(renamed, AIRPORTS_RENAMED)
    return state[state["updated_at"] <= moment]


def _flights_at(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    scheduled = rows["time_hour"] + pd.to_timedelta(rows["minute"].astype("int64"), unit="m")
    inserted = scheduled - SCHEDULED_AHEAD
    departed = scheduled + pd.to_timedelta(rows["dep_delay"].astype("Float64"), unit="m")
    arrived = _arrivals(rows, departed)
    cancelled = rows["dep_time"].isna()
    updated = inserted.mask(departed <= moment, departed).mask(arrived <= moment, arrived)
    updated = updated.mask(cancelled & (scheduled <= moment), scheduled)
    state = rows.assign(updated_at=updated)
    state[_DEPARTURE] = state[_DEPARTURE].mask(~(departed <= moment))
    state[_ARRIVAL] = state[_ARRIVAL].mask(~(arrived <= moment))
    return state[inserted <= moment]


def _arrivals(rows: pd.DataFrame, departed: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """When each flight's arrival was entered; missing for flights that never arrived."""
    direct = departed + pd.to_timedelta(rows["air_time"].astype("Float64"), unit="m") + TAXI
    diverted = rows["air_time"].isna() & rows["arr_time"].notna()
    return direct.mask(diverted, departed + DIVERTED_CLOSES_AFTER)
