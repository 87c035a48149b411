"""When an alarm is in which state."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.completions.alarms import state

ALARM: dict[str, Any] = {
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1,
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
}
NOW = 10_000.0


def points(*values_by_age: tuple[float, float]) -> list[dict[str, Any]]:
    """Points by value and age in seconds."""
    return [{"Timestamp": NOW - age, "Value": value} for value, age in values_by_age]


@pytest.mark.parametrize(
    ("more", "given", "expected"),
    [
        ({}, points((2, 10), (2, 70), (2, 130)), "ALARM"),
        ({}, points((2, 10), (0, 70), (2, 130)), "OK"),
        ({"DatapointsToAlarm": 2}, points((2, 10), (0, 70), (2, 130)), "ALARM"),
        ({"EvaluationPeriods": 1}, points((1, 5), (1, 20)), "ALARM"),
        ({}, points((2, 500)), None),
        ({"TreatMissingData": "notBreaching"}, [], "OK"),
        ({"TreatMissingData": "breaching"}, [], "ALARM"),
        ({"TreatMissingData": "breaching", "AlarmConfigurationUpdatedTimestamp": NOW - 100}, [], None),
        ({"TreatMissingData": "breaching"}, points((0, 10)), "OK"),
    ],
)
def test_the_state_follows_the_newest_periods(more: dict[str, Any], given: list[dict[str, Any]], expected: str) -> None:
    assert state({**ALARM, **more}, given, NOW) == expected
