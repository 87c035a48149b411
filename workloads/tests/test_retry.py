from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse_jobs.exceptions import TerminalError, TransientError
from lakehouse_jobs.retry import RetryPolicy


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def policy(self, attempts: int = 6, budget: float = 300.0) -> RetryPolicy:
        longest = lambda _, high: high  # noqa: E731
        return RetryPolicy(attempts=attempts, budget=budget, sleep=self.sleep, clock=lambda: self.now, uniform=longest)


def _failing(times: int, error: Exception) -> tuple[list[int], object]:
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "done"

    return calls, call


def test_transient_failures_are_tried_again_with_doubling_ceilings() -> None:
    clock = Clock()
    calls, call = _failing(3, TransientError("down"))

    assert clock.policy().run("step", call) == "done"  # type: ignore[arg-type]
    assert (len(calls), clock.sleeps) == (4, [1.0, 2.0, 4.0])


def test_terminal_failure_is_not_tried_again() -> None:
    clock = Clock()
    calls, call = _failing(9, TerminalError("no such column"))

    with pytest.raises(TerminalError, match="no such column"):
        clock.policy().run("step", call)  # type: ignore[arg-type]
    assert (len(calls), clock.sleeps) == (1, [])


@pytest.mark.parametrize(("attempts", "budget", "expected"), [(3, 300.0, 3), (99, 10.0, 4)])
def test_attempts_and_seconds_are_bounded(attempts: int, budget: float, expected: int) -> None:
    clock = Clock()
    calls, call = _failing(99, ConnectionError("refused"))

    with pytest.raises(TransientError, match="refused"):
        clock.policy(attempts, budget).run("step", call)  # type: ignore[arg-type]
    assert len(calls) == expected
    assert clock.now <= budget


@given(attempt=st.integers(0, 60), base=st.floats(0.01, 10), cap=st.floats(0.01, 100))
def test_delay_has_full_jitter_under_the_cap(attempt: int, base: float, cap: float) -> None:
    bounds: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        bounds.append((low, high))
        return low

    RetryPolicy(base=base, cap=cap, uniform=uniform).delay(attempt)

    assert bounds == [(0.0, min(cap, base * 2**attempt))]
