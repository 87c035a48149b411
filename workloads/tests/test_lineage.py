from __future__ import annotations

import json
import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, RunEvent, RunState
from openlineage.client.event_v2 import Run as StandardRun

from lakehouse_jobs.contract import load_windows
from lakehouse_jobs.kafka import Brokers
from lakehouse_jobs.lineage import Column, Dataset, Lineage, Output, Run, State, Step, StoreSink, event_of
from lakehouse_jobs.lineage_steps import GlueTables, IngestLineage, StreamLineage
from lakehouse_jobs.objects import DiskStore
from support.events import contract_of
from support.items import upsert
from support.lake import CONTRACTS, Lake
from support.postgres import Sql

RUN = Run("dev", "ingest", "20130201T000000Z-0a1b2c", "correlation-1")
SOURCE = Dataset("postgres://127.0.0.1:5432", "shop.public.items")
TABLE = Dataset("arn:aws:glue:us-east-1:000000000000", "table/lakehouse_dev_bronze/items")
STEP = Step("ingest.items.bronze", (SOURCE,), (Output(TABLE, (Column("id", "int", ((SOURCE, "id"),)),), rows=7),))
FACETS = {
    "columnLineage": "column_lineage_dataset.ColumnLineageDatasetFacet",
    "schema": "schema_dataset.SchemaDatasetFacet",
    "parent": "parent_run.ParentRunFacet",
    "tags": "tags_run.TagsRunFacet",
    "errorMessage": "error_message_run.ErrorMessageRunFacet",
    "outputStatistics": "output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet",
}


class Down:
    def send(self, name: str, event: bytes) -> None:
        raise ConnectionError("refused")


def _facets(given: dict[str, Any]) -> dict[str, Any]:
    """The facets as the standard's client has them; it refuses members it does not know."""
    made = {}
    for name, members in given.items():
        module, _, kind = FACETS[name].partition(".")
        facet = getattr(import_module(f"openlineage.client.generated.{module}"), kind)
        schema = members["_schemaURL"]
        made[name] = facet(**{key: value for key, value in members.items() if not key.startswith("_")})
        assert schema == facet._get_schema()
    return made


def _check(event: dict[str, Any]) -> None:
    """Builds the event by the standard's own client."""
    run = StandardRun(event["run"]["runId"], _facets(event["run"]["facets"]))
    inputs = [InputDataset(entry["namespace"], entry["name"]) for entry in event["inputs"]]
    outputs = [
        OutputDataset(
            namespace=entry["namespace"],
            name=entry["name"],
            facets=_facets(entry["facets"]),
            outputFacets=_facets(entry.get("outputFacets", {})),
        )
        for entry in event["outputs"]
    ]
    built = RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=run,
        job=Job(**event["job"]),
        eventType=RunState(event["eventType"]),
        inputs=inputs,
        outputs=outputs,
    )
    assert event["schemaURL"] == built._get_schema()


def _events(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        path.stem: json.loads(path.read_text()) for path in sorted((folder / "lineage" / RUN.run_id).glob("*.json"))
    }


@pytest.mark.parametrize("error", [None, "the disk is full"])
def test_event_is_one_of_the_standards(error: str | None) -> None:
    event = event_of(RUN, STEP, State.COMPLETE if error is None else State.FAIL, error)

    _check(event)
    lineage = event["outputs"][0]["facets"]["columnLineage"]["fields"]["id"]["inputFields"][0]
    assert (lineage["namespace"], lineage["name"], lineage["field"]) == (SOURCE.namespace, SOURCE.name, "id")
    assert ("errorMessage" in event["run"]["facets"]) == (error is not None)


def test_all_jobs_of_a_command_have_one_root() -> None:
    other = Run("dev", "transform", "20130202T000000Z-0a1b2c", RUN.correlation_id)
    events = [event_of(run, STEP, State.START) for run in (RUN, other)]

    roots = [event["run"]["facets"]["parent"]["root"]["run"]["runId"] for event in events]
    assert roots[0] == roots[1]
    assert events[0]["run"]["runId"] != events[1]["run"]["runId"]


