"""The rules of a contract: those a value is judged by alone, and those of a dataset as a whole.

They stand where the standard has them: `logicalTypeOptions`, `quality` and `relationships`. `lakehouse lock` and the
stack refuse a wrong one with its line; here the first one stops the job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_jobs.exceptions import ContractError, problem

_OPTIONS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "minLength", "maxLength")
_IGNORED_OPTIONS = frozenset({"format", "timezone", "defaultTimezone"})
_OPERATORS: Mapping[str, str] = {
    "mustBe": "=",
    "mustNotBe": "!=",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
    "mustBeBetween": "BETWEEN",
    "mustNotBeBetween": "NOT BETWEEN",
}
_FOR_OTHERS = ("text", "custom")
"""Types of rules that say something to people or to another engine."""


@dataclass(frozen=True)
class Rule:
    """One condition a value must meet: its name (as in the contract) and its argument."""

    name: str
    argument: Any


@dataclass(frozen=True)
class Comparison:
    """What a number must be: an operator of SQL and one number, or two for the ranges, whose bounds are allowed."""

    operator: str
    operands: tuple[float, ...]

    def __str__(self) -> str:
        """As SQL writes it, without the number's own name."""
        return f"{self.operator} {' AND '.join(map(str, self.operands))}"


@dataclass(frozen=True)
class Relationship:
    """Columns whose values are found in those of another dataset of silver; a row with a null refers to nothing."""

    columns: tuple[str, ...]
    dataset: str
    references: tuple[str, ...]

    def __str__(self) -> str:
        """For people: `carrier refers to airlines.carrier`."""
        return f"{', '.join(self.columns)} refers to {', '.join(f'{self.dataset}.{name}' for name in self.references)}"


@dataclass(frozen=True)
class Query:
    """A query that gives one number, with a name for people; `${table}` stands for the dataset."""

    name: str
    sql: str
    expected: Comparison


