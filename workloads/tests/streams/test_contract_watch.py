"""A contract is deployed while a stream runs: what adds to it is taken between two batches, what breaks it stops it."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from lakehouse_jobs.contract import Column, Contract, StreamTopic
from lakehouse_jobs.contract_rules import Rule
from lakehouse_jobs.contract_watch import Contracts, ContractWatch, require_addition
from lakehouse_jobs.exceptions import ContractError, JobError
from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.stream import run
from lakehouse_jobs.telemetry import Telemetry
from support.events import EventLake, contract_of, event
from support.kafka import Topic
from support.lake import CONTRACTS
from support.waiting import wait_for

_GATE = "      - name: gate\n        physicalType: string\n"


def _archive(topic: str, change: Callable[[str], str]) -> bytes:
    """The contracts of the repository as a stack deploys them, with a change of the stream's."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for path in sorted((CONTRACTS / "silver").glob("*.yaml")):
            text = path.read_text()
            if path.stem == "flight_events":
                text = change(text.replace("topic: flights.events", f"topic: {topic}"))
            archive.writestr(f"silver/{path.name}", text)
    return written.getvalue()


def _with_gate(text: str) -> str:
    return text.replace("slaProperties:", f"{_GATE}slaProperties:", 1).replace("version: 1.", "version: 2.", 1)


def test_added_column_reaches_a_running_stream_and_a_dropped_one_stops_it(events: EventLake, topic: Topic) -> None:
    deployed: list[str] = []
    store, failures = DiskStore(), list[BaseException]()
    watch = ContractWatch(lambda: deployed[-1] if deployed else None, store, seconds=0)
    job = replace(events.job("checkpoint"), watch=watch)

    def drive() -> None:
        try:
            run(events.spark, job, contract_of(topic.name), Telemetry(events.cloudwatch, "dev"))
        except BaseException as error:
            failures.append(error)

    def deploy(name: str, change: Callable[[str], str]) -> None:
        uri = f"file://{events.folder}/{name}.zip"
        store.write(uri, _archive(topic.name, change))
        deployed.append(uri)

    def arrive(flight: int, gate: str | None) -> None:
        topic.send(event(flight, gate=f"A{flight}"))
        wait_for(lambda: (flight, "departed") in events.delays() or bool(failures))
        assert failures == []
        rows = events.tables.silver.read().where(f"flight = {flight}")
        assert (rows.collect()[0].asDict().get("gate")) == gate

    running = threading.Thread(target=drive)
    running.start()
    try:
        arrive(1, None)
        deploy("added", _with_gate)
        arrive(2, None)
        events.spark.sql(f"ALTER TABLE {events.tables.silver.identifier} ADD COLUMN gate string AFTER air_time")
        arrive(3, "A3")
        deploy("dropped", lambda text: text)
        topic.send(event(4))
        running.join(60)
    finally:
        for query in events.spark.streams.active:
            query.stop()
        running.join()
    [failure] = failures
    assert isinstance(failure, JobError)
    assert "no flight_events.gate" in str(failure)
    assert "deploy the stream with it: npx lakehouse stream deploy <environment> --dataset flight_events" in str(
        failure
    )
    assert (4, "departed") not in events.delays()


def test_table_that_is_ahead_of_the_contract_takes_batches(events: EventLake, topic: Topic) -> None:
    events.spark.sql(f"ALTER TABLE {events.tables.silver.identifier} ADD COLUMN gate string FIRST")
    topic.send(event(1, gate="A1"))

    events.stream()

    [row] = events.tables.silver.read().collect()
    assert (row["gate"], row["flight"]) == (None, 1)


def test_look_that_fails_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    held = Contracts(contract_of("t"))
    watch = ContractWatch(lambda: "file:///nowhere/contracts.zip", DiskStore(), seconds=0)

    assert watch.newer(held, list) is held
    assert "deployed contracts could not be looked at" in caplog.text


def _changed(column: str, **values: object) -> Contract:
    contract = contract_of("t")
    columns = tuple(replace(one, **values) if one.name == column else one for one in contract.columns)  # type: ignore[arg-type]
    return replace(contract, columns=columns)


BREAKS: dict[str, tuple[Contract, str]] = {
    "another topic": (replace(contract_of("t"), origin=StreamTopic("u")), "another origin of flight_events"),
    "another key": (replace(contract_of("t"), key=("flight",)), "another key of flight_events"),
    "another order": (replace(contract_of("t"), ordering_column="event_time"), "another ordering column"),
    "a renamed column": (_changed("delay", name="lateness"), "no flight_events.delay"),
    "a narrowed column": (_changed("carrier", spark_type="int"), "flight_events.carrier as int and not string"),
    "a new required column": (
        replace(contract_of("t"), columns=(*contract_of("t").columns, Column("gate", "string", True))),
        "flight_events.gate as required",
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_contract_that_breaks_a_running_stream_is_refused(what: str) -> None:
    found, message = BREAKS[what]
    with pytest.raises(ContractError, match=f"'contract flight_events' must be an addition to .*{message}"):
        require_addition(Contracts(contract_of("t")), Contracts(found))


ADDITIONS = {
    "a new column": replace(contract_of("t"), columns=(*contract_of("t").columns, Column("gate", "string", False))),
    "another rule": _changed("delay", rules=(Rule("maximum", 9000),)),
    "a wider column": _changed("delay", spark_type="bigint"),
    "another version": replace(contract_of("t"), version="9.0.0"),
}


@pytest.mark.parametrize("what", ADDITIONS)
def test_contract_that_only_adds_is_taken(what: str) -> None:
    require_addition(Contracts(contract_of("t")), Contracts(ADDITIONS[what]))
