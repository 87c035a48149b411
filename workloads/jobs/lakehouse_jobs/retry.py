"""Bounded retries with exponential backoff and full jitter; the only retry layer a job has.

Delay before attempt n: a random time between 0 and `min(cap, base * 2**n)` seconds
(https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from lakehouse_jobs.exceptions import JobError, TransientError
from lakehouse_jobs.failures import translate

_LOGGER = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently a step is tried: attempts in all, seconds of delay, seconds of budget."""

    attempts: int = 6
    base: float = 1.0
    cap: float = 30.0
    budget: float = 300.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    uniform: Callable[[float, float], float] = field(default=random.uniform, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def delay(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number `attempt` (from 0): full jitter under a doubling ceiling."""
        return self.uniform(0.0, min(self.cap, self.base * 2**attempt))

    def run(self, step: str, call: Callable[[], _T]) -> _T:
        """Return what `call` returns, trying again while it fails transiently and the budget lasts.

        :raises JobError: the last failure, translated; a terminal one at once.
        """
        started = self.clock()
        attempt = 0
        while True:
            try:
                return call()
            except Exception as error:
                failure = translate(error)
                delay = self.delay(attempt)
                attempt += 1
                exhausted = attempt >= self.attempts or self.clock() - started + delay > self.budget
                if exhausted or not isinstance(failure, TransientError):
                    raise self._final(step, attempt, failure) from error
                _LOGGER.warning(
                    "attempt failed, trying again",
                    extra={"step": step, "attempt": attempt, "delaySeconds": round(delay, 3), "error": str(failure)},
                )
                self.sleep(delay)

    def _final(self, step: str, attempt: int, failure: JobError) -> JobError:
        _LOGGER.error(
            "step failed", extra={"step": step, "attempt": attempt, "kind": failure.kind, "error": str(failure)}
        )
        return failure
