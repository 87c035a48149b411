from __future__ import annotations

import copy
import io
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any

import pytest
from pyspark.sql import DataFrame

from lakehouse_jobs import extract
from lakehouse_jobs import logging as logs
from lakehouse_jobs.contract import Contract, parse
from lakehouse_jobs.exceptions import FailureKind
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.run_record import RunState
from support.gated import GatedLake
from support.items import CREATE, DOCUMENT, upsert
from support.lake import RUN_COLUMNS, Lake
from support.postgres import PASSWORD, Sql

JANUARY = (upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "02"))
CHANGES = (upsert(1, "bolt", 6, "03"), upsert(3, "pin", 1, "04"))


def _same(left: DataFrame, right: DataFrame) -> bool:
    return left.exceptAll(right).isEmpty() and right.exceptAll(left).isEmpty()


def _of_table(dataset: str, schema: str) -> Contract:
    """The contract of `items` for another dataset, of the table `items` in a schema."""
    document = copy.deepcopy(DOCUMENT)
    document["schema"][0]["name"] = dataset
    document["customProperties"][1]["value"]["schema"] = schema
    return parse(document, f"{dataset}.yaml")


def test_first_load_puts_data_and_watermark_into_one_commit(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)

    record = lake.ingest("20130201T000000Z-0a1b2c")["items"]

    bronze = lake.snapshots()["bronze"]
    assert (record.state, record.rowsRead, record.rowsValid, record.rowsInserted) == (RunState.SUCCEEDED, 2, 2, 2)
    assert record.upperBound == bronze[0].get("watermark") == "2013-01-02T00:00:00.000000Z"
    assert record.snapshots.bronze == bronze[0].id
    assert bronze[0].summary["added-records"] == "2"
    assert bronze[0].get("correlation-id") == "correlation-1"
    assert len(bronze) == 1
    row = lake.rows("silver").where("id = 1").collect()[0]
    assert row["_source"] == "postgres://shop.public.items"
    assert row["_run_id"] == "20130201T000000Z-0a1b2c"
    assert row["_batch_token"] == bronze[0].get("batch-token")
    assert row["_extracted_at"] is not None


def test_run_record_and_manifest_tell_what_was_done(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)

    record = lake.ingest("20130201T000000Z-0a1b2c")["items"]

    stored = json.loads((lake.folder / "artifacts/runs/20130201T000000Z-0a1b2c/items.json").read_text())
    manifest = json.loads((lake.folder / "landing/shop/items/run=20130201T000000Z-0a1b2c/_manifest.json").read_text())
    assert stored["state"] == "succeeded"
    assert stored["snapshots"] == {"bronze": record.snapshots.bronze, "silver": record.snapshots.silver, "dlq": None}
    assert stored["bytesLanded"] == manifest["bytes"] > 0
    assert manifest["rows_read"] == manifest["rows_valid"] == 2
    assert manifest["token"] == lake.snapshots()["bronze"][0].get("batch-token")


def test_increments_equal_a_one_shot_load(
    lake: Lake, sql: Sql, items: Contract, new_lake: Callable[[list[Contract]], Lake]
) -> None:
    sql.run(*JANUARY)
    lake.ingest()
    sql.run(*CHANGES)
    increment = lake.ingest()["items"]
    at_once = new_lake([items])
    at_once.ingest()

    silver, whole = (each.rows("silver").drop(*RUN_COLUMNS) for each in (lake, at_once))
    assert (increment.rowsInserted, increment.rowsUpdated) == (1, 1)
    assert _same(silver, whole)
    assert [row["quantity"] for row in lake.silver()] == [6, 7, 1]


def test_rows_read_again_by_the_overlap_do_not_grow_bronze(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)
    lake.ingest()
    sql.run(upsert(3, "pin", 1, "02"))

    record = lake.ingest()["items"]

    assert (record.rowsRead, record.rowsValid, record.rowsReread) == (2, 1, 1)
    assert lake.rows("bronze").count() == 3


def test_nothing_new_changes_nothing(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)
    lake.ingest()
    before, landed = lake.snapshots(), DiskStore().objects(f"file://{lake.folder}/landing/")

    record = lake.ingest()["items"]

    assert record.state is RunState.UNCHANGED
    assert lake.snapshots() == before
    assert DiskStore().objects(f"file://{lake.folder}/landing/") == landed


