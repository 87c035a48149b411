"""Metric math, point by point."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.completions.metric_math import MetricMathError, evaluate

SERIES: dict[str, Any] = {
    "a": (1.0, 2.0, None, 4.0),
    "b": (3.0, 0.0, 1.0, None),
    "none": (None, None, None, None),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", (4, 2, None, None)),
        ("1 + 2 * 3", (7, 7, 7, 7)),
        ("-(1 + 2) * 3", (-9, -9, -9, -9)),
        ("10 - 2 - 3", (5, 5, 5, 5)),
        ("2 ^ 3", (8, 8, 8, 8)),
        ("100 * a / (a + b)", (25, 100, None, None)),
        ("a / b", (1 / 3, None, None, None)),
        ("DIFF(a)", (None, 1, None, 2)),
        ("RATE(a)", (None, 1 / 60, None, 2 / 60)),
        ("FILL(b, 0) * 2", (6, 0, 2, 0)),
        ("FILL(b, REPEAT)", (3, 0, 1, 1)),
        ("FILL(none, 0)", (0, 0, 0, 0)),
        ("MAX([a, b])", (3, 2, 1, 4)),
        ("MIN([a, b])", (1, 0, 1, 4)),
        ("SUM([a, b])", (4, 2, 1, 4)),
        ("AVG([a, b])", (2, 1, 1, 4)),
        ("SUM(METRICS())", (4, 2, 1, 4)),
        ("MAX(a)", (4, 4, 4, 4)),
        ("IF(a > 1, 1, 0)", (0, 1, None, 1)),
        ("IF(a > 1 AND b < 1, a, 0 - a)", (-1, 2, None, None)),
        ("a >= 2 || FILL(b, 0) == 3", (1, 1, None, 1)),
        ("ABS(0 - a)", (1, 2, None, 4)),
        ("CEIL(a / 3)", (1, 1, None, 2)),
        ("RUNNING_SUM(a)", (1, 3, None, 7)),
        ("a / PERIOD(a)", (1 / 60, 2 / 60, None, 4 / 60)),
        ("SUM(FILL([a, b], 0))", (4, 2, 1, 4)),
        ("LAST(a)", (4, 4, 4, 4)),
    ],
)
def test_an_expression_gives_its_series(expression: str, expected: tuple[float | None, ...]) -> None:
    found = evaluate(expression, SERIES, 60)
    assert [value is None for value in found] == [value is None for value in expected]
    assert [v for v in found if v is not None] == pytest.approx([v for v in expected if v is not None])


@pytest.mark.parametrize("expression", ["c", "a +", "(a", "ANOMALY_DETECTION_BAND(a)", "a ! b", "[a, b]", "DIFF()"])
def test_what_is_not_known_is_an_error(expression: str) -> None:
    with pytest.raises(MetricMathError):
        evaluate(expression, SERIES, 60)
