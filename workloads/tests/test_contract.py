from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import open_data_contract_standard
import pytest
import yaml

from lakehouse_jobs.contract import Care, load_care, load_contracts, load_stream, load_windows, parse
from lakehouse_jobs.contract_yaml import load_yaml
from lakehouse_jobs.exceptions import ContractError
from support.items import DOCUMENT
from support.lake import CONTRACTS

Edit = Callable[[dict[str, Any]], object]


def _properties(document: dict[str, Any]) -> list[dict[str, Any]]:
    properties: list[dict[str, Any]] = document["schema"][0]["properties"]
    return properties


def test_reads_columns_key_ordering_and_source() -> None:
    contract = parse(DOCUMENT, "items.yaml")

    assert [(column.name, column.spark_type, column.required) for column in contract.columns] == [
        ("id", "int", True),
        ("name", "string", False),
        ("quantity", "int", False),
        ("updated_at", "timestamp", True),
    ]
    assert (contract.key, contract.ordering_column, contract.version) == (("id",), "updated_at", "1.0.0")
    assert contract.source.address == "postgres://shop.public.items"


@pytest.mark.parametrize(
    ("physical", "spark"),
    [("long", "bigint"), ("decimal(9, 2)", "decimal(9,2)"), ("timestamp", "timestamp_ntz"), ("fixed[16]", "binary")],
)
def test_iceberg_types_become_spark_types(physical: str, spark: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    _properties(document)[2] |= {"physicalType": physical, "logicalTypeOptions": {}}

    assert parse(document, "items.yaml").columns[2].spark_type == spark


def test_key_columns_follow_their_positions() -> None:
    document = copy.deepcopy(DOCUMENT)
    _properties(document)[0]["primaryKeyPosition"] = 2
    _properties(document)[1] |= {"primaryKey": True, "primaryKeyPosition": 1}

    assert parse(document, "items.yaml").key == ("name", "id")


def test_reads_the_rules_of_the_dataset_and_those_of_a_value() -> None:
    document = copy.deepcopy(DOCUMENT)
    table = document["schema"][0]
    accepted = {"metric": "invalidValues", "arguments": {"validValues": [1, 2], "pattern": "^[12]$"}, "mustBe": 0}
    query = {"type": "sql", "query": "SELECT max(${column}) FROM ${object}", "mustNotBeBetween": [5, 7]}
    words = {"type": "text", "description": "counted by hand"}
    table["properties"][2]["quality"] = [accepted, {"metric": "nullValues", "mustBe": 0}, query, words]
    table["properties"][1] |= {"unique": True, "relationships": [{"to": "parts.name"}]}
    table["quality"] = [
        {"metric": "rowCount", "mustBeGreaterThan": 3},
        {"metric": "duplicateValues", "arguments": {"properties": ["name", "quantity"]}, "mustBe": 0},
    ]
    table["relationships"] = [{"from": ["items.name", "items.id"], "to": ["bins.name", "bins.number"]}]

    contract = parse(document, "items.yaml")

    quantity, rules = contract.columns[2], contract.rules
    assert quantity.required
    assert {rule.name: rule.argument for rule in quantity.rules}.items() >= {
        ("validValues", (1, 2)),
        ("pattern", "^[12]$"),
    }
    assert rules.unique == (("name",), ("name", "quantity"))
    assert [str(each) for each in rules.row_counts] == ["> 3"]
    assert [str(each) for each in rules.relationships] == [
        "name refers to parts.name",
        "name, id refers to bins.name, bins.number",
    ]
    assert [(each.sql, str(each.expected)) for each in rules.queries] == [
        ("SELECT max(quantity) FROM ${table}", "NOT BETWEEN 5 AND 7")
    ]


def test_what_a_contract_tells_of_its_table_s_changes_is_not_for_jobs() -> None:
    document = copy.deepcopy(DOCUMENT)
    renamed = {"property": "renamedFrom", "value": "amount", "description": "as the shop calls it"}
    _properties(document)[2] |= {"customProperties": [renamed]}
    gone = {"property": "droppedColumns", "value": [{"column": "colour", "reason": "no longer asked"}]}
    document["customProperties"] = [*document["customProperties"], gone]

    assert parse(document, "items.yaml") == parse(DOCUMENT, "items.yaml")


EDITS: dict[str, tuple[Edit, str]] = {
    "an unknown type": (
        lambda document: _properties(document)[2].update(physicalType="integer"),
        r"'items.yaml: quantity physicalType' must be one of boolean, .*got \"integer\"",
    ),
    "an unknown rule": (
        lambda document: _properties(document)[2].update(logicalTypeOptions={"minimun": 1}),
        r"'items.yaml: quantity' must use only minimum, .*got \"minimun\"",
    ),
    "a rule of the dataset at a column": (
        lambda document: _properties(document)[2].update(quality=[{"metric": "rowCount", "mustBe": 0}]),
        r"'items.yaml: quantity quality' must be a rule of a column, got \"rowCount\"",
    ),
    "a rule that lets some broken rows through": (
        lambda document: _properties(document)[2].update(quality=[{"metric": "nullValues", "mustBeLessThan": 5}]),
        r"must be a rule of a column, got \"nullValues\"; a row is judged alone",
    ),
    "a rule of a column at the dataset": (
        lambda document: document["schema"][0].update(quality=[{"metric": "nullValues", "mustBe": 0}]),
        r"'items.yaml quality' must be a rule of a dataset, got \"nullValues\"",
    ),
    "a count that must be nothing": (
        lambda document: document["schema"][0].update(quality=[{"metric": "rowCount"}]),
        r"must have one of mustBe, .*got \"none\"",
    ),
    "a query of another table": (
        lambda document: document["schema"][0].update(quality=[{"type": "sql", "query": "SELECT 1", "mustBe": 1}]),
        r"'items.yaml query' must be one SELECT of \$\{table\}, got \"SELECT 1\"",
    ),
    "a relationship to a whole dataset": (
        lambda document: _properties(document)[1].update(relationships=[{"to": "parts"}]),
        r"relationships' must name as many columns of one dataset, as dataset.column, got \"parts\"",
    ),
    "no key": (lambda document: _properties(document)[0].pop("primaryKey"), r"primaryKey' must be set on a column"),
    "a column twice": (
        lambda document: _properties(document).append(_properties(document)[0]),
        r"must have distinct names",
    ),
    "an ordering column it lacks": (
        lambda document: document["customProperties"][0].update(value="changed_at"),
        r"orderingColumn' must be one of id, name, quantity, updated_at, got \"changed_at\"",
    ),
    "a watermark that is no moment": (
        lambda document: document["customProperties"][1]["value"].update(watermarkColumn="id"),
        r"watermarkColumn' must be a timestamptz, got \"int\"",
    ),
    "a source and a stream": (
        lambda document: document["customProperties"].append({"property": "stream", "value": {"topic": "items"}}),
        r"stream' must be absent beside source",
    ),
    "half a stream": (
        lambda document: document["customProperties"].__setitem__(1, {"property": "stream", "value": {}}),
        r"stream' must be complete, got \"no topic\"",
    ),
    "half a source": (
        lambda document: document["customProperties"][1]["value"].pop("table"),
        r"source' must be complete, got \"no table\"",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_fails_when_the_contract_has(name: str) -> None:
    edit, message = EDITS[name]
    document = copy.deepcopy(DOCUMENT)
    edit(document)

    with pytest.raises(ContractError, match=message):
        parse(document, "items.yaml")


def test_fails_when_no_contract_names_the_source(tmp_path: Path) -> None:
    (tmp_path / "silver").mkdir()
    (tmp_path / "silver" / "items.yaml").write_text(yaml.safe_dump(DOCUMENT))

    with pytest.raises(ContractError, match=r"'source' must be one of shop, got \"shops\""):
        load_contracts(tmp_path, "shops")


def test_fails_when_a_document_is_not_yaml(tmp_path: Path) -> None:
    (tmp_path / "silver").mkdir()
    (tmp_path / "silver" / "items.yaml").write_text("schema: [")

    with pytest.raises(ContractError, match=r"items.yaml' must be YAML"):
        load_contracts(tmp_path, "shop")


def test_fails_when_a_document_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "silver").mkdir()
    (tmp_path / "silver" / "items.yaml").write_text("name: Züge", encoding="latin-1")

    with pytest.raises(ContractError, match=r"items.yaml' must be YAML, got .*utf-8"):
        load_contracts(tmp_path, "shop")


def test_scalars_are_read_by_the_core_schema_of_yaml_1_2_as_the_construct_library_reads_them() -> None:
    fixture = CONTRACTS.parent / "test" / "contracts" / "fixtures" / "core-schema.yaml"

    read = load_yaml(fixture.read_text(encoding="utf-8"))

    assert json.loads(json.dumps(read)) == json.loads(fixture.with_suffix(".json").read_text(encoding="utf-8"))
    assert load_yaml("a: |\n  b") == load_yaml("a: |\n  b\n") == {"a": "b\n"}
    assert [str(each) for each in load_yaml("[.inf, -.INF, .NaN]")] == ["inf", "-inf", "nan"]


def test_accepted_values_are_the_words_of_the_contract(tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENT)
    accepted = {"metric": "invalidValues", "arguments": {"validValues": ["EWR", "NO"]}, "mustBe": 0}
    _properties(document)[1]["quality"] = [accepted]
    (tmp_path / "silver").mkdir()
    text = yaml.safe_dump(document).replace("'NO'", "NO")
    (tmp_path / "silver" / "items.yaml").write_text(text)

    [contract] = load_contracts(tmp_path, "shop")

    assert {rule.name: rule.argument for rule in contract.columns[1].rules}["validValues"] == ("EWR", "NO")


def test_every_contract_of_the_repository_is_a_valid_document_of_the_standard() -> None:
    package = resources.files(open_data_contract_standard)
    schema = json.loads(next(iter(Path(str(package)).rglob("*schema*.json"))).read_text(encoding="utf-8"))
    paths = sorted(CONTRACTS.glob("*/*.yaml"))

    problems = {
        path.name: [error.message for error in jsonschema.Draft201909Validator(schema).iter_errors(document)]
        for path in paths
        for document in [json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))]
    }

    assert problems
    assert {name: found for name, found in problems.items() if found} == {}


