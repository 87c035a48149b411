from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Column, Contract, SourceTable, load_contracts
from lakehouse_jobs.contract_rules import Rule
from lakehouse_jobs.contract_types import parse_type
from lakehouse_jobs.exceptions import ContractError
from lakehouse_jobs.validation import validate
from support.lake import CONTRACTS


def _contract(*columns: Column) -> Contract:
    source = SourceTable("shop", "public", "items", "at")
    return Contract("items", "1.0.0", columns, (columns[0].name,), columns[0].name, source)


def _judge(spark: SparkSession, column: Column, source_type: str, values: list[Any]) -> list[tuple[Any, list[str]]]:
    frame = spark.createDataFrame([(value,) for value in values], f"value {source_type}").coalesce(1)
    judged = validate(frame, _contract(column)).collect()
    return [(row["value"], [reason["rule"] for reason in row["_reasons"]]) for row in judged]


CASTS: list[tuple[str, str, Any, Any]] = [
    ("string", "int", "12", 12),
    ("string", "int", " 12 ", 12),
    ("string", "int", "", None),
    ("string", "int", "12.5", None),
    ("string", "int", "2147483648", None),
    ("bigint", "int", 2**31, None),
    ("bigint", "int", 2**31 - 1, 2**31 - 1),
    ("double", "int", 3.0, 3),
    ("double", "int", 1e300, None),
    ("double", "bigint", float("nan"), None),
    ("string", "double", "x", None),
    ("string", "boolean", "yes", True),
    ("string", "boolean", "maybe", None),
    ("string", "date", "2013-02-30", None),
    ("string", "timestamp", "noon", None),
    ("string", "timestamp", "10:05", None),
    ("string", "timestamp", "T10:05:00Z", None),
    ("string", "timestamp_ntz", "10:05", None),
    ("string", "timestamp", "2013", None),
    ("string", "date", "2013-02-28", date(2013, 2, 28)),
    ("string", "date", " 2013-02-28T10:05:00Z", date(2013, 2, 28)),
    ("string", "timestamp_ntz", "2013-02-28 10:05", datetime(2013, 2, 28, 10, 5)),
    ("string", "double", "Infinity", float("inf")),
    ("string", "decimal(5,2)", "123.45", Decimal("123.45")),
    ("decimal(10,2)", "decimal(5,2)", Decimal("12345.67"), None),
    ("int", "string", 7, "7"),
]


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_value_is_cast_or_rejected_whatever_the_ansi_mode(spark: SparkSession, ansi: str) -> None:
    before = spark.conf.get("spark.sql.ansi.enabled") or "false"
    spark.conf.set("spark.sql.ansi.enabled", ansi)
    columns = [Column(f"c{number}", target, required=False) for number, (_, target, _, _) in enumerate(CASTS)]
    fields = ", ".join(f"c{number} {source_type}" for number, (source_type, _, _, _) in enumerate(CASTS))
    try:
        frame = spark.createDataFrame([tuple(value for _, _, value, _ in CASTS)], fields)
        [row] = validate(frame, _contract(*columns)).collect()
    finally:
        spark.conf.set("spark.sql.ansi.enabled", before)

    refused = [f"c{number}" for number, (_, _, _, expected) in enumerate(CASTS) if expected is None]
    assert [row[column.name] for column in columns] == [expected for _, _, _, expected in CASTS]
    assert [(reason["rule"], reason["column"]) for reason in row["_reasons"]] == [("type", name) for name in refused]


@pytest.mark.parametrize(
    ("source_type", "target", "value"),
    [
        ("double", "int", 1.5),
        ("decimal(6,3)", "decimal(6,2)", Decimal("1.239")),
        ("string", "decimal(6,2)", "1.239"),
        ("string", "decimal(6,2)", "1.2300000000000000000000001"),
        ("string", "decimal(38,0)", "123456789012345678901234567890.5"),
        ("string", "decimal(38,18)", "1e-19"),
        ("string", "double", "1e400"),
        ("string", "float", "1e39"),
        ("decimal(6,3)", "bigint", Decimal("1.500")),
    ],
)
def test_value_that_would_lose_digits_is_rejected(
    spark: SparkSession, source_type: str, target: str, value: object
) -> None:
    [(_, rules)] = _judge(spark, Column("value", target, required=False), source_type, [value])

    assert rules == ["type"]


