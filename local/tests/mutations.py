"""Every way to take one property away from a resource's properties, and a change where taking away changes nothing."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]

_WHOLE = frozenset(
    {"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "DashboardBody", "Tags"} | {"Definition"}
)
"""Documents that are one property: compared as a whole, so dropped as a whole."""


@dataclass(frozen=True)
class Mutation:
    """One property of one type."""

    type: str
    path: Path

    @property
    def name(self) -> str:
        """The property's name, list positions left out."""
        parts = [f".{part}" if isinstance(part, str) else "[]" for part in self.path]
        return re.sub(r"^\.", "", "".join(parts))


def paths(value: Any, prefix: Path = ()) -> Iterator[Path]:
    """The path of every member at every depth."""
    if prefix and prefix[-1] in _WHOLE:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*prefix, key)
            yield from paths(item, (*prefix, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from paths(item, (*prefix, position))


def without(properties: dict[str, Any], path: Path) -> dict[str, Any]:
    """The properties, that one dropped."""
    changed = copy.deepcopy(properties)
    del _parent(changed, path)[path[-1]]
    return changed


def with_another(properties: dict[str, Any], path: Path) -> dict[str, Any]:
    """The properties, that one with another value of its kind."""
    changed = copy.deepcopy(properties)
    parent = _parent(changed, path)
    parent[path[-1]] = _another(parent[path[-1]])
    return changed


def value_at(properties: dict[str, Any], path: Path) -> Any:
    """The value of one property."""
    return _parent(properties, path)[path[-1]]


def _parent(value: Any, path: Path) -> Any:
    for part in path[:-1]:
        value = value[part]
    return value


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        flipped = {"true": "false", "false": "true"}
        return flipped.get(value, str(int(value) + 1) if value.isdigit() else f"{value}x")
    if isinstance(value, list):
        return [*value[:-1], _another(value[-1])] if value else value
    if isinstance(value, dict) and value:
        key = next(iter(value))
        return {**value, key: _another(value[key])}
    return value
