"""What a session of the jobs has besides Spark's own."""

from __future__ import annotations

from typing import Any

import pytest
from py4j.java_gateway import JavaPackage, JVMView
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812


def test_names_that_a_run_uses_over_and_over_are_looked_up_once(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(found: object, name: str) -> object:
        raise AssertionError(f"{name} was looked up again")

    monkeypatch.setattr(JVMView, "__getattr__", look_up)
    monkeypatch.setattr(JavaPackage, "__getattr__", look_up)
    jvm: Any = spark._jvm

    assert str(F.concat_ws("-", F.col("a"), F.lit("b"))) == "Column<'concat_ws(-, a, b)'>"
    assert jvm.java.util.HashMap().size() == 0
    assert jvm.org.apache.iceberg.spark.Spark3Util is not None