def test_every_contract_with_a_source_is_read_by_the_job() -> None:
    contracts = load_contracts(CONTRACTS, "nycflights")

    assert [contract.dataset for contract in contracts] == ["airlines", "airports", "flights", "planes", "weather"]
    assert all(contract.source.table == contract.dataset for contract in contracts)


def test_stream_of_the_repository_is_read_by_the_job() -> None:
    contract = load_stream(CONTRACTS, "flight_events")

    assert (contract.stream.topic, contract.stream.address) == ("flights.events", "kafka://flights.events")
    assert contract.ordering_column == "reported_at"
    with pytest.raises(ContractError, match="run it as a stream"):
        _ = contract.source


def test_fails_when_the_dataset_of_a_stream_has_none() -> None:
    with pytest.raises(ContractError, match=r"'dataset' must be one of flight_events, got \"flights\""):
        load_stream(CONTRACTS, "flights")
    with pytest.raises(ContractError, match="ingest its source"):
        _ = parse(DOCUMENT, "items.yaml").stream


def _with_custom(properties: dict[str, object]) -> dict[str, Any]:
    added = [{"property": name, "value": value} for name, value in properties.items()]
    return {**DOCUMENT, "customProperties": [*DOCUMENT["customProperties"], *added]}


@pytest.mark.parametrize(
    ("properties", "care"),
    [
        ({}, Care(by_job=False, keep=timedelta(days=7))),
        ({"maintenance": "job", "snapshotRetentionDays": 3}, Care(by_job=True, keep=timedelta(days=3))),
        (
            {"compaction": "z-order", "sortOrder": [{"column": "name"}, {"column": "id", "direction": "desc"}]},
            Care(by_job=False, compaction="z-order", curve=("name", "id")),
        ),
    ],
)
def test_tables_are_cared_for_by_glue_unless_the_contract_leaves_it_to_the_job(
    properties: dict[str, object], care: Care
) -> None:
    assert parse(_with_custom(properties), "items.yaml").care == care


