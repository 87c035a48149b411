"""Properties that cannot be read back, each with its reason: `unheld.json`, which docs/local.md shows.

Keep that list as short as possible: everything else the stack emits must read back equal, or the read-back fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Unheld:
    """One property no describe operation returns."""

    type: str
    property: str
    reason: str


@cache
def unheld() -> tuple[Unheld, ...]:
    """The whole list."""
    text = Path(__file__).with_name("unheld.json").read_text(encoding="utf-8")
    return tuple(Unheld(**entry) for entry in json.loads(text))


def reason(resource_type: str, name: str) -> str | None:
    """Why a property cannot be read back, or nothing when it can."""
    return next((entry.reason for entry in unheld() if (entry.type, entry.property) == (resource_type, name)), None)
