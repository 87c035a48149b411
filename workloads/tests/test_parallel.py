from __future__ import annotations

import threading

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.parallel import in_parallel
from lakehouse_jobs.session import SETTINGS


def test_results_stand_in_the_order_of_the_items(spark: SparkSession) -> None:
    second_ended = threading.Event()

    def wait_for_the_second(_: SparkSession, item: int) -> int:
        if item == 2:
            second_ended.set()
        assert second_ended.wait(60)
        return item * 10

    assert in_parallel(spark, wait_for_the_second, [1, 2, 3], 2) == [10, 20, 30]


def test_each_thread_has_a_session_of_its_own_with_the_settings_of_all_jobs(spark: SparkSession) -> None:
    both_set = threading.Barrier(2, timeout=60)

    def name_a_commit(session: SparkSession, name: str) -> tuple[str | None, dict[str, str]]:
        session.conf.set("spark.wap.id", name)
        both_set.wait()
        rows = session.sql("SET").collect()  # what is set, without what Spark takes otherwise
        return session.conf.get("spark.wap.id"), {row["key"]: row["value"] for row in rows if row["key"] in SETTINGS}

    assert in_parallel(spark, name_a_commit, ["a", "b"], 2) == [("a", dict(SETTINGS)), ("b", dict(SETTINGS))]
    assert spark.conf.get("spark.wap.id", None) is None


def test_all_are_tried_when_one_fails(spark: SparkSession) -> None:
    tried: list[int] = []

    def fail_at_first(_: SparkSession, item: int) -> None:
        tried.append(item)
        if item == 1:
            raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 1"):
        in_parallel(spark, fail_at_first, [1, 2, 3], 1)
    assert tried == [1, 2, 3]
