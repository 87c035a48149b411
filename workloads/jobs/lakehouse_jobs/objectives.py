"""What the contract of a dataset promises of a run: `latency` and `throughput` among its `slaProperties`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse_jobs.exceptions import ContractError, problem

_SECONDS: Mapping[str, float] = {
    "s": 1,
    "m": 60,
    "min": 60,
    "h": 3600,
    "hr": 3600,
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
}
_ROWS_PER_SECOND: Mapping[str, float] = {"rows/s": 1, "rows/min": 1 / 60}


@dataclass(frozen=True)
class Objectives:
    """How long a run may take for the dataset, and how many rows a second it loads at least; None: nothing promised."""

    latencySeconds: float | None = None  # noqa: N815 (the run record's names)
    rowsPerSecond: float | None = None  # noqa: N815


def parse_objectives(document: Mapping[str, Any], origin: str) -> Objectives:
    """The objectives of a loaded contract; `origin` (a file name) stands in the messages.

    :raises ContractError: a value or its unit makes no sense.
    """
    promises = {str(entry.get("property")): entry for entry in document.get("slaProperties") or ()}
    return Objectives(
        _amount(promises.get("latency"), _SECONDS, f"{origin}: latency"),
        _amount(promises.get("throughput"), _ROWS_PER_SECOND, f"{origin}: throughput"),
    )


def _amount(promise: Mapping[str, Any] | None, units: Mapping[str, float], subject: str) -> float | None:
    if promise is None:
        return None
    value, unit = promise.get("value"), str(promise.get("unit"))
    if unit not in units:
        raise ContractError(problem(f"{subject} unit", f"be one of {', '.join(units)}", unit, "correct the contract"))
    if not isinstance(value, int | float) or value <= 0:
        raise ContractError(problem(subject, "be a number above 0", value, "correct the contract"))
    return value * units[unit]
