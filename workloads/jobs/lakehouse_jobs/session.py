"""The Spark session of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    **{
        f"spark.sql.parquet.{kind}RebaseModeIn{way}": "CORRECTED"
        for kind in ("datetime", "int96")
        for way in ("Read", "Write")
    },
}
"""What the jobs set of a session; its size is the cluster's.

Dates before 1582 and times before 1900 are written as they are: by itself Spark refuses them, for the sake of readers
older than 3.0, and one such value would stop its dataset. https://spark.apache.org/docs/3.5.6/sql-data-sources-parquet.html
"""
STREAM_SETTINGS: Mapping[str, str] = {"spark.sql.inMemoryColumnarStorage.compressed": "false"}
"""What a stream sets too: it keeps one batch, for seconds, and to compress that takes longer than it saves."""
_NONE: Mapping[str, str] = {}
_CLASSES = (
    "functions",
    "PythonUtils",
    "SparkSession$",
    "java.util.HashMap",
    "org.apache.iceberg.SnapshotParser",
    "org.apache.iceberg.spark.Spark3Util",
    "org.apache.kafka.clients.admin.AdminClient",
    "org.apache.kafka.common.TopicPartition",
    "org.apache.spark.sql.SparkSession",
    "py4j.reflection.TypeUtil",
)
"""What a run asks Java for over and over; the first three are behind PySpark's functions, columns and `sql`."""


@contextmanager
def session(name: str, settings: Mapping[str, str] = _NONE) -> Iterator[SparkSession]:
    """A session that ends with the block, with `SETTINGS` and those of the command."""
    spark = _start(name, settings)
    try:
        yield spark
    finally:
        spark.stop()


@contextmanager
def starting(name: str) -> Iterator[Callable[[], SparkSession]]:
    """A session that starts while the block does what needs none, and is waited for when the block calls for it."""
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(_start, name, _NONE)

        def wait() -> SparkSession:
            spark = started.result()
            activate(spark)
            return spark

        try:
            yield wait
        finally:
            if started.exception() is None:
                started.result().stop()


def activate(spark: SparkSession) -> None:
    """Let this thread work in `spark`: Iceberg looks for catalogs in the settings of the thread's session."""
    jvm: Any = spark._jvm
    jvm.org.apache.spark.sql.SparkSession.setActiveSession(spark._jsparkSession)


def remember_classes(spark: SparkSession) -> None:
    """Look up `_CLASSES` once, whose names work as before.

    Py4J asks Java what each part of a name means whenever it is used, and Java looks through hundreds of jars for a
    class `org`, for one in each package that PySpark imports: by themselves some 300 names take a small batch 160 ms
    of 2.9 s.
    """
    for name in _CLASSES:
        found: Any = spark._jvm
        for part in name.split("."):
            member = getattr(found, part)
            setattr(found, part, member)
            found = member


def _start(name: str, settings: Mapping[str, str]) -> SparkSession:
    builder = SparkSession.builder.appName(f"lakehouse-{name}")
    for key, value in {**SETTINGS, **settings}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    remember_classes(spark)
    return spark
