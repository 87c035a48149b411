"""Where the time of the jobs goes: how long their steps take, measured from outside."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any

from lakehouse_jobs import records, stream_commit
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.kafka import ConsumerGroup

_seconds: defaultdict[str, float] = defaultdict(float)


def watch() -> None:
    """From now on note how long each step takes. Steps that others are made of are in those too."""
    for name, owner, function in (
        ("judge and count", records, "spans"),
        ("dead letters", stream_commit.StreamCommit, "_append_dlq"),
        ("bronze", stream_commit.StreamCommit, "_append_bronze"),
        ("accounts", stream_commit.StreamCommit, "_accounted"),
        ("silver", stream_commit.StreamCommit, "_merge_silver"),
        ("stage (with the write)", IcebergTable, "stage"),
        ("publish", IcebergTable, "publish"),
        ("load from the catalog", IcebergTable, "_loaded"),
        ("offsets of the group", ConsumerGroup, "commit"),
    ):
        setattr(owner, function, _timed(name, getattr(owner, function)))


def seconds() -> dict[str, float]:
    """What was noted."""
    return dict(_seconds)


def _timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        began = time.monotonic()
        try:
            return function(*arguments, **named)
        finally:
            _seconds[name] += time.monotonic() - began

    return call
