from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConfigurationError
from lakehouse_jobs.landing import Batch, Landing
from lakehouse_jobs.objects import DiskStore, StoredObject

RUN_ID = "20130201T000000Z-0a1b2c"
EARLIER = "20130131T000000Z-0a1b2c"
BATCH = Batch(
    token="first",
    base_token="",
    sequence=1,
    run_id=RUN_ID,
    source="postgres://shop.public.items",
    contract_version="1.0.0",
    lower_bound=None,
    watermark="2013-01-02T00:00:00.000000Z",
    ceiling="2013-02-01T00:00:00.000000Z",
    source_snapshot="100:100:",
    extracted_at="2013-02-01T00:00:00.000000Z",
    files=("part-0.parquet",),
    bytes=1,
    rows_read=2,
)


class MeetingStore(DiskStore):
    """A store whose first listing is followed by what somebody else does at that moment."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = [meanwhile]

    def objects(self, prefix: str) -> list[StoredObject]:
        found = super().objects(prefix)
        if self._meanwhile:
            self._meanwhile.pop()()
        return found


@pytest.fixture
def landing(tmp_path: Path, items: Contract) -> Landing:
    return Landing(DiskStore(), f"file://{tmp_path}", items)


def test_attempts_of_one_run_that_write_at_the_same_time_land_apart(
    spark: SparkSession, tmp_path: Path, items: Contract, landing: Landing
) -> None:
    first, second = spark.range(2).coalesce(1), spark.range(10, 13).coalesce(1)
    store = MeetingStore(lambda: landing.write(first, RUN_ID))
    retried = Landing(store, f"file://{tmp_path}", items)

    files, size = retried.write(second, RUN_ID)

    assert sorted(row["id"] for row in retried.read(spark, RUN_ID, files).collect()) == [10, 11, 12]
    assert size == sum((tmp_path / f"shop/items/run={RUN_ID}" / name).stat().st_size for name in files)
    assert len(list(tmp_path.rglob("*.parquet"))) == 2


def test_batch_that_lies_beside_its_manifest_is_read(spark: SparkSession, tmp_path: Path, landing: Landing) -> None:
    folder = tmp_path / f"shop/items/run={RUN_ID}"
    spark.range(2).coalesce(1).write.parquet(f"file://{folder}")
    [part] = folder.glob("*.parquet")
    landing.seal(replace(BATCH, files=(part.name,)))

    batch = landing.pending("", "20130202T000000Z-0a1b2c")

    assert batch is not None
    assert landing.read(spark, batch.run_id, batch.files).count() == 2


def test_batch_of_the_run_itself_is_pending_whatever_is_named_after_it(landing: Landing) -> None:
    landing.seal(BATCH)
    landing.seal(replace(BATCH, run_id=EARLIER, token="second", base_token="first"))

    assert landing.pending("first", "20130202T000000Z-0a1b2c") is None
    own = landing.pending("first", EARLIER)
    assert own is not None
    assert own.token == "second"


def test_fails_when_a_batch_that_is_not_loaded_is_of_another_table(landing: Landing) -> None:
    landing.seal(replace(BATCH, source="postgres://shop.north.items"))

    must = r"_manifest.json' must hold rows of postgres://shop.public.items, got \"postgres://shop.north.items\""
    for run_id in (RUN_ID, "20130202T000000Z-0a1b2c"):
        with pytest.raises(ConfigurationError, match=must):
            landing.pending("", run_id)
    with pytest.raises(ConfigurationError, match=must):
        landing.sealed(RUN_ID)
    assert landing.pending("first", "20130202T000000Z-0a1b2c") is None
