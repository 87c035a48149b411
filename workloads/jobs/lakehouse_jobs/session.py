"""The Spark session of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    # what is kept is kept for one batch: to compress it takes longer than it saves
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
}
"""What the jobs set of a session; its size is the cluster's."""
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
