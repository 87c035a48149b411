"""Facts about what is known when, on flights small enough to check by hand and on the real data set."""

import pandas as pd
import pytest

from data import history, source
from data.tables import AIRLINES, AIRPORTS, FLIGHTS, PLANES, TABLES, WEATHER, Table


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def flight(**values: object) -> pd.DataFrame:
    """A flight scheduled for 2013-01-10T12:15Z that left 10 minutes late and flew an hour."""
    row: dict[str, object] = dict.fromkeys(FLIGHTS.columns, 1)
    row |= {"carrier": "UA", "tailnum": "N1", "origin": "EWR", "dest": "ORD", "hour": 7, "minute": 15}
    row |= {"time_hour": at("2013-01-10T12:00:00Z"), "dep_time": 725, "dep_delay": 10, "arr_time": 850, "arr_delay": 5}
    row |= {"air_time": 60} | values
    frame = pd.DataFrame([row])
    integers = [name for name, kind in FLIGHTS.columns.items() if kind == "int"]
    return frame.astype(dict.fromkeys(integers, "Int64"))


def state(rows: pd.DataFrame, moment: str) -> pd.Series:
    found = history.known_at(FLIGHTS, rows, at(moment))
    assert len(found) == 1
    return found.iloc[0]


class TestFlight:
    def test_is_unknown_more_than_seven_days_ahead(self) -> None:
        assert history.known_at(FLIGHTS, flight(), at("2013-01-03T12:14:59Z")).empty

    def test_is_known_as_scheduled_seven_days_ahead(self) -> None:
        row = state(flight(), "2013-01-03T12:15:00Z")
        assert row["updated_at"] == at("2013-01-03T12:15:00Z")
        assert row[["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]].isna().all()
        assert row["tailnum"] == "N1"

    def test_has_its_departure_from_the_moment_it_left(self) -> None:
        row = state(flight(), "2013-01-10T12:25:00Z")
        assert row["updated_at"] == at("2013-01-10T12:25:00Z")
        assert row["dep_time"] == 725
        assert pd.isna(row["arr_time"])

    def test_has_its_arrival_after_air_time_and_taxiing(self) -> None:
        row = state(flight(), "2013-01-10T13:55:00Z")
        assert row["updated_at"] == at("2013-01-10T13:55:00Z")
        assert row["air_time"] == 60

    def test_is_cancelled_at_its_scheduled_departure(self) -> None:
        nothing = dict.fromkeys(["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"])
        row = state(flight(**nothing), "2013-01-11T00:00:00Z")
        assert row["updated_at"] == at("2013-01-10T12:15:00Z")

    def test_closes_a_day_later_when_it_was_diverted(self) -> None:
        diverted = flight(air_time=None, arr_delay=None)
        assert pd.isna(state(diverted, "2013-01-11T12:24:59Z")["arr_time"])
        row = state(diverted, "2013-01-11T12:25:00Z")
        assert row["arr_time"] == 850
        assert row["updated_at"] == at("2013-01-11T12:25:00Z")


class TestChanges:
    def test_holds_a_departed_flight_as_an_update_only(self) -> None:
        found = history.changes(FLIGHTS, flight(), at("2013-01-10T00:00:00Z"), at("2013-01-10T12:30:00Z"))
        assert len(found.inserts) == 0
        assert found.updates["dep_time"].tolist() == [725]

    def test_holds_nothing_when_nothing_happened(self) -> None:
        found = history.changes(FLIGHTS, flight(), at("2013-01-11T00:00:00Z"), at("2013-01-12T00:00:00Z"))
        assert len(found.inserts) == 0
        assert len(found.updates) == 0


class TestRealData:
    @pytest.mark.parametrize(
        ("table", "rows"), [(FLIGHTS, 336_776), (WEATHER, 26_115), (AIRLINES, 16), (AIRPORTS, 1_458), (PLANES, 3_322)]
    )
    def test_has_the_published_number_of_rows(self, table: Table, rows: int) -> None:
        assert len(source.read(table)) == rows

    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
    def test_has_unique_keys(self, table: Table) -> None:
        assert not source.read(table).duplicated(list(table.key)).any()

    def test_ends_as_it_was_published(self) -> None:
        rows = source.read(FLIGHTS)
        last = history.known_at(FLIGHTS, rows, at("2014-02-01T00:00:00Z"))
        pd.testing.assert_frame_equal(last[list(FLIGHTS.columns)], rows)

    def test_january_then_february_equals_february_at_once(self) -> None:
        rows = source.read(FLIGHTS)
        january, february = at("2013-02-01T00:00:00Z"), at("2013-03-01T00:00:00Z")
        found = history.changes(FLIGHTS, rows, january, february)
        kept = history.known_at(FLIGHTS, rows, january).drop(found.updates.index)
        both = pd.concat([kept, found.updates, found.inserts]).sort_index()
        pd.testing.assert_frame_equal(both, history.known_at(FLIGHTS, rows, february))
        assert len(found.updates) > 1_000
        assert len(found.inserts) > 20_000

    def test_airports_take_their_new_names_in_february(self) -> None:
        january, february = at("2013-02-01T00:00:00Z"), at("2013-03-01T00:00:00Z")
        found = history.changes(AIRPORTS, source.read(AIRPORTS), january, february)
        names = dict(zip(found.updates["faa"], found.updates["name"], strict=True))
        assert names["LAS"] == "Harry Reid International Airport"
        assert len(found.inserts) == 0
        assert len(names) > 200

    def test_never_changes_before_it_is_inserted(self) -> None:
        rows = source.read(FLIGHTS)
        last = history.known_at(FLIGHTS, rows, at("2014-02-01T00:00:00Z"))
        scheduled = rows["time_hour"] + pd.to_timedelta(rows["minute"].astype("int64"), unit="m")
        assert (last["updated_at"] > scheduled - history.SCHEDULED_AHEAD).all()
