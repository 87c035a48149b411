"""The Spark session of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

SETTINGS: Mapping[str, str] = {"spark.sql.session.timeZone": "UTC"}
"""What the jobs set of a session; its size is the cluster's."""
STREAM_SETTINGS: Mapping[str, str] = {"spark.sql.inMemoryColumnarStorage.compressed": "false"}
"""What a stream sets too: it keeps one batch, for seconds, and to compress that takes longer than it saves."""
_NONE: Mapping[str, str] = {}


@contextmanager
def session(name: str, settings: Mapping[str, str] = _NONE) -> Iterator[SparkSession]:
    """A session that ends with the block, with `SETTINGS` and those of the command."""
    builder = SparkSession.builder.appName(f"lakehouse-{name}")
    for key, value in {**SETTINGS, **settings}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()