@pytest.mark.parametrize(
    ("rule", "kept", "refused"),
    [
        (Rule("minimum", 3), "3", "2"),
        (Rule("maximum", 3), "3", "4"),
        (Rule("exclusiveMinimum", 3), "4", "3"),
        (Rule("exclusiveMaximum", 3), "2", "3"),
        (Rule("pattern", "^[0-9]$"), "7", "77"),
        (Rule("minLength", 2), "12", "1"),
        (Rule("maxLength", 1), "1", "12"),
        (Rule("validValues", ("1", "2")), "2", "3"),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else None,
)
def test_rule_keeps_and_refuses(spark: SparkSession, rule: Rule, kept: str, refused: str) -> None:
    target = "int" if "imum" in rule.name else "string"
    judged = _judge(spark, Column("value", target, required=False, rules=(rule,)), "string", [kept, refused, None])

    assert [rules for _, rules in judged] == [[], [rule.name], []]


STOPS = "list<struct<place string not null, minutes int>>"
NESTED: list[tuple[str, str, str | None, list[str]]] = [
    (STOPS, '[{"place": "EWR", "minutes": null}]', "[Row(place='EWR', minutes=None)]", []),
    (STOPS, '[{"place": "EWR", "minutes": "soon"}]', None, ["type"]),
    (STOPS, '[{"minutes": 3}]', "[Row(place=None, minutes=3)]", ["required"]),
    (STOPS, '{"place": "EWR"}', None, ["type"]),
    (STOPS, "nowhere", None, ["type"]),
    ("map<string, double>", '{"a": 1.5}', "{'a': 1.5}", []),
    ("map<string, double not null>", '{"a": null}', "{'a': None}", ["required"]),
    ("struct<at timestamptz, fare decimal(5, 2)>", '{"at": null, "fare": 1.25}', "fare=Decimal('1.25')", []),
    ("struct<inner struct<code int not null>>", '{"inner": {}}', "Row(inner=Row(code=None))", ["required"]),
    ("struct<inner struct<code int not null>>", '{"inner": null}', "Row(inner=None)", []),
    ("binary", "AAEC", repr(bytearray([0, 1, 2])), []),
    ("binary", "no base64!", None, ["type"]),
    ("uuid", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "f47ac10b", []),
    ("timestamp", "2013-01-01T10:00:00", "datetime.datetime(2013, 1, 1, 10, 0)", []),
]


@pytest.mark.parametrize(
    ("kind", "rule", "kept", "refused"),
    [
        ("decimal(38,2)", Rule("maximum", 12345678901234567), "12345678901234567.00", "12345678901234567.01"),
        ("decimal(38,22)", Rule("maximum", 0.88), "0.88", "0.8800000000000000000001"),
        ("decimal(38,22)", Rule("minimum", 0.88), "0.88", "0.8799999999999999999999"),
        ("decimal(38,22)", Rule("exclusiveMinimum", -0.1), "-0.0999999999999999999999", "-0.1"),
        ("decimal(38,22)", Rule("exclusiveMaximum", 0.1), "0.0999999999999999999999", "0.1"),
        ("decimal(38,0)", Rule("maximum", 0.5), "0", f"1{37 * '0'}"),
        ("decimal(38,0)", Rule("exclusiveMaximum", 0.5), "0", "1"),
        ("decimal(38,22)", Rule("validValues", (0.88, 1)), "0.88", "0.8800000000000000000001"),
        ("bigint", Rule("validValues", (1, 2**60)), f"{2**60}", f"{2**60 + 1}"),
        ("decimal(38,37)", Rule("minimum", 1e-7), "0.0000001", "0.0000000999999999999999999999999999999"),
        ("decimal(38,38)", Rule("maximum", 0), "0", f"0.{37 * '0'}1"),
        ("decimal(3,2)", Rule("exclusiveMaximum", 9.995), "9.99", None),
        ("decimal(38,2)", Rule("exclusiveMinimum", -1e40), f"-{36 * '9'}", None),
        ("decimal(38,2)", Rule("maximum", -1e40), None, f"-{36 * '9'}"),
        ("decimal(38,2)", Rule("minimum", 1e40), None, 36 * "9"),
        ("bigint", Rule("maximum", 9007199254740992.5), "9007199254740992", "9007199254740993"),
        ("bigint", Rule("maximum", 2**53), "9007199254740992", "9007199254740993"),
        ("int", Rule("minimum", 0.5), "1", "0"),
    ],
)
def test_bound_of_an_exact_number_is_held_to_the_last_digit(
    spark: SparkSession, kind: str, rule: Rule, kept: str | None, refused: str | None
) -> None:
    column = Column("value", kind, required=False, rules=(rule,))
    rows = [(value, broken) for value, broken in ((kept, []), (refused, [rule.name])) if value is not None]

    found = _judge(spark, column, "string", [value for value, _ in rows])

    assert [(Decimal(value), broken) for value, broken in found] == [(Decimal(value), broken) for value, broken in rows]


@pytest.mark.parametrize("rule", [Rule("maximum", 0.1), Rule("validValues", (0.1, 2))], ids=lambda rule: rule.name)
def test_float_is_held_against_what_a_float_makes_of_a_limit(spark: SparkSession, rule: Rule) -> None:
    judged = _judge(spark, Column("value", "float", required=False, rules=(rule,)), "string", ["0.1", "0.3"])

    assert [rules for _, rules in judged] == [[], [rule.name]]


@pytest.mark.parametrize(("physical", "text", "value", "rules"), NESTED)
def test_value_of_json_becomes_the_type_of_the_contract_or_is_rejected(
    spark: SparkSession, physical: str, text: str, value: str | None, rules: list[str]
) -> None:
    kind = parse_type(physical, "items: value")
    column = Column("value", kind.spark, required=False, nested=kind if kind.fields else None)

    [(found, broken), absent] = _judge(spark, column, "string", [text, None])

    assert (broken, absent) == (rules, (None, []))
    assert (value is None) == (found is None)
    assert (value or "") in repr(found)


@pytest.mark.parametrize(
    "text", ["list<integer>", "list<int, int>", "map<string>", "struct<int>", "time", "decimal(5)"]
)
def test_fails_when_a_type_is_none_that_spark_holds(text: str) -> None:
    with pytest.raises(ContractError, match=r"'items: value physicalType' must be one of boolean, .*list<T>"):
        parse_type(text, "items: value")


def test_absent_value_breaks_required_alone(spark: SparkSession) -> None:
    column = Column("value", "int", required=True, rules=(Rule("minimum", 1),))

    assert _judge(spark, column, "int", [None, 1]) == [(None, ["required"]), (1, [])]


def test_every_broken_rule_of_a_row_is_named(spark: SparkSession) -> None:
    contract = _contract(
        Column("id", "int", required=True), Column("price", "double", required=False, rules=(Rule("maximum", 9.5),))
    )
    frame = spark.createDataFrame([(None, 10.25)], "id int, price double")

    [row] = validate(frame, contract).collect()

    assert [(reason["rule"], reason["column"]) for reason in row["_reasons"]] == [
        ("required", "id"),
        ("maximum", "price"),
    ]
    assert row["_reasons"][1]["message"] == (
        "'price' must be at most 9.5, got 10.25; correct it in the source, or relax the contract and re-drive the row"
    )


def test_fails_when_a_source_type_can_never_become_the_contracts(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(True,)], "value boolean")

    with pytest.raises(ContractError, match="'items' must have castable columns"):
        validate(frame, _contract(Column("value", "date", required=False)))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Z"))), min_size=30, max_size=60)
)
def test_no_text_is_lost_in_a_cast_to_int(spark: SparkSession, values: list[str]) -> None:
    judged = _judge(spark, Column("value", "int", required=True), "string", values)

    assert len(judged) == len(values)
    assert all((value is None) == (rules == ["type"]) for value, rules in judged)


