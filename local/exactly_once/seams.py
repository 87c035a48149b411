"""The points at which a driver can be ended, put into the stream from outside: the product has none of its own.

Runs in the environment of the jobs. A seam has a name, as `before the bronze commit`; one is armed at a time.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import threading
from collections.abc import Callable
from typing import Any

from lakehouse_jobs import stream, stream_batch, stream_commit
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.kafka import ConsumerGroup

Tell = Callable[..., None]


class Seams:
    """Which seam is armed: at its `hits`th time the whole process group is killed, or stopped until it is continued."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._name = ""
        self._hits = 0
        self._signal = signal.SIGKILL

    def arm(self, name: str, hits: int, *, stop: bool) -> None:
        """Let the seam `name` act."""
        with self._lock:
            self._name, self._hits = name, hits
            self._signal = signal.SIGSTOP if stop else signal.SIGKILL

    def is_armed(self, name: str) -> bool:
        """Whether the seam `name` will act."""
        with self._lock:
            return name == self._name

    def reach(self, name: str) -> None:
        """The stream is at a seam."""
        with self._lock:
            if name != self._name:
                return
            self._hits -= 1
            if self._hits > 0:
                return
            self._name = ""
        self._tell("at", seam=name)
        os.killpg(0, self._signal)

    def around(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a seam before and one after it; `what` may hold `{table}`, for its first argument."""

        def call(*arguments: Any, **named: Any) -> Any:
            name = what.format(table=kind_of(arguments[0].identifier)) if "{" in what else what
            self.reach(f"before {name}")
            result = function(*arguments, **named)
            self.reach(f"after {name}")
            return result

        return call


def install(tell: Tell) -> Seams:
    """Put the seams into the stream: around each commit, within it around the write and the publication of what was
    staged, around the whole batch, and around the offsets of the group.
    """
    seams = Seams(tell)
    for name, what in (("append", "write"), ("execute", "write"), ("publish", "publication")):
        setattr(IcebergTable, name, seams.around(f"the {{table}} {what}", getattr(IcebergTable, name)))
    stream_commit.commit_once = seams.around("the {table} commit", stream_commit.commit_once)
    group: Any = ConsumerGroup
    group.commit = seams.around("the offsets of the group", group.commit)
    handler: Any = stream.StreamHandler
    handler.__call__ = seams.around("the batch", handler.__call__)
    return seams


def leave_silver_out() -> None:
    """Bronze and dead letters alone: the raw history, append only."""

    def nothing(*_: Any) -> int:
        return 0

    stream_commit.StreamCommit._merge_silver = nothing


def break_tokens() -> None:
    """Every attempt at a batch has a token of its own: none finds what another has committed.

    The second guard goes too, by which a batch leaves out the places that the tables already hold.
    """
    token = stream_commit.batch_token

    def broken(*arguments: Any) -> str:
        return f"{token(*arguments)}{secrets.token_hex(3)}"  # a view of its changes is named by it

    stream_commit.batch_token = broken
    stream_batch.StreamBatch.reads_again = property(lambda _: False)


def kind_of(table: str) -> str:
    """`dlq`, `bronze` or `silver`, of a table's identifier or URI."""
    if table.endswith("__dlq"):
        return "dlq"
    return "bronze" if "bronze" in re.split("[./]", table)[-2] else "silver"