@dataclass(frozen=True)
class TableRules:
    """What the rows of a dataset must be together. `unique` are groups of columns, the primary key not among them."""

    unique: tuple[tuple[str, ...], ...] = ()
    row_counts: tuple[Comparison, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    queries: tuple[Query, ...] = ()


def value_rules(entry: Mapping[str, Any], subject: str) -> tuple[Rule, ...]:
    """The conditions on a column's values; `present` where a row without one is refused though it is optional.

    :raises ContractError: an option or a rule that a row alone cannot be judged by.
    """
    options: Mapping[str, Any] = entry.get("logicalTypeOptions") or {}
    unknown = sorted(set(options) - set(_OPTIONS) - _IGNORED_OPTIONS)
    if unknown:
        known = ", ".join(_OPTIONS)
        raise ContractError(problem(subject, f"use only {known}", ", ".join(unknown), "remove the option"))
    rules = [Rule(option, options[option]) for option in _OPTIONS if option in options]
    for check in _checks(entry, subject):
        rules += _value_rules(check, subject)
    return tuple(rules)


def table_rules(table: Mapping[str, Any], subject: str) -> TableRules:
    """The rules of a dataset as a whole, those that its columns carry among them.

    :raises ContractError: a rule that is incomplete or unknown.
    """
    columns: Sequence[Mapping[str, Any]] = table.get("properties") or ()
    key = [str(entry["name"]) for entry in columns if entry.get("primaryKey")]
    unique: list[tuple[str, ...]] = [(str(entry["name"]),) for entry in columns if _is_unique(entry, subject)]
    counts: list[Comparison] = []
    for check in _checks(table, subject):
        metric = check.get("metric")
        if metric == "rowCount":
            counts.append(_comparison(check, subject))
        elif metric == "duplicateValues" and _arguments(check).get("properties") and check.get("mustBe") == 0:
            unique.append(tuple(map(str, _arguments(check)["properties"])))
        elif check.get("type") != "sql":
            remedy = "a dataset has rowCount, duplicateValues with properties and mustBe 0, and queries"
            raise ContractError(problem(f"{subject} quality", "be a rule of a dataset", metric, remedy))
    queries = [_query(check, None, subject) for check in _checks(table, subject) if check.get("type") == "sql"]
    queries += [
        _query(check, str(entry["name"]), subject)
        for entry in columns
        for check in _checks(entry, subject)
        if check.get("type") == "sql"
    ]
    return TableRules(_beside(key, unique), tuple(counts), tuple(_relationships(table, subject)), tuple(queries))


def _beside(key: Sequence[str], groups: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Each group of columns once, in whatever order it is named; that the key's values are unique is said already."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for group in groups:
        found.setdefault(frozenset(group), tuple(dict.fromkeys(group)))
    found.pop(frozenset(key), None)
    return tuple(found.values())


def _checks(entry: Mapping[str, Any], subject: str) -> list[Mapping[str, Any]]:
    listed = entry.get("quality") or []
    if not isinstance(listed, list):
        raise ContractError(problem(f"{subject} quality", "be a list", listed, "correct the contract"))
    return [check for check in listed if check.get("type") not in _FOR_OTHERS]


def _arguments(check: Mapping[str, Any]) -> Mapping[str, Any]:
    return check.get("arguments") or {}


def _value_rules(check: Mapping[str, Any], subject: str) -> list[Rule]:
    metric, none = check.get("metric"), check.get("mustBe") == 0
    accepted = _arguments(check)
    if check.get("type") == "sql" or (metric == "duplicateValues" and none):
        return []  # about all rows together: see table_rules
    if metric == "nullValues" and none:
        return [Rule("present", True)]
    if metric == "invalidValues" and none and (accepted.get("validValues") or accepted.get("pattern")):
        values = [Rule("validValues", tuple(accepted["validValues"]))] if accepted.get("validValues") else []
        return values + ([Rule("pattern", accepted["pattern"])] if accepted.get("pattern") else [])
    remedy = "a row is judged alone: nullValues, invalidValues with validValues or pattern, duplicateValues; mustBe 0"
    raise ContractError(problem(f"{subject} quality", "be a rule of a column", metric, remedy))


def _is_unique(entry: Mapping[str, Any], subject: str) -> bool:
    return bool(entry.get("unique")) or any(
        check.get("metric") == "duplicateValues" for check in _checks(entry, subject)
    )


def _comparison(check: Mapping[str, Any], subject: str) -> Comparison:
    given = [key for key in _OPERATORS if key in check]
    operands = check[given[0]] if len(given) == 1 else None
    numbers = operands if isinstance(operands, list) else [operands]
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        must = f"have one of {', '.join(_OPERATORS)}, with a number"
        raise ContractError(problem(f"{subject} quality", must, ", ".join(given) or "none", "correct the contract"))
    return Comparison(_OPERATORS[given[0]], tuple(numbers))


def _query(check: Mapping[str, Any], column: str | None, subject: str) -> Query:
    sql = re.sub(r"\$\{object\}", "${table}", str(check.get("query") or "").strip())
    if column is not None:
        sql = re.sub(r"\$\{(property|column)\}", column, sql)
    if "${table}" not in sql or ";" in sql:
        raise ContractError(problem(f"{subject} query", "be one SELECT of ${table}", sql, "correct the contract"))
    name = " ".join(str(check.get("name") or check.get("description") or sql).split())
    return Query(name, sql, _comparison(check, subject))


def _relationships(table: Mapping[str, Any], subject: str) -> list[Relationship]:
    found = [
        _relationship([str(entry["name"])], each, subject)
        for entry in table.get("properties") or ()
        for each in entry.get("relationships") or ()
    ]
    for each in table.get("relationships") or ():
        named = [name.partition(".")[2] for name in _listed(each.get("from"))]
        found.append(_relationship(named, each, subject))
    return found


def _relationship(columns: Sequence[str], given: Mapping[str, Any], subject: str) -> Relationship:
    parts = [name.split(".") for name in _listed(given.get("to"))]
    datasets = {part[0] for part in parts}
    if len(datasets) != 1 or len(parts) != len(columns) or any(len(part) != 2 for part in parts):
        must = "name as many columns of one dataset, as dataset.column"
        raise ContractError(problem(f"{subject} relationships", must, given.get("to"), "correct the contract"))
    return Relationship(tuple(columns), datasets.pop(), tuple(part[1] for part in parts))


def _listed(value: object) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]