def test_real_dirt_is_found_and_its_neighbours_pass(spark: SparkSession) -> None:
    contracts = {contract.dataset: contract for contract in load_contracts(CONTRACTS, "nycflights")}
    hour = datetime(2013, 2, 12, 8, tzinfo=UTC)
    clean = {"origin": "EWR", "year": 2013, "month": 2, "day": 12, "hour": 3, "temp": 39.02, "dewp": 26.96}
    clean |= {"humid": 61.63, "wind_dir": 260, "wind_speed": 12.66, "wind_gust": None, "precip": 0.0}
    clean |= {"pressure": 1008.3, "visib": 10.0, "time_hour": hour, "updated_at": hour}
    fields = ", ".join(f"{column.name} {column.spark_type}" for column in contracts["weather"].columns)
    rows = [
        [weather[column.name] for column in contracts["weather"].columns]
        for weather in (clean, {**clean, "wind_speed": 1048.36058})
    ]

    judged = validate(spark.createDataFrame(rows, fields), contracts["weather"]).collect()

    assert [[(reason["rule"], reason["column"]) for reason in row["_reasons"]] for row in judged] == [
        [],
        [("maximum", "wind_speed")],
    ]


@pytest.mark.parametrize("pattern", [r"^\d{2}$", r"^[a-z]+'s$", r"^a\\b$"])
def test_pattern_reaches_spark_as_it_was_written(spark: SparkSession, pattern: str) -> None:
    column = Column("value", "string", required=False, rules=(Rule("pattern", pattern),))

    judged = _judge(spark, column, "string", ["12", "cat's", "a\\b"])

    assert [rules == [] for _, rules in judged] == [pattern.startswith(start) for start in (r"^\d", "^[a", "^a")]
