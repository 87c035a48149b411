"""Frames that are kept while they are used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame


@contextmanager
def kept(frame: DataFrame) -> Iterator[DataFrame]:
    """A frame that is computed once, however often it is used within the block."""
    held = frame.persist()
    try:
        yield held
    finally:
        held.unpersist()
