"""A payload is one JSON object or none, and each of its values is the text that it was written as."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from lakehouse_jobs.contract import Column, Contract, StreamTopic
from lakehouse_jobs.contract_types import parse_type
from lakehouse_jobs.records import RECORD, judge_records

_RECORDS = (
    "key binary, value binary, topic string, partition int, offset bigint, timestamp timestamp,"
    " headers array<struct<key: string, value: binary>>"
)


def _judged(spark: SparkSession, payloads: list[str], **types: str) -> list[Row]:
    """The payloads as a stream judges them, by a contract with a column of each of these types."""
    kinds = {name: parse_type(physical, name) for name, physical in types.items()}
    columns = tuple(
        Column(name, kind.spark, required=False, nested=kind if kind.fields else None) for name, kind in kinds.items()
    )
    contract = Contract("items", "1.0.0", columns, (columns[0].name,), columns[0].name, StreamTopic("items"))
    moment = datetime(2013, 1, 1, tzinfo=UTC)
    rows = [(b"key", payload.encode(), "items", 0, place, moment, None) for place, payload in enumerate(payloads)]
    judged = judge_records(spark.createDataFrame(rows, _RECORDS).coalesce(1), contract).collect()
    return sorted(judged, key=lambda row: row[RECORD]["offset"])


VALUES: list[tuple[str, str, Any]] = [
    ("decimal(20,2)", "12345678901234567.89", Decimal("12345678901234567.89")),
    ("decimal(20,2)", '"12345678901234567.89"', Decimal("12345678901234567.89")),
    ("decimal(20,2)", "-1.5E3", Decimal("-1500.00")),
    ("decimal(38,18)", "1.234567890123456789", Decimal("1.234567890123456789")),
    ("decimal(38,0)", "12345678901234567890123456789012345678", Decimal("12345678901234567890123456789012345678")),
    ("list<decimal(20,2)>", "[12345678901234567.89, 2]", [Decimal("12345678901234567.89"), Decimal("2.00")]),
    ("string", "12345678.90", "12345678.90"),
    ("string", "0.00001", "0.00001"),
    ("string", '"a, 1.50, \\"b\\": 2.50}"', 'a, 1.50, "b": 2.50}'),
    ("string", '{"a":[1.50,"x"],"b":1e2}', '{"a":[1.50,"x"],"b":1e2}'),
    ("string", "7", "7"),
    ("double", "0.1", 0.1),
    ("double", "1e-7", 1e-7),
    ("list<double>", "[0.1, 2]", [0.1, 2.0]),
    ("float", "1.5", 1.5),
    ("long", "9007199254740993", 9007199254740993),
]


@pytest.mark.parametrize(("physical", "written", "value"), VALUES)
def test_value_keeps_the_digits_it_was_written_with(
    spark: SparkSession, physical: str, written: str, value: object
) -> None:
    [row] = _judged(spark, [f'{{"id": 1, "value" : {written} , "other": "it\'s 1.5"}}'], id="int", value=physical)

    assert (row["value"], row["_reasons"]) == (value, [])


LOST: list[tuple[str, str]] = [
    ("decimal(20,2)", "0.129"),
    ("decimal(20,2)", "129e-3"),
    ("decimal(38,18)", "1e-19"),
    ("decimal(38,18)", "0.1234567890123456785"),
    ("decimal(38,0)", "123456789012345678901234567890.5"),
    ("decimal(5,2)", "1234.5"),
    ("int", "1.5"),
    ("double", "1e400"),
    ("float", "1e39"),
]


@pytest.mark.parametrize(("physical", "written"), LOST)
def test_value_that_the_type_cannot_hold_is_rejected_as_it_was_written(
    spark: SparkSession, physical: str, written: str
) -> None:
    [row] = _judged(spark, [f'{{"value": {written}}}'], value=physical)

    [reason] = row["_reasons"]
    assert (reason["rule"], f", got {written};" in reason["message"]) == ("type", True)


ONE, TWO = '{"id": 1}', '{"id": 2}'
NO_DOCUMENTS = [
    f"{ONE}\n{TWO}",
    f"{ONE}{TWO}",
    f"{ONE},{TWO}",
    f"{ONE} oops",
    f"{ONE}]",
    f"{ONE}],[{TWO}",
    f'{ONE},"id": 2',
    f"{ONE}]}} {TWO}",
    f"[{ONE}]",
    '{"id": 1, "other": tru}',
    '{"id": 1',
    "null",
    "1.5",
    "",
    " ",
]


@pytest.mark.parametrize("payload", NO_DOCUMENTS)
def test_payload_that_is_anything_but_one_object_is_rejected_whole(spark: SparkSession, payload: str) -> None:
    good, bad = _judged(spark, [f" {ONE}\n", payload], id="int")

    assert (good["id"], good["_reasons"]) == (1, [])
    [reason] = bad["_reasons"]
    assert (reason["rule"], bad["id"], bad[RECORD]["payload"]) == ("payload", None, payload)


def test_numbers_of_a_long_document_are_found_in_one_pass(spark: SparkSession) -> None:
    document = {"value": 1.25, "others": [{"a, 1.5": f'"{number}', "b": number / 4} for number in range(50_000)]}

    [row, broken] = _judged(spark, [json.dumps(document), json.dumps(document)[:-1]], value="decimal(5,2)")

    assert (row["value"], row["_reasons"]) == (Decimal("1.25"), [])
    assert [reason["rule"] for reason in broken["_reasons"]] == ["payload"]