def test_repeating_a_run_id_changes_nothing(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)
    lake.ingest("20130201T000000Z-0a1b2c")
    sql.run(*CHANGES)

    assert lake.ingest("20130201T000000Z-0a1b2c")["items"].state is RunState.UNCHANGED
    assert lake.ingest()["items"].rowsMerged == 2


def test_dirty_row_goes_to_the_dlq_and_the_run_goes_on(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY, upsert(3, "Pin", -1, "03"))

    record = lake.ingest()["items"]

    rejected = lake.tables().dlq.read().collect()
    assert (record.state, record.rowsValid, record.rowsRejected) == (RunState.SUCCEEDED, 2, 1)
    assert len(rejected) == 1
    payload = {"id": 3, "name": "Pin", "quantity": -1, "updated_at": "2013-01-03T00:00:00.000000Z"}
    assert json.loads(rejected[0]["_payload"]) == payload
    assert [(reason["rule"], reason["column"]) for reason in rejected[0]["_reasons"]] == [
        ("pattern", "name"),
        ("minimum", "quantity"),
    ]
    assert rejected[0]["_reasons"][1]["message"].startswith("'quantity' must be at least 0, got -1; ")
    assert (rejected[0]["_status"], rejected[0]["_contract_version"]) == ("new", "1.0.0")
    assert {row["id"] for row in lake.silver()} == {1, 2}


def test_batch_of_rejected_rows_alone_moves_the_watermark_and_is_not_read_again(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)
    lake.ingest()
    sql.run(upsert(3, "Pin", 1, "09"))

    first, second = lake.ingest()["items"], lake.ingest()["items"]

    assert (first.state, first.rowsRejected, second.state) == (RunState.SUCCEEDED, 1, RunState.UNCHANGED)
    assert lake.snapshots()["dlq"][0].get("watermark") == "2013-01-09T00:00:00.000000Z"
    assert len(lake.snapshots()["bronze"]) == 1


def test_same_bad_row_read_again_stays_once_in_the_dlq(lake: Lake, sql: Sql) -> None:
    sql.run(upsert(1, "Bolt", 5, "01"))
    lake.ingest()
    sql.run(upsert(1, "Bolt", 5, "01"), upsert(2, "nut", 7, "02"))

    record = lake.ingest()["items"]

    assert (record.rowsRejected, record.rowsReread) == (0, 1)
    assert lake.tables().dlq.read().count() == 1


def test_row_without_a_watermark_is_rejected_not_lost(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)
    lake.ingest()
    sql.run("INSERT INTO items VALUES (3, 'pin', 1, NULL)")

    assert lake.ingest()["items"].rowsRejected == 1
    assert lake.tables().dlq.read().collect()[0]["_reasons"][0]["rule"] == "required"


def test_older_version_of_a_row_never_overwrites_a_newer_one(lake: Lake, sql: Sql) -> None:
    sql.run(upsert(1, "bolt", 5, "20"))
    lake.ingest()
    sql.run(upsert(1, "bolt", 4, "10"), upsert(2, "nut", 1, "10"))

    record = lake.ingest()["items"]

    assert (record.rowsValid, record.rowsInserted, record.rowsUpdated) == (2, 1, 0)
    assert [row["quantity"] for row in lake.silver()] == [5, 1]


def test_missing_column_is_terminal_and_other_datasets_go_on(
    new_lake: Callable[[list[Contract]], Lake], items: Contract, sql: Sql
) -> None:
    document = json.loads(json.dumps(DOCUMENT).replace("items", "parts"))
    lake = new_lake([items, parse(document, "parts.yaml")])
    sql.run(CREATE, CREATE.replace("items", "parts"), "INSERT INTO parts VALUES (1, 'cog', 1, '2013-01-01')")
    sql.run("ALTER TABLE items DROP COLUMN quantity")
    waits: list[float] = []
    lake.retry = RetryPolicy(sleep=waits.append)

    records = lake.ingest()

    error = records["items"].error
    assert records["items"].state is RunState.FAILED
    assert error is not None
    assert error.kind is FailureKind.TERMINAL
    assert "'postgres://shop.public.items' must have the columns quantity" in error.message
    assert waits == []
    assert records["parts"].state is RunState.SUCCEEDED


