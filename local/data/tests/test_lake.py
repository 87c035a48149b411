"""Facts about what the summary reads from the lake."""

from typing import Any

import pandas as pd

from data.lake import per_day, rejections


def flights(*rows: tuple[int, float | None, str]) -> pd.DataFrame:
    """Flights of January 2013 scheduled for noon UTC: day, departure delay and last update."""
    return pd.DataFrame(
        {
            "year": 2013,
            "month": 1,
            "day": [day for day, _, _ in rows],
            "dep_delay": pd.array([delay for _, delay, _ in rows], dtype="Float64"),
            "time_hour": [pd.Timestamp(f"2013-01-{day:02}T12:00:00Z") for day, _, _ in rows],
            "minute": 0,
            "updated_at": [pd.Timestamp(updated) for _, _, updated in rows],
        }
    )


class TestPerDay:
    def test_counts_flights_and_cancellations_and_means_the_delay_of_the_departed(self) -> None:
        found = per_day(
            flights(
                (1, 10.0, "2013-01-01T14:00:00Z"),
                (1, 5.0, "2013-01-01T14:00:00Z"),
                (1, None, "2013-01-01T12:00:00Z"),
            )
        )
        assert found == [{"day": "2013-01-01", "flights": 3, "cancelled": 1, "meanDelay": 7.5}]

    def test_leaves_out_a_day_with_a_flight_that_is_only_scheduled(self) -> None:
        found = per_day(flights((1, 10.0, "2013-01-01T14:00:00Z"), (2, None, "2012-12-26T12:00:00Z")))
        assert [day["day"] for day in found] == ["2013-01-01"]

    def test_has_no_mean_for_a_day_without_a_departure(self) -> None:
        assert per_day(flights((1, None, "2013-01-01T12:00:00Z")))[0]["meanDelay"] is None


class TestRejections:
    @staticmethod
    def row(payload: str, *columns: str) -> dict[str, Any]:
        reasons = [
            {"rule": "required", "column": column, "message": f"'{column}' must be present, got {payload}"}
            for column in columns
        ]
        return {"_reasons": reasons, "_payload": payload}

    def test_counts_each_broken_rule_once_a_row_most_frequent_first(self) -> None:
        found = rejections(
            "airports",
            [self.row("1", "tzone"), self.row("2", "name"), self.row("3", "name", "tzone"), self.row("4", "name")],
        )
        assert [(entry["column"], entry["rows"], entry["example"]) for entry in found] == [
            ("name", 3, "2"),
            ("tzone", 2, "1"),
        ]
