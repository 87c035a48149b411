"""Work on several datasets at the same time: what Spark does for one leaves most of a cluster idle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from pyspark.sql import SparkSession

from lakehouse_jobs.session import activate

_T = TypeVar("_T")
_R = TypeVar("_R")


def in_parallel(
    spark: SparkSession, call: Callable[[SparkSession, _T], _R], items: Sequence[_T], most: int
) -> list[_R]:
    """What `call` gives for each of `items`, in their order; at most `most` are worked on at a time.

    Each thread has a session of its own, because what names a staged commit is a setting of the session, and its log
    lines carry what the caller's do. All items are tried; then the first failure is raised.
    """
    thread = threading.local()

    def begin() -> None:
        thread.session = spark.newSession()
        activate(thread.session)

    def work(item: _T) -> _R:
        return call(thread.session, item)

    with ThreadPoolExecutor(most, initializer=begin) as pool:
        calls = [pool.submit(copy_context().run, work, item) for item in items]
    return [ended.result() for ended in calls]
