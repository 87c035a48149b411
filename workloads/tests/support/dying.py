"""A driver that ends as by SIGKILL, Python and Java, at a moment it is given."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession


@contextmanager
def dying(spark: SparkSession, after: float) -> Iterator[None]:
    """What is done within is killed after so many seconds; where it takes less, when it is done."""
    jvm: Any = spark._jvm
    virtual_machine = int(jvm.java.lang.ProcessHandle.current().pid())

    def die() -> None:
        os.kill(virtual_machine, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Timer(after, die).start()
    yield
    die()