def test_datasets_are_loaded_at_the_same_time(
    new_lake: Callable[[list[Contract]], Lake], items: Contract, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.loads(json.dumps(DOCUMENT).replace("items", "parts"))
    lake = new_lake([items, parse(document, "parts.yaml")])
    sql.run(CREATE, CREATE.replace("items", "parts"), *JANUARY, *(each.replace("items", "parts") for each in JANUARY))
    read, both_read = extract.read, Barrier(2, timeout=60)

    def meet_and_read(*arguments: Any) -> DataFrame:
        both_read.wait()
        return read(*arguments)

    monkeypatch.setattr(extract, "read", meet_and_read)

    records = lake.ingest()

    assert {name: (record.state, record.rowsInserted) for name, record in records.items()} == {
        "items": (RunState.SUCCEEDED, 2),
        "parts": (RunState.SUCCEEDED, 2),
    }


@pytest.mark.parametrize("parallel", [1, 2])
def test_datasets_of_tables_of_one_name_keep_to_their_own_schema(
    new_lake: Callable[[list[Contract]], Lake], sql: Sql, parallel: int
) -> None:
    lake = new_lake([_of_table("items_north", "north"), _of_table("items_south", "south")])
    lake.parallel = parallel
    for number, schema in enumerate(("north", "south")):
        sql.run(f"CREATE SCHEMA {schema}", CREATE.replace("TABLE items", f"TABLE {schema}.items"))
        sql.run(f"INSERT INTO {schema}.items VALUES (1, '{schema}', {number}, '2013-01-0{number + 1}')")

    first, second = lake.ingest(), lake.ingest()

    for dataset, schema in (("items_north", "north"), ("items_south", "south")):
        assert [row["name"] for row in lake.silver(dataset)] == [schema]
        assert (first[dataset].rowsRead, second[dataset].state) == (1, RunState.UNCHANGED)


def test_datasets_of_one_table_have_their_own_progress(
    new_lake: Callable[[list[Contract]], Lake], items: Contract, sql: Sql
) -> None:
    lake = new_lake([items, _of_table("items_too", "public")])
    sql.run(CREATE, *JANUARY)

    records = lake.ingest()

    assert {name: record.rowsRead for name, record in records.items()} == {"items": 2, "items_too": 2}
    tokens = {lake.snapshots(name)["bronze"][0].get("batch-token") for name in records}
    assert len(tokens) == 2
    assert lake.silver("items") == lake.silver("items_too")


def test_extra_column_is_left_out_and_logged_once(lake: Lake, sql: Sql, caplog: pytest.LogCaptureFixture) -> None:
    sql.run("ALTER TABLE items ADD COLUMN colour text", *JANUARY)

    with caplog.at_level(logging.INFO, "lakehouse_jobs"):
        assert lake.ingest()["items"].rowsInserted == 2

    assert [entry.columns for entry in caplog.records if hasattr(entry, "columns")] == [["colour"]]
    assert "colour" not in lake.rows("silver").columns


def test_wrong_password_is_terminal_and_no_credential_reaches_logs_or_records(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)
    stream = io.StringIO()
    logs.configure(stream)
    lake.ingest()
    lake.credentials = replace(lake.credentials, password="not-" + PASSWORD)
    record = lake.ingest()["items"]

    assert record.error is not None
    assert record.error.kind is FailureKind.TERMINAL
    assert "28P01" in record.error.message
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {"timestamp", "level", "logger", "message", "dataset"} <= set(lines[-1])
    written = [path.read_bytes() for path in lake.folder.rglob("*") if path.is_file()]
    assert not [text for text in [stream.getvalue().encode(), *written] if PASSWORD.encode() in text]


def test_metrics_of_a_run_are_sent_in_one_call(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)

    lake.ingest()

    sent = lake.cloudwatch.put_metric_data.call_args.kwargs
    values = {datum["MetricName"]: datum["Value"] for datum in sent["MetricData"]}
    assert sent["Namespace"] == "Lakehouse"
    assert (values["RowsRead"], values["RowsMerged"], values["RunsSucceeded"], values["RunsFailed"]) == (2, 2, 1, 0)
    assert values["BytesLanded"] > 0
    assert values["DatasetLoaded"] == 1


def test_a_dataset_counts_as_loaded_when_nothing_was_new_and_not_when_it_failed(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY)
    lake.ingest()
    unchanged = lake.ingest()["items"]
    sent = [call.kwargs["MetricData"] for call in lake.cloudwatch.put_metric_data.call_args_list]
    assert unchanged.state is RunState.UNCHANGED
    assert [datum["Value"] for datum in sent[-1] if datum["MetricName"] == "DatasetLoaded"] == [1]

    lake.credentials = replace(lake.credentials, password="not-" + PASSWORD)
    lake.ingest()

    last = lake.cloudwatch.put_metric_data.call_args.kwargs["MetricData"]
    assert [datum["Value"] for datum in last if datum["MetricName"] == "DatasetLoaded"] == [0]


def test_a_staged_dataset_counts_as_loaded_when_the_check_lets_readers_see_it(lake: Lake, sql: Sql) -> None:
    gated = GatedLake(lake)
    sql.run(*JANUARY)
    staged, waiting = (lake.ingest(stage=True)["items"] for _ in range(2))

    assert (staged.served, waiting.state, waiting.served) == (False, RunState.UNCHANGED, False)
    assert gated.metrics["RowsRead"] == 0
    assert "DatasetLoaded" not in gated.metrics

    gated.check()

    assert gated.metrics["DatasetLoaded"] == 1

    lake.cloudwatch.reset_mock()
    assert lake.ingest(stage=True)["items"].served
    assert gated.metrics["DatasetLoaded"] == 1

    lake.cloudwatch.reset_mock()
    sql.run(*CHANGES)
    lake.ingest(stage=True)
    gated.stage("INSERT INTO {0} SELECT * FROM {0} WHERE id = 2")
    gated.check()
    assert "ExpectationsMet" in gated.metrics
    assert "DatasetLoaded" not in gated.metrics


@dataclass(frozen=True)
class _Unusual:
    """A column's type in the source and in the contract, a value and its text in silver (None: rejected), and an
    ordinary value with its text."""

    kind: str
    physical: str
    value: str
    held: str | None
    ordinary: str = "5.00"
    ordinary_held: str = "5.00"


DAY = ("'2013-01-05'", "2013-01-05")
MOMENT = ("'2013-01-05T10:11:12.5'", "2013-01-05 10:11:12.5")
MOMENT_OF_A_ZONE = ("'2013-01-05T10:11:12.5Z'", "2013-01-05 10:11:12.5")
UNUSUAL: Mapping[str, _Unusual] = {
    "first_day": _Unusual("date", "date", "'0001-01-01'", "0001-01-01", *DAY),
    "endless_day": _Unusual("date", "date", "'infinity'", None, *DAY),
    "day_before_christ": _Unusual("date", "date", "'0044-03-15 BC'", None, *DAY),
    "first_moment": _Unusual(
        "timestamptz", "timestamptz", "'0001-01-01T00:00:00Z'", "0001-01-01 00:00:00", *MOMENT_OF_A_ZONE
    ),
    "before_1900": _Unusual(
        "timestamptz", "timestamptz", "'1899-12-31T23:59:59Z'", "1899-12-31 23:59:59", *MOMENT_OF_A_ZONE
    ),
    "endless_moment": _Unusual("timestamptz", "timestamptz", "'-infinity'", None, *MOMENT_OF_A_ZONE),
    "endless_as_text": _Unusual("timestamptz", "string", "'infinity'", "infinity", *MOMENT_OF_A_ZONE),
    "before_1900_of_no_zone": _Unusual(
        "timestamp", "timestamp", "'1883-11-18T12:00:00'", "1883-11-18 12:00:00", *MOMENT
    ),
    "moment_before_christ": _Unusual("timestamp", "timestamp", "'0044-03-15T12:00:00 BC'", None, *MOMENT),
    "before_christ_as_text": _Unusual("date", "string", "'0044-03-15 BC'", "0044-03-15 BC", *DAY),
    "endless_of_no_zone": _Unusual("timestamp", "timestamp", "'infinity'", None, *MOMENT),
    "time_as_text": _Unusual("time", "string", "'10:11:12.123456'", "10:11:12.123456", "'10:11:12'", "10:11:12"),
    "no_number": _Unusual("numeric", "decimal(20,2)", "'NaN'", None),
    "no_number_of_ten_digits": _Unusual("numeric(10,2)", "decimal(10,2)", "'NaN'", None),
    "no_number_of_a_domain": _Unusual("amount", "decimal(20,2)", "'NaN'", None),
    "no_whole_number": _Unusual("numeric", "int", "'NaN'", None, "5.00", "5"),
    "31_digits": _Unusual("numeric", "decimal(38,0)", "1e30", "1" + "0" * 30, "5.00", "5"),
    "31_digits_of_50": _Unusual("numeric(50,10)", "decimal(38,0)", "1e30", "1" + "0" * 30, "5.00", "5"),
    "39_digits": _Unusual("numeric", "decimal(38,0)", "1e38", None, "5.00", "5"),
    "20_decimals": _Unusual(
        "numeric", "decimal(38,20)", "1.12345678901234567891", "1.12345678901234567891", "5", "5." + "0" * 20
    ),
    "20_decimals_where_two_are_kept": _Unusual("numeric", "decimal(38,2)", "1.12345678901234567891", None),
    "number_as_text": _Unusual("numeric", "string", "1.10", "1.10"),
}


def test_values_that_spark_would_change_or_fail_on_are_judged_as_they_are_and_the_others_load(
    new_lake: Callable[[list[Contract]], Lake], sql: Sql
) -> None:
    lake = new_lake([_with_values({name: case.physical for name, case in UNUSUAL.items()})])
    columns = ", ".join(f'"{name}" {case.kind}' for name, case in UNUSUAL.items())
    sql.run("CREATE DOMAIN amount AS numeric", f"CREATE TABLE items (id int, {columns}, updated_at timestamptz)")
    ordinary = ", ".join(case.ordinary for case in UNUSUAL.values())
    sql.run(f"INSERT INTO items VALUES (0, {ordinary}, '2013-01-01')")
    for number, (name, case) in enumerate(UNUSUAL.items(), start=1):
        sql.run(f"""INSERT INTO items (id, "{name}", updated_at) VALUES ({number}, {case.value}, '2013-01-01')""")

    record = lake.ingest()["items"]

    assert record.error is None
    texts = [f"string(`{name}`) AS `{name}`" for name in UNUSUAL]
    silver = {row["id"]: row.asDict() for row in lake.rows("silver").selectExpr("id", *texts).collect()}
    first = silver.pop(0)
    assert {name: first[name] for name in UNUSUAL} == {name: case.ordinary_held for name, case in UNUSUAL.items()}
    reasons = [reason for row in lake.tables().dlq.read().collect() for reason in row["_reasons"]]
    found = {name: silver[number][name] for number, name in enumerate(UNUSUAL, start=1) if number in silver}
    found |= {reason["column"]: None for reason in reasons if reason["rule"] == "type"}
    assert found == {name: case.held for name, case in UNUSUAL.items()}
    assert len(found) == len(silver) + len(reasons)
    assert lake.ingest()["items"].state is RunState.UNCHANGED


def test_row_that_was_changed_at_no_moment_is_rejected_and_moves_no_watermark(lake: Lake, sql: Sql) -> None:
    sql.run(*JANUARY, "INSERT INTO items VALUES (3, 'pin', 1, 'infinity'), (4, 'cog', 1, '-infinity')")

    record = lake.ingest()["items"]
    sql.run(upsert(5, "bolt", 1, "03"))
    later = lake.ingest()["items"]

    assert (record.rowsValid, record.rowsRejected, record.upperBound) == (2, 2, "2013-01-02T00:00:00.000000Z")
    assert (later.rowsValid, later.rowsRejected, later.upperBound) == (1, 0, "2013-01-03T00:00:00.000000Z")
    payloads = [json.loads(row["_payload"])["updated_at"] for row in lake.tables().dlq.read().collect()]
    assert sorted(payloads) == ["-infinity", "infinity"]


def test_times_do_not_depend_on_the_zone_of_the_jvm(
    new_lake: Callable[[list[Contract]], Lake], sql: Sql, jvm_in_new_york: None
) -> None:
    lake = new_lake([_with_values({"v": "timestamp"})])
    sql.run("CREATE TABLE items (id int, v timestamp, updated_at timestamp)")
    # the second never came in New York, where clocks were put forward
    for number, value in enumerate(("2013-01-05T12:00:00", "2013-03-10T02:30:00"), start=1):
        sql.run(f"INSERT INTO items VALUES ({number}, '{value}', '2013-01-06')")

    record = lake.ingest()["items"]

    silver = lake.rows("silver").selectExpr("id", "string(v)", "string(updated_at)").orderBy("id").collect()
    assert [tuple(row) for row in silver] == [
        (1, "2013-01-05 12:00:00", "2013-01-06 00:00:00"),
        (2, "2013-03-10 02:30:00", "2013-01-06 00:00:00"),
    ]
    assert record.upperBound == "2013-01-06T00:00:00.000000Z"


def _with_values(types: Mapping[str, str]) -> Contract:
    """The contract of `items` with an id and columns of these types."""
    document = copy.deepcopy(DOCUMENT)
    key, *_, updated = document["schema"][0]["properties"]
    values = [{"name": name, "physicalType": kind} for name, kind in types.items()]
    document["schema"][0]["properties"] = [key, *values, updated]
    return parse(document, "items.yaml")
