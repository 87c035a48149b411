"""A load that is staged is served when it meets what its contract expects, and not before."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import EndpointConnectionError
from pyspark.sql import SparkSession

from lakehouse_jobs import cli
from lakehouse_jobs.commands import command
from lakehouse_jobs.commands import quality as quality_command
from lakehouse_jobs.contract import Contract, parse
from lakehouse_jobs.exceptions import ContractError
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.quality import check
from lakehouse_jobs.quality.check import Outcome
from lakehouse_jobs.quality.checkpoint import Checkpoints
from lakehouse_jobs.quality.suites import suite_of, suite_of_frame
from lakehouse_jobs.runtime import Runtime
from support.gated import RUN_ID, TOPIC, GatedLake
from support.items import CREATE, DOCUMENT, upsert
from support.lake import CONTRACTS, Lake, create_tables
from support.postgres import Sql

JANUARY = (upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "02"))
CHANGES = (upsert(1, "bolt", 6, "03"), upsert(3, "pin", 1, "04"))
DOUBLED = "INSERT INTO {0} SELECT * FROM {0} WHERE id = 2"


@pytest.fixture
def gated(lake: Lake) -> GatedLake:
    return GatedLake(lake)


def test_staged_loads_are_served_together_when_they_pass(gated: GatedLake, sql: Sql) -> None:
    sql.run(*JANUARY)
    gated.lake.ingest(stage=True)
    sql.run(*CHANGES, upsert(4, "Bad", 1, "04"))
    staged = gated.lake.ingest(stage=True)["items"]

    assert gated.served == {}
    assert (staged.rowsInserted, staged.rowsUpdated) == (1, 1)
    assert gated.metrics["QualityScore"] == pytest.approx(200 / 3)

    found = gated.check()["items"]

    assert gated.served == {1: 6, 2: 7, 3: 1}
    assert (found.outcome, found.staged, found.score) == (Outcome.PUBLISHED, True, 100.0)
    assert found.snapshot == staged.snapshots.silver == gated.lake.snapshots()["silver"][0].id
    assert gated.metrics["ExpectationsMet"] == 100.0
    assert gated.record["datasets"][0]["met"] == found.expectations > 8
    assert "items" in (gated.lake.folder / "artifacts/quality/index.html").read_text()
    gated.sns.publish.assert_not_called()
    before = gated.lake.snapshots()["silver"]

    gated.lake.ingest(stage=True)

    assert gated.check()["items"].outcome is Outcome.HELD
    assert gated.lake.snapshots()["silver"] == before


def test_load_that_fails_is_kept_from_readers_and_the_others_go_on(
    new_lake: Callable[[list[Contract]], Lake], items: Contract, sql: Sql
) -> None:
    parts = deepcopy(DOCUMENT)
    parts["schema"][0]["name"] = parts["customProperties"][1]["value"]["table"] = "parts"
    sql.run(CREATE, CREATE.replace("items", "parts"), *JANUARY, JANUARY[0].replace("INTO items", "INTO parts"))
    gated = GatedLake(new_lake([items, parse(parts, "parts.yaml")]))
    gated.lake.ingest(stage=True)
    gated.check()
    sql.run(*CHANGES, CHANGES[0].replace("INTO items", "INTO parts"))
    gated.lake.ingest(stage=True)
    gated.stage(DOUBLED)

    found = gated.check()

    assert gated.served == {1: 5, 2: 7}
    assert gated.lake.silver("parts")[0]["quantity"] == 6
    assert [(name, each.outcome) for name, each in found.items()] == [("items", "failed"), ("parts", "published")]
    [message] = gated.sns.publish.call_args_list
    assert message.kwargs["TopicArn"] == TOPIC
    assert message.kwargs["Subject"] == "lakehouse dev: quality check failed: items"
    assert "expect_column_values_to_be_unique of id (2 of 4 values)" in message.kwargs["Message"]
    assert gated.metrics["ExpectationsMet"] < 99
    assert gated.record["datasets"][0]["unmet"][0]["unexpected"] == 2

    gated.stage("DELETE FROM {} WHERE id = 2")
    gated.stage("INSERT INTO {} SELECT 2, 'nut', 7, timestamp'2013-01-02', null, null, null, null")
    gated.lake.ingest(stage=True)

    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 6, 2: 7, 3: 1}


def test_rows_are_held_together_against_counts_queries_and_what_they_refer_to(
    new_lake: Callable[[list[Contract]], Lake], sql: Sql
) -> None:
    parts, items = deepcopy(DOCUMENT), deepcopy(DOCUMENT)
    parts["schema"][0]["name"] = parts["customProperties"][1]["value"]["table"] = "parts"
    table = items["schema"][0]
    table["properties"][1] |= {"relationships": [{"type": "foreignKey", "to": "parts.name"}], "unique": True}
    few = {"type": "library", "metric": "rowCount", "mustBeBetween": [1, 2]}
    short = "SELECT sum(quantity) FROM ${table} WHERE name RLIKE '^[a-z]{3,4}$'"
    table["quality"] = [few, {"type": "sql", "name": "few_of_short_names", "query": short, "mustBeLessThan": 13}]
    gated = GatedLake(new_lake([parse(items, "items.yaml"), parse(parts, "parts.yaml")]))
    part = [each.replace("INTO items", "INTO parts") for each in JANUARY]
    sql.run(CREATE, CREATE.replace("items", "parts"), *JANUARY, part[0])
    gated.lake.ingest(stage=True)

    first = gated.check()
    assert [str(each) for each in first["items"].unmet] == ["name refers to parts.name (1)"]
    assert first["parts"].outcome is Outcome.PUBLISHED

    sql.run(part[1])
    gated.lake.ingest(stage=True)
    assert gated.check()["items"].outcome is Outcome.PUBLISHED

    sql.run(upsert(3, "nut", 9, "04"))
    gated.lake.ingest(stage=True)
    unmet = {each.expectation for each in gated.check()["items"].unmet}
    assert unmet == {"expect_column_values_to_be_unique", "row count BETWEEN 1 AND 2", "few_of_short_names"}
    assert gated.served == {1: 5, 2: 7}


def test_what_could_not_be_checked_is_not_served_whatever_the_score(
    new_lake: Callable[[list[Contract]], Lake], sql: Sql
) -> None:
    document = deepcopy(DOCUMENT) | {"slaProperties": [{"property": "quality", "value": 1, "unit": "percent"}]}
    query = "SELECT count(*) FROM ${table} WHERE nothing = 1"
    misspelt = {"type": "sql", "name": "misspelt", "query": query, "mustBe": 0}
    document["schema"][0]["quality"] = [misspelt, {"type": "library", "metric": "rowCount", "mustBe": 9}]
    gated = GatedLake(new_lake([parse(document, "items.yaml")]))
    sql.run(CREATE, *JANUARY)
    gated.lake.ingest(stage=True)

    found = gated.check()["items"]

    assert (found.outcome, gated.served) == (Outcome.FAILED, {})
    assert found.score is not None
    assert found.score > found.threshold
    assert found.error is not None
    must = "'items' must be checked for all that its contract expects, got \"1 that could not be\""
    assert found.error.startswith(f"{must}; correct the contract, or see why: misspelt ([UNRESOLVED_COLUMN")
    assert found.error.endswith("; not met: row count = 9 (1)")
    told = {each["expectation"]: each["checked"] for each in gated.record["datasets"][0]["unmet"]}
    assert told == {"misspelt": False, "row count = 9": True}
    assert gated.metrics["ExpectationsMet"] == 0.0


def test_rows_that_were_served_may_not_vanish(gated: GatedLake, sql: Sql) -> None:
    sql.run(*JANUARY)
    gated.lake.ingest(stage=True)
    gated.check()
    sql.run(upsert(1, "bolt", 6, "03"))
    gated.lake.ingest(stage=True)
    gated.stage("DELETE FROM {} WHERE id = 2")

    [unmet] = gated.check()["items"].unmet

    assert (unmet.expectation, unmet.observed) == ("expect_table_row_count_to_be_between", "1")
    assert gated.served == {1: 5, 2: 7}


def test_streamed_table_is_checked_as_it_is_served_where_a_load_is_only_when_staged(gated: GatedLake, sql: Sql) -> None:
    sql.run(*JANUARY)
    gated.lake.ingest(stage=True)
    gated.check()
    document = deepcopy(DOCUMENT)
    document["schema"][0]["name"] = "events"
    document["customProperties"][1] = {"property": "stream", "value": {"topic": "shop.events"}}
    gated.lake.contracts.append(streamed := parse(document, "events.yaml"))
    create_tables(gated.lake.spark, gated.lake.databases, streamed)

    assert [each.outcome for each in gated.check(staged_only=True).values()] == [Outcome.EMPTY, Outcome.EMPTY]

    served = (f"glue_catalog.{gated.lake.databases['silver']}.{name}" for name in ("events", "items"))
    gated.lake.spark.sql("INSERT INTO {} SELECT * FROM {}".format(*served))
    found = gated.check(staged_only=True)

    assert [(each.outcome, each.score) for each in found.values()] == [("empty", None), ("held", 100.0)]

    gated.lake.spark.sql(DOUBLED.format(f"glue_catalog.{gated.lake.databases['silver']}.events"))
    found = gated.check(staged_only=True)

    assert [each.outcome for each in found.values()] == [Outcome.EMPTY, Outcome.FAILED]
    told = [
        datum["Value"]
        for call in gated.lake.cloudwatch.put_metric_data.call_args_list
        for datum in call.kwargs["MetricData"]
        if {"Name": "Dataset", "Value": "events"} in datum["Dimensions"]
    ]
    assert told[0] == 100.0
    assert told[1] < 99


def test_main_that_moved_is_not_overwritten_and_the_next_load_is_staged_anew(gated: GatedLake, sql: Sql) -> None:
    sql.run(*JANUARY)
    gated.lake.ingest(stage=True)
    gated.check()
    sql.run(*CHANGES)
    gated.lake.ingest(stage=True)
    gated.lake.spark.sql(f"UPDATE {gated.lake.tables().silver.quoted} SET quantity = 8 WHERE id = 2")

    refused = gated.check()["items"]

    assert refused.error is not None
    assert "run the load with --stage again" in refused.error
    assert (refused.score, gated.metrics["ExpectationsMet"]) == (None, 0.0)
    assert gated.served == {1: 5, 2: 8}
    assert gated.lake.ingest(stage=True)["items"].rowsMerged == 2
    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 6, 2: 8, 3: 1}


def test_what_is_staged_during_a_check_is_not_published_by_it(
    gated: GatedLake, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql.run(*JANUARY)
    gated.lake.ingest(stage=True)
    publish = IcebergTable.publish

    def after_another_load(table: IcebergTable, snapshot: Any) -> None:
        gated.stage(DOUBLED)
        publish(table, snapshot)

    with monkeypatch.context() as patched:
        patched.setattr(IcebergTable, "publish", after_another_load)
        assert gated.check()["items"].outcome is Outcome.PUBLISHED

    assert gated.lake.rows("silver").count() == 2
    assert gated.check()["items"].outcome is Outcome.FAILED


def test_publication_whose_answer_is_lost_counts(gated: GatedLake, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    sql.run(*JANUARY)
    gated.lake.ingest(stage=True)
    publish = IcebergTable.publish

    def answer_lost(table: IcebergTable, snapshot: Any) -> None:
        publish(table, snapshot)
        raise RuntimeError("the answer was lost")

    monkeypatch.setattr(IcebergTable, "publish", answer_lost)

    assert gated.check()["items"].outcome is Outcome.PUBLISHED
    assert gated.served == {1: 5, 2: 7}


def test_run_killed_before_its_staged_merge_is_healed_by_the_next(
    gated: GatedLake, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException): ...

    def killed(*_: object) -> None:
        raise Killed

    sql.run(*JANUARY)
    with monkeypatch.context() as patched:
        patched.setattr(IcebergTable, "execute", killed)
        with pytest.raises(Killed):
            gated.lake.ingest(stage=True)
    assert gated.check()["items"].outcome is Outcome.EMPTY

    assert gated.lake.ingest(stage=True)["items"].rowsInserted == 2
    assert gated.check()["items"].outcome is Outcome.PUBLISHED


def test_topic_that_is_down_is_said_once_and_stops_nothing(
    gated: GatedLake, sql: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    sql.run(*JANUARY)
    gated.lake.ingest(stage=True)
    gated.stage(DOUBLED)
    gated.sns.publish.side_effect = EndpointConnectionError(endpoint_url="https://sns.invalid")

    with caplog.at_level(logging.WARNING, "lakehouse_jobs.quality.alerts"):
        assert gated.check()["items"].outcome is Outcome.FAILED

    [said] = [record for record in caplog.records if record.name.endswith("alerts")]
    assert said.message == "nobody could be alerted; the run goes on"
    assert gated.record["datasets"][0]["outcome"] == "failed"


@pytest.mark.parametrize(("error", "code"), [(None, 0), ("'items' must meet 99 %", 1)])
def test_exit_code_tells_whether_a_table_failed(
    error: str | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = Runtime("dev", {"silver": "s"}, {"artifacts": "bucket"}, {})
    monkeypatch.setattr(command, "load_runtime", lambda *_: runtime)
    for name in ("store_for", "boto3", "telemetry_of"):
        monkeypatch.setattr(quality_command, name, Mock())
    monkeypatch.setattr(quality_command, "starting", lambda _: nullcontext(Mock()))
    monkeypatch.setattr(check, "run", lambda *_: [check.DatasetQuality("items", error=error)])

    ids = ["--run-id", RUN_ID, "--correlation-id", "c-1", "--contracts", str(CONTRACTS)]
    found = cli.main(["quality", "--environment", "dev", *ids])

    errors = [json.loads(line)["error"] for line in capsys.readouterr().err.splitlines() if '"ERROR"' in line]
    assert (found, errors) == (code, [f"items: {error}"] if error else [])


def test_every_rule_of_a_contract_is_an_expectation() -> None:
    document = deepcopy(DOCUMENT)
    name = document["schema"][0]["properties"][1]
    name["logicalTypeOptions"] |= {"minLength": 2, "maxLength": 9}
    name["quality"] = [{"metric": "invalidValues", "arguments": {"validValues": ["bolt"]}, "mustBe": 0}]
    name["primaryKey"], name["primaryKeyPosition"] = True, 2
    document["schema"][0]["properties"][2]["logicalTypeOptions"] = {"exclusiveMinimum": 0, "maximum": 9}

    suite: Any = suite_of(parse(document, "items.yaml"), 4, "catalog.silver").to_json_dict()

    made = {
        (each["type"].removeprefix("expect_"), each["kwargs"].get("column")): each["kwargs"]
        for each in suite["expectations"]
    }
    assert made["table_row_count_to_be_between", None]["min_value"] == 4
    assert len(made["table_columns_to_match_set", None]["column_set"]) == 8
    assert made["compound_columns_to_be_unique", None]["column_list"] == ["id", "name"]
    assert made["column_values_to_be_of_type", "updated_at"]["type_"] == "TimestampType"
    assert {column for kind, column in made if kind == "column_values_to_not_be_null"} == {"id", "name", "updated_at"}
    assert made["column_values_to_match_regex", "name"]["regex"] == "^[a-z]"
    assert made["column_values_to_be_in_set", "name"]["value_set"] == ["bolt"]
    assert made["column_value_lengths_to_be_between", "name"] == {"column": "name", "min_value": 2, "max_value": 9}
    between = made["column_values_to_be_between", "quantity"]
    assert between == {"column": "quantity", "min_value": 0, "max_value": 9, "strict_min": True}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"minimum": 10, "exclusiveMinimum": 5}, {"min_value": 10}),
        ({"minimum": 5, "exclusiveMinimum": 5}, {"min_value": 5, "strict_min": True}),
        ({"maximum": 5, "exclusiveMaximum": 10}, {"max_value": 5}),
        ({"maximum": 10, "exclusiveMaximum": 5}, {"max_value": 5, "strict_max": True}),
    ],
)
def test_narrower_of_two_bounds_counts(rules: dict[str, int], expected: dict[str, Any]) -> None:
    document = deepcopy(DOCUMENT)
    document["schema"][0]["properties"][2]["logicalTypeOptions"] = rules

    suite: Any = suite_of(parse(document, "items.yaml"), 0, "catalog.silver").to_json_dict()

    [between] = [found["kwargs"] for found in suite["expectations"] if "values_to_be_between" in found["type"]]
    assert between == {"column": "quantity", **expected}


def test_bound_that_a_double_cannot_tell_from_its_neighbours_is_a_query(spark: SparkSession, tmp_path: Path) -> None:
    document = deepcopy(DOCUMENT)
    document["schema"][0]["properties"] += [
        {"name": name, "physicalType": kind, "logicalTypeOptions": options}
        for name, kind, options in (
            ("share", "decimal(38,22)", {"minimum": 0, "exclusiveMaximum": 0.88}),
            ("many", "long", {"maximum": 2**60}),
        )
    ]
    contract = parse(document, "items.yaml")
    fields = ", ".join(f"{column.name} {column.spark_type}" for column in contract.columns)
    rows = [
        (number, "bolt", 5, datetime(2013, 1, 1, tzinfo=UTC), share, many)
        for number, (share, many) in enumerate(
            [(Decimal("0.8799999999999999999999"), 2**60), (Decimal("0.88"), 2**60 + 1)]
        )
    ]

    verdict = Checkpoints(tmp_path, RUN_ID).run(spark.createDataFrame(rows, fields), suite_of_frame(contract))

    assert {str(each) for each in verdict.unmet} == {
        "share must be at least 0 and be less than 0.88 (1)",
        f"many must be at most {2**60} (1)",
    }


def test_valid_values_that_a_double_cannot_tell_from_their_neighbours_are_a_query(
    spark: SparkSession, tmp_path: Path
) -> None:
    document = deepcopy(DOCUMENT)
    document["schema"][0]["properties"] += [
        {
            "name": name,
            "physicalType": kind,
            "quality": [{"metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0}],
        }
        for name, kind, values in (
            ("share", "decimal(38,22)", [0.88, 1, 0.25]),
            ("many", "long", [1, 2**60]),
            ("few", "double", [0.5]),
        )
    ]
    contract = parse(document, "items.yaml")
    fields = ", ".join(f"{column.name} {column.spark_type}" for column in contract.columns)
    values = [("0.88", 2**60), ("1", 1), (None, None), ("0.8800000000000000000001", 2**60 + 1)]
    rows = [
        (number, "bolt", 5, datetime(2013, 1, 1, tzinfo=UTC), None if share is None else Decimal(share), many, 0.5)
        for number, (share, many) in enumerate(values)
    ]

    verdict = Checkpoints(tmp_path, RUN_ID).run(spark.createDataFrame(rows, fields), suite_of_frame(contract))

    assert {str(each) for each in verdict.unmet} == {
        "share must be one of 0.88, 1, 0.25 (1)",
        f"many must be one of 1, {2**60} (1)",
    }


def test_each_group_of_unique_columns_is_one_expectation() -> None:
    document = deepcopy(DOCUMENT)
    table = document["schema"][0]
    table["properties"][1] |= {"unique": True, "quality": [{"metric": "duplicateValues", "mustBe": 0}]}
    groups = (["id"], ["name"], ["name", "quantity"], ["quantity", "name"])
    table["quality"] = [
        {"metric": "duplicateValues", "arguments": {"properties": group}, "mustBe": 0} for group in groups
    ]

    suite: Any = suite_of(parse(document, "items.yaml"), 0, "catalog.silver").to_json_dict()

    found = [each["kwargs"] for each in suite["expectations"] if "unique" in each["type"]]
    assert found == [{"column": "id"}, {"column": "name"}, {"column_list": ["name", "quantity"]}]


def test_nested_columns_are_of_their_kind(spark: SparkSession, tmp_path: Path) -> None:
    document = deepcopy(DOCUMENT)
    kinds = {"stops": "list<string>", "tags": "map<string, int>", "place": "struct<code int>"}
    document["schema"][0]["properties"] += [{"name": name, "physicalType": kind} for name, kind in kinds.items()]
    contract = parse(document, "items.yaml")
    fields = ", ".join(f"{column.name} {column.spark_type}" for column in contract.columns)
    row = (1, "bolt", 5, datetime(2013, 1, 1, tzinfo=UTC), ["a"], {"a": 1}, (1,))

    verdict = Checkpoints(tmp_path, RUN_ID).run(spark.createDataFrame([row], fields), suite_of_frame(contract))

    assert [str(each) for each in verdict.unmet] == []
    assert verdict.expectations > len(contract.columns)


def test_query_that_cannot_be_run_is_told_in_a_line_and_one_may_end_in_a_comment(
    spark: SparkSession, tmp_path: Path
) -> None:
    document = deepcopy(DOCUMENT)
    document["schema"][0]["quality"] = [
        {"type": "sql", "name": name, "query": query, "mustBeGreaterThan": 0}
        for name, query in {
            "commented": "SELECT count(*) /* of /* all */ */ FROM ${table} -- all of them",
            "misspelt": "SELECT count(*) FROM ${table} WHERE nothing = 1",
            "many": "SELECT explode(array(1, 2)) FROM ${table}",
            "raised": "SELECT count(raise_error('no such thing')) FROM ${table}",
        }.items()
    ]
    contract = parse(document, "items.yaml")
    fields = ", ".join(f"{column.name} {column.spark_type}" for column in contract.columns)
    metadata = "_extracted_at timestamp, _source string, _run_id string, _batch_token string"
    row = (1, "bolt", 5, datetime(2013, 1, 1, tzinfo=UTC), None, None, None, None)
    rows = spark.createDataFrame([row], f"{fields}, {metadata}")

    unmet = Checkpoints(tmp_path, RUN_ID).run(rows, suite_of(contract, 1, "catalog.silver")).unmet

    told = {each.expectation: each.observed or "" for each in unmet}
    assert set(told) == {"misspelt", "many", "raised"}
    assert "`nothing` cannot be resolved" in told["misspelt"]
    assert "More than one row" in told["many"]
    assert "no such thing" in told["raised"]
    assert max(len(each) for each in told.values()) <= 300
    assert not any("\n" in each for each in told.values())


def test_only_a_suite_that_is_not_met_is_asked_for_examples(
    spark: SparkSession, items: Contract, tmp_path: Path
) -> None:
    fields = ", ".join(f"{column.name} {column.spark_type}" for column in items.columns)
    jobs: dict[str, int] = {}
    for name, given in (("met", "nut"), ("broken", "Nut")):
        spark.sparkContext.setJobGroup(name, name)
        checkpoints = Checkpoints(tmp_path / name, RUN_ID)
        row = (1, given, 5, datetime(2013, 1, 1, tzinfo=UTC))
        checkpoints.run(spark.createDataFrame([row], fields).cache(), suite_of_frame(items))
        jobs[name] = len(spark.sparkContext.statusTracker().getJobIdsForGroup(name))
        checkpoints.upload(DiskStore(), (tmp_path / name / "artifacts").as_uri())

    assert 2 * jobs["met"] < jobs["broken"], jobs
    [page] = (tmp_path / "broken/artifacts/quality/validations").rglob("*.html")
    assert "Nut" in page.read_text()


def test_contract_says_from_which_score_on_a_load_is_served(items: Contract) -> None:
    assert items.minimum_quality == 99.0
    lax = DOCUMENT | {"slaProperties": [{"property": "quality", "value": 90, "unit": "percent"}]}
    assert parse(lax, "items.yaml").minimum_quality == 90.0
    wrong = DOCUMENT | {"slaProperties": [{"property": "quality", "value": 101, "unit": "percent"}]}
    with pytest.raises(ContractError, match=r"'items\.yaml: quality' must be a percent above 0, at most 100"):
        parse(wrong, "items.yaml")