def test_sink_that_is_down_is_reported_once_and_the_others_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lineage = Lineage(RUN, [Down(), StoreSink(DiskStore(), f"file://{tmp_path}")])

    with caplog.at_level(logging.WARNING):
        lineage.started(STEP.job)
        lineage.ended([STEP])

    assert [entry.getMessage() for entry in caplog.records] == ["lineage could not be sent; the run goes on without"]
    assert sorted(_events(tmp_path)) == [f"{STEP.job}-complete", f"{STEP.job}-start"]


def test_load_tells_where_each_column_comes_from(lake: Lake, sql: Sql, tmp_path: Path) -> None:
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, "", -1, "02"))
    told = Lineage(RUN, [StoreSink(DiskStore(), f"file://{tmp_path}")])
    lake.lineage = IngestLineage(told, GlueTables("arn:aws:glue:eu-west-1:1", lake.databases))

    record = lake.ingest(RUN.run_id)["items"]

    events = _events(tmp_path)
    for event in events.values():
        _check(event)
    into_bronze, into_silver = (events[f"ingest.items.{zone}-complete"]["outputs"] for zone in ("bronze", "silver"))
    bronze = f"table/{lake.databases['bronze']}/items"
    assert [output["name"] for output in into_bronze] == [bronze, f"{bronze}__dlq"]
    source = into_bronze[0]["facets"]["columnLineage"]["fields"]["name"]["inputFields"][0]
    assert (source["name"], source["field"]) == (f"{lake.credentials.database}.public.items", "name")
    assert into_silver[0]["facets"]["columnLineage"]["fields"]["name"]["inputFields"][0]["name"] == bronze
    assert into_silver[0]["outputFacets"]["outputStatistics"]["rowCount"] == record.rowsMerged


def test_failed_load_tells_why(lake: Lake, sql: Sql, tmp_path: Path) -> None:
    sql.run("DROP TABLE items")
    told = Lineage(RUN, [StoreSink(DiskStore(), f"file://{tmp_path}")])
    lake.lineage = IngestLineage(told, GlueTables("arn:aws:glue:eu-west-1:1", lake.databases))

    record = lake.ingest(RUN.run_id)["items"]

    event = _events(tmp_path)["ingest.items.bronze-fail"]
    assert record.error is not None
    assert event["run"]["facets"]["errorMessage"]["message"] == record.error.message
    assert event["outputs"] == []


def test_stream_tells_that_values_come_from_the_payload(tmp_path: Path) -> None:
    told = Lineage(RUN, [StoreSink(DiskStore(), f"file://{tmp_path}")])
    databases = {"bronze": "b", "silver": "s"}
    contract = contract_of("flights.events")
    brokers = Brokers("b-2.example:9098,b-1.example:9098", {})

    StreamLineage(told, GlueTables("arn:aws:glue:eu-west-1:1", databases), brokers).started(contract)

    running = _events(tmp_path)[f"stream.{contract.dataset}-running"]
    _check(running)
    assert running["inputs"] == [{"namespace": "kafka://b-1.example:9098", "name": contract.stream.topic}]
    raw, _, silver = running["outputs"]
    key = silver["facets"]["columnLineage"]["fields"][contract.key[0]]["inputFields"][0]
    assert (key["name"], key["field"]) == (raw["name"], "_payload")


def test_hours_tell_which_columns_of_the_events_they_are_made_from(tmp_path: Path) -> None:
    told = Lineage(RUN, [StoreSink(DiskStore(), f"file://{tmp_path}")])
    tables = GlueTables("arn:aws:glue:eu-west-1:1", {"bronze": "b", "silver": "s"})
    contract, hours = contract_of("flights.events"), load_windows(CONTRACTS, "flight_events")[0]

    StreamLineage(told, tables, Brokers("b-1.example:9098", {}), [hours]).started(contract)

    running = _events(tmp_path)["stream.departures_hourly-running"]
    _check(running)
    [output] = running["outputs"]
    fields = output["facets"]["columnLineage"]["fields"]
    origin = f"table/s/{contract.dataset}"
    made = {name: {(made["name"], made["field"]) for made in of["inputFields"]} for name, of in fields.items()}
    assert made == {
        "origin": {(origin, "origin")},
        "window_start": {(origin, "event_time")},
        "departures": {(origin, "event_type")},
        "mean_delay": {(origin, "delay")},
    }
    how = {name: of["inputFields"][0]["transformations"][0]["subtype"] for name, of in fields.items()}
    assert how["origin"] == "IDENTITY"
    assert how["mean_delay"] == "TRANSFORMATION"
