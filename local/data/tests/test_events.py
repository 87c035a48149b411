"""Facts about the records of flights, on flights small enough to check by hand and on the real data set."""

import json
from pathlib import Path

import pandas as pd
import pytest

from data import events, source
from data.tables import AIRPORTS, FLIGHTS
from data.tests.test_history import at, flight

TOPIC = events.Topic.read()
UNTIL = at("2013-02-01T00:00:00Z")


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return source.read(FLIGHTS)


@pytest.fixture(scope="module")
def airports() -> pd.DataFrame:
    return source.read(AIRPORTS)


@pytest.fixture(scope="module")
def january(flights: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    return events.sent_between(flights, airports, TOPIC, (None, UNTIL))


def test_columns_are_read_by_the_names_that_the_contract_writes(tmp_path: Path) -> None:
    contract = tmp_path / "flight_events.yaml"
    contract.write_text(events.CONTRACT.read_text().replace("- name: carrier", "- name: on"))

    assert events.Topic.read(contract).columns == ["on" if name == "carrier" else name for name in TOPIC.columns]


def times(airports: pd.DataFrame, **values: object) -> dict[str, pd.Timestamp]:
    found = events.events(flight(**values), airports)
    return dict(zip(found["event_type"], found["event_time"], strict=True))


class TestEvents:
    def test_departure_happens_its_delay_after_the_schedule(self, airports: pd.DataFrame) -> None:
        assert times(airports)["departed"] == at("2013-01-10T12:25:00Z")
        assert times(airports, dep_delay=-20)["departed"] == at("2013-01-10T11:55:00Z")

    @pytest.mark.parametrize(
        ("dest", "clock", "moment"),
        [
            ("ORD", 850, "2013-01-10T14:50:00Z"),  # Chicago, an hour behind New York
            ("SJU", 1230, "2013-01-10T16:30:00Z"),  # San Juan, which the airports do not know
            ("ORD", 2400, "2013-01-11T06:00:00Z"),
            ("ORD", 15, "2013-01-11T06:15:00Z"),
        ],
    )
    def test_arrival_happens_when_the_clock_at_the_destination_shows_it(
        self, airports: pd.DataFrame, dest: str, clock: int, moment: str
    ) -> None:
        assert times(airports, dest=dest, arr_time=clock)["arrived"] == at(moment)

    def test_cancelled_flight_has_none_and_one_that_never_landed_has_one(self, airports: pd.DataFrame) -> None:
        nothing = dict.fromkeys(["arr_time", "arr_delay", "air_time"])
        assert list(times(airports, **nothing)) == ["departed"]
        assert times(airports, **nothing, dep_time=None, dep_delay=None) == {}

    def test_real_flights_are_in_the_air_for_less_than_from_departure_to_arrival(
        self, flights: pd.DataFrame, airports: pd.DataFrame
    ) -> None:
        found = events.events(flights, airports)
        happened = found.pivot(index=[*FLIGHTS.key], columns="event_type", values="event_time")
        taken = pd.to_timedelta(happened["arrived"] - happened["departed"]).dropna().dt.total_seconds() / 60
        taxied = taken - found[found["air_time"].notna()].set_index([*FLIGHTS.key])["air_time"]
        assert len(taxied.dropna()) == 327_346
        assert taxied.min() >= 5
        assert taxied.max() <= 235


class TestRecords:
    def test_payload_has_the_columns_of_the_contract_and_the_key_its_columns(self, january: pd.DataFrame) -> None:
        first = january.iloc[0]
        payload = json.loads(first["payload"])
        assert list(payload) == TOPIC.columns
        assert payload["event_time"] == "2013-01-01T10:17:00Z"
        assert first["key"] == "|".join(str(payload[name]) for name in TOPIC.key)

    def test_each_event_is_there_once_in_the_order_of_its_report(self, january: pd.DataFrame) -> None:
        told = january[january["kind"] == "event"]
        payloads = [json.loads(payload) for payload in told["payload"]]
        assert len({(entry["event_type"], key) for entry, key in zip(payloads, told["key"], strict=True)}) == len(told)
        assert told["sent_at"].is_monotonic_increasing
        assert [entry["reported_at"] for entry in payloads] == list(told["sent_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def test_reports_are_late_and_some_of_them_by_hours(self, january: pd.DataFrame) -> None:
        happened = pd.to_datetime(
            [json.loads(text)["event_time"] for text in january[january["kind"] == "event"]["payload"]]
        )
        late = january[january["kind"] == "event"]["sent_at"] - happened
        assert late.min() >= pd.Timedelta(0)
        assert late.max() <= pd.Timedelta(hours=6)
        assert 0 < (late > pd.Timedelta(hours=1)).mean() < 0.02
        assert not happened.is_monotonic_increasing

    def test_some_come_twice_and_some_come_broken(self, january: pd.DataFrame) -> None:
        kinds = january.groupby("kind")["payload"]
        told = set(kinds.get_group("event"))
        assert set(kinds.get_group("duplicate")) < told
        broken = [payload for payload in kinds.get_group("corrupt") if payload not in told]
        assert 10 < len(broken) == len(kinds.get_group("corrupt")) < len(kinds.get_group("duplicate")) < 100
        assert {payload.endswith("}") for payload in broken} == {True, False}

    def test_parts_of_a_period_are_the_period(
        self, flights: pd.DataFrame, airports: pd.DataFrame, january: pd.DataFrame
    ) -> None:
        middle = at("2013-01-12T03:00:00Z")
        spans = [(None, middle), (middle, UNTIL)]
        parts = [events.sent_between(flights, airports, TOPIC, span) for span in spans]
        assert pd.concat(parts, ignore_index=True).equals(january)

    def test_nothing_is_reported_before_the_first_flight(self, flights: pd.DataFrame, airports: pd.DataFrame) -> None:
        assert events.sent_between(flights, airports, TOPIC, (None, at("2012-12-01T00:00:00Z"))).empty