def test_says_how_the_tables_of_a_zone_are_cared_for(tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    documents = {"trips": DOCUMENT, "kept": _with_custom({"maintenance": "job"})}
    for name, document in documents.items():
        own = {**document, "schema": [{**document["schema"][0], "name": name}]}
        (tmp_path / "gold" / f"{name}.yaml").write_text(yaml.safe_dump(own))

    assert load_care(tmp_path, "gold") == {"trips": Care(by_job=False), "kept": Care(by_job=True)}
    assert load_care(tmp_path, "platinum") == {}


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"compaction": "sort"}, "'items.yaml: compaction' must be binpack where there is no sortOrder, got \"sort\""),
        (
            {"compaction": "hilbert", "sortOrder": [{"column": "name"}]},
            "'items.yaml: compaction' must be binpack or sort or z-order, got \"hilbert\"",
        ),
    ],
)
def test_compaction_that_no_table_can_have_is_refused(properties: dict[str, object], said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)):
        parse(_with_custom(properties), "items.yaml")


def test_tables_that_a_stream_writes_are_cared_for_by_the_job_as_long_as_the_topic_can_be_replayed() -> None:
    [hours] = load_windows(CONTRACTS, "flight_events")

    assert load_stream(CONTRACTS, "flight_events").care == Care(by_job=True, keep=timedelta(days=7))
    assert hours.care.by_job


def test_fails_when_nobody_is_known_to_care_for_the_tables() -> None:
    custom = [*DOCUMENT["customProperties"], {"property": "maintenance", "value": "glue"}]

    with pytest.raises(ContractError, match=r"'items.yaml: maintenance' must be managed or job, got \"glue\""):
        parse({**DOCUMENT, "customProperties": custom}, "items.yaml")
