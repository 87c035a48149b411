"""How the columns of a PostgreSQL table are read, so that no value is changed on the way and none stops the others.

Spark's reader rounds what a numeric has beyond 38 digits, makes a far day of infinity, and fails on NaN. Where a column
holds such a value it is read as text, and the contract judges it like every other: its row may be rejected, the rest is
loaded. https://spark.apache.org/docs/3.5.6/sql-data-sources-jdbc.html#data-type-mapping
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse_jobs.contract import Column
from lakehouse_jobs.source import quoted

_NUMERIC = re.compile(r"numeric(?:\((\d+),(-?\d+)\))?")
_TEMPORAL = re.compile(r"(date|time|timestamp)(?:\(\d\))?( with time zone)?(?: without time zone)?")
_DECIMAL = re.compile(r"decimal\(\d+,(\d+)\)")
_DIGITS, _SCALE = 38, 18
"""Digits of Spark's widest decimal, and how many of them it takes after the point where PostgreSQL sets no bound."""
_DAY = "YYYY-MM-DD"
_JSON_TIME = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@dataclass(frozen=True)
class Reading:
    """A column as SQL: `plain` where all values meet the condition `ordinary`, else `text`."""

    plain: str
    text: str
    ordinary: str


def reading(column: Column, kind: str) -> Reading:
    """How a column is read whose type PostgreSQL's `format_type` calls `kind`."""
    numeric, temporal = _NUMERIC.fullmatch(kind), _TEMPORAL.fullmatch(kind)
    if numeric:
        return _numeric(column, numeric[1], numeric[2])
    if temporal:
        return _temporal(column, temporal[1], with_zone=temporal[2] is not None)
    return _as_it_is(quoted(column.name))


def _as_it_is(value: str) -> Reading:
    return Reading(value, value, "true")


def _numeric(column: Column, precision: str | None, scale: str | None) -> Reading:
    value = quoted(column.name)
    if column.spark_type == "string":
        return Reading(value, f"{value}::text", "false")
    # without trailing zeros, so that 5.00 is a whole number in text too
    text = f"trim_scale({value})::text"
    if precision is None or scale is None:
        wanted = _DECIMAL.fullmatch(column.spark_type)
        after = max(_SCALE, int(wanted[1]) if wanted else 0)
        plain = value if after == _SCALE else f"{value}::numeric({_DIGITS},{after})"
        return Reading(plain, text, _fits(value, _DIGITS - after, after))
    if not 0 <= int(scale) <= int(precision):
        return Reading(value, text, "false")
    after = min(int(scale), _DIGITS)
    return Reading(value, text, _fits(value, min(int(precision), _DIGITS) - after, after))


def _fits(value: str, before: int, after: int) -> str:
    """NaN is greater than every number in PostgreSQL, and infinity than every other."""
    return f"abs({value}) < 1e{before}::numeric AND {value} = round({value}, {after})"


def _temporal(column: Column, kind: str, *, with_zone: bool) -> Reading:
    value, is_text = quoted(column.name), column.spark_type == "string"
    if kind == "time":
        return Reading(value, f"{value}::text", "false") if is_text else _as_it_is(value)
    # the driver would take a time without a zone for one of the JVM's
    in_utc = value if kind == "date" else f"{value} AT TIME ZONE 'UTC'"
    moment, plain = (in_utc, value) if with_zone else (value, in_utc)
    written = f"to_char({moment}, '{_DAY if kind == 'date' else _JSON_TIME}')"
    if is_text and kind != "date":  # as Spark writes a time
        written = f"rtrim(rtrim(to_char({moment}, '{_DAY} HH24:MI:SS.US'), '0'), '.')"
    ordinary = f"{value} >= '0001-01-01 00:00:00{'+00' if with_zone else ''}' AND {value} < 'infinity'"
    # not after the day, where a cast of Spark would overlook it
    early = f"{written} || ' BC'" if is_text else f"'BC ' || {written}"
    text = f"CASE WHEN {ordinary} THEN {written} WHEN isfinite({value}) THEN {early} ELSE {value}::text END"
    return Reading(plain, text, ordinary)
