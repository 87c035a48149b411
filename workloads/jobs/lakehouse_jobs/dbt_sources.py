"""Writes dbt's description of silver from the contracts: columns, tests and freshness stand nowhere else.

`python -m lakehouse_jobs.dbt_sources <contracts> <file>`
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lakehouse_jobs.contract import Column, Contract, parse

_HEADER = "# Written from the contracts by lakehouse_jobs.dbt_sources; a test fails when the two differ.\n"
_BOUNDS: Mapping[str, str] = {
    "minimum": "min",
    "maximum": "max",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
}
_LENGTHS: Mapping[str, str] = {"minLength": "min", "maxLength": "max"}
_PERIODS: Mapping[str, str] = {"d": "day", "h": "hour", "min": "minute"}


def sources(directory: Path) -> str:
    """The sources file of the dbt project for the contracts in `directory/silver`, as YAML.

    :raises ContractError: a document is malformed.
    """
    paths = sorted((directory / "silver").glob("*.yaml"))
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    source = {
        "name": "silver",
        "description": "Tables by contract: cleaned rows, the newest version of each",
        "schema": "{{ var('silver') }}",
        "config": {"loaded_at_field": "_extracted_at"},
        "tables": [_table(document, parse(document, "contract")) for document in documents],
    }
    return _HEADER + yaml.safe_dump({"sources": [source]}, sort_keys=False, width=120, allow_unicode=True)


def _table(document: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    schema = document["schema"][0]
    descriptions = {entry["name"]: entry.get("description", "") for entry in schema["properties"]}
    return {
        "name": contract.dataset,
        "description": schema.get("dataGranularityDescription") or schema.get("description", ""),
        "config": {"freshness": _freshness(document)},
        "data_tests": _tests(contract),
        "columns": [
            {"name": column.name, "description": descriptions[column.name], "data_type": column.spark_type}
            for column in contract.columns
        ],
    }


def _freshness(document: Mapping[str, Any]) -> dict[str, Any] | None:
    promised = [entry for entry in document.get("slaProperties") or () if entry["property"] == "freshness"]
    if not promised:
        return None
    return {"error_after": {"count": int(promised[0]["value"]), "period": _PERIODS[promised[0]["unit"]]}}


def _tests(contract: Contract) -> list[dict[str, Any]]:
    """A test per kind of rule instead of one per column: each reads the table once."""
    name, columns = contract.dataset, contract.columns
    required = [column.name for column in columns if column.required]
    ranges = {column.name: found for column in columns if (found := _arguments(column, _BOUNDS))}
    ranges |= {f"length({column.name})": found for column in columns if (found := _arguments(column, _LENGTHS))}
    tests = [
        _test(f"{name}_key_is_unique", "expect_unique_key", {"columns": list(contract.key)}),
        _test(f"{name}_required_are_present", "expect_columns_not_null", {"columns": required}),
        _test(f"{name}_values_in_range", "expect_columns_between", {"ranges": ranges}),
        _test(f"{name}_values_in_set", "expect_columns_in_set", {"sets": _named(columns, "validValues")}),
        _test(f"{name}_texts_match", "expect_columns_to_match", {"patterns": _named(columns, "pattern")}),
    ]
    return [test for test in tests if all(next(iter(test.values()))["arguments"].values())]


def _test(name: str, expectation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {f"expectations.{expectation}": {"name": f"silver_{name}", "arguments": arguments}}


def _arguments(column: Column, names: Mapping[str, str]) -> dict[str, Any]:
    return {names[rule.name]: rule.argument for rule in column.rules if rule.name in names}


def _named(columns: Sequence[Column], rule_name: str) -> dict[str, Any]:
    found = {column.name: rule.argument for column in columns for rule in column.rules if rule.name == rule_name}
    return {name: list(argument) if isinstance(argument, tuple) else argument for name, argument in found.items()}


if __name__ == "__main__":
    contracts, file = (Path(argument) for argument in sys.argv[1:])
    file.write_text(sources(contracts), encoding="utf-8")
