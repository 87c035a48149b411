"""A contract as a suite of expectations: about the table, about its key, about each column, about other tables.

It is made when a check runs, from the contract and the table as it is: there is no suite in a file to grow stale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import great_expectations as gx
from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from lakehouse_jobs.contract import METADATA_COLUMNS, Column, Contract
from lakehouse_jobs.contract_rules import Comparison, Relationship, Rule
from lakehouse_jobs.validation import broken, is_number, quoted

_TYPES: Mapping[str, str] = {
    "boolean": "BooleanType",
    "int": "IntegerType",
    "bigint": "LongType",
    "float": "FloatType",
    "double": "DoubleType",
    "date": "DateType",
    "timestamp": "TimestampType",
    "timestamp_ntz": "TimestampNTZType",
    "string": "StringType",
    "binary": "BinaryType",
    "decimal": "DecimalType",
    "array": "ArrayType",
    "map": "MapType",
    "struct": "StructType",
}
_COUNT = "SELECT count(*) FROM ${table}"
_ROWS = "\0"
"""Stands for the rows that are checked while braces are doubled; no query has it."""
_EXACT = 2**53
"""Up to it every integer is a double."""
_BETWEEN = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


def suite_of(contract: Contract, least_rows: int, silver: str) -> gx.ExpectationSuite:
    """What silver must be by its contract.

    `least_rows` are the rows that the table serves today: a load inserts and updates, and takes none away. `silver` is
    where the tables are that it refers to, as `catalog.database`.
    """
    expectations = [*_of_table(contract, least_rows), *_of_columns(contract), *_of_rules(contract, silver)]
    return gx.ExpectationSuite(name=contract.dataset, expectations=expectations)


def suite_of_frame(contract: Contract) -> gx.ExpectationSuite:
    """What a data frame must be: not empty, of the contract's columns, unique by its key where it names one."""
    rows = gxe.ExpectTableRowCountToBeBetween(min_value=1)
    unique = [_unique(contract.key)] if contract.key else []
    return gx.ExpectationSuite(name=contract.dataset, expectations=[rows, *unique, *_of_columns(contract)])


def _of_table(contract: Contract, least_rows: int) -> Iterator[Expectation]:
    columns = [*contract.column_names, *[name for name, _ in METADATA_COLUMNS]]
    yield gxe.ExpectTableRowCountToBeBetween(min_value=max(1, least_rows))
    yield gxe.ExpectTableColumnsToMatchSet(column_set=columns, exact_match=True)
    yield _unique(contract.key)


def _unique(key: Sequence[str]) -> Expectation:
    if len(key) == 1:
        return gxe.ExpectColumnValuesToBeUnique(column=key[0])
    return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(key))


def _of_rules(contract: Contract, silver: str) -> Iterator[Expectation]:
    yield from map(_unique, contract.rules.unique)
    for expected in contract.rules.row_counts:
        yield _no_rows(f"row count {expected}", _unmet_query(_COUNT, expected))
    for each in contract.rules.relationships:
        yield _no_rows(str(each), _orphans(each, contract.dataset, silver))
    for query in contract.rules.queries:
        yield _no_rows(query.name, _unmet_query(query.sql, query.expected))


def _no_rows(description: str, query: str) -> Expectation:
    """Great Expectations takes braces for its own, and knows the rows that are checked as `batch`."""
    escaped = query.replace("${table}", _ROWS).replace("{", "{{").replace("}", "}}").replace(_ROWS, "{batch}")
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=escaped, description=description)


def _unmet_query(query: str, expected: Comparison) -> str:
    """A row when a query gives something else than it must, nothing included; it may end in a comment."""
    return f"SELECT value FROM (SELECT ({query}\n) AS value) WHERE NOT coalesce(value {expected}, false)"


def _orphans(relationship: Relationship, dataset: str, silver: str) -> str:
    """The rows that refer to something that is not there; a table may refer to itself."""
    other = "${table}" if relationship.dataset == dataset else f"{silver}.{quoted(relationship.dataset)}"
    pairs = list(zip(map(quoted, relationship.columns), map(quoted, relationship.references), strict=True))
    same = " AND ".join(f"one.{column} = other.{reference}" for column, reference in pairs)
    present = " AND ".join(f"one.{column} IS NOT NULL" for column, _ in pairs)
    shown = ", ".join(f"one.{column}" for column, _ in pairs)
    return f"SELECT {shown} FROM ${{table}} AS one LEFT ANTI JOIN {other} AS other ON {same} WHERE {present}"


def _of_columns(contract: Contract) -> Iterator[Expectation]:
    for column in contract.columns:
        kind = _TYPES[re.split("[(<]", column.spark_type)[0]]
        yield gxe.ExpectColumnValuesToBeOfType(column=column.name, type_=kind)
        if column.required:
            yield gxe.ExpectColumnValuesToNotBeNull(column=column.name)
        rules = {rule.name: rule.argument for rule in column.rules}
        yield from (made for make in _OF_RULES if (made := make(column, rules)) is not None)


def _between(column: Column, rules: Mapping[str, Any]) -> Expectation | None:
    if not rules.keys() & set(_BETWEEN):
        return None
    if _is_no_double(column, map(rules.get, _BETWEEN)):
        return _exactly_between(column)
    least, above, most, below = map(rules.get, _BETWEEN)
    # a column may have both of a side: the narrower one counts
    strict_min = above is not None and (least is None or above >= least)
    strict_max = below is not None and (most is None or below <= most)
    return gxe.ExpectColumnValuesToBeBetween(
        column=column.name,
        min_value=above if strict_min else least,
        max_value=below if strict_max else most,
        strict_min=strict_min,
        strict_max=strict_max,
    )


def _is_no_double(column: Column, limits: Iterable[object]) -> bool:
    """Whether a column, or what its values are held against, is no double to the last digit."""
    beyond = any(abs(limit) > _EXACT for limit in limits if is_number(limit))
    return beyond or column.spark_type.startswith(("decimal", "float"))


def _exactly_between(column: Column) -> Expectation:
    """Great Expectations takes every bound for a double."""
    value = quoted(column.name)
    found = [broken(rule, column, value) for rule in column.rules if rule.name in _BETWEEN]
    beyond = " OR ".join(condition for condition, _ in found)
    must = f"{column.name} must {' and '.join(must for _, must in found)}"
    return _no_rows(must, f"SELECT {value} FROM ${{table}} WHERE {beyond}")


def _of_length(column: Column, rules: Mapping[str, Any]) -> Expectation | None:
    if not rules.keys() & {"minLength", "maxLength"}:
        return None
    least, most = rules.get("minLength"), rules.get("maxLength")
    return gxe.ExpectColumnValueLengthsToBeBetween(column=column.name, min_value=least, max_value=most)


def _like(column: Column, rules: Mapping[str, Any]) -> Expectation | None:
    pattern = rules.get("pattern")
    return None if pattern is None else gxe.ExpectColumnValuesToMatchRegex(column=column.name, regex=pattern)


def _one_of(column: Column, rules: Mapping[str, Any]) -> Expectation | None:
    values = rules.get("validValues")
    if values is None:
        return None
    if _is_no_double(column, values):
        return _exactly_one_of(column, values)
    return gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=list(values))


def _exactly_one_of(column: Column, values: Sequence[object]) -> Expectation:
    """Spark compares a decimal with what Great Expectations hands over as two doubles."""
    value = quoted(column.name)
    condition, must = broken(Rule("validValues", tuple(values)), column, value)
    return _no_rows(f"{column.name} must {must}", f"SELECT {value} FROM ${{table}} WHERE {condition}")


_OF_RULES: tuple[Callable[[Column, Mapping[str, Any]], Expectation | None], ...] = (
    _between,
    _of_length,
    _like,
    _one_of,
)
