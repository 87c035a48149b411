"""What a run does before it takes the place of another: a batch of the newest records, up to where it would write.

What a new version cannot do it finds out while the old one still reads. And what the first batch of a process waits
for, classes, code that Spark makes, connections, is there when the old run ends.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from lakehouse_jobs import records as shapes
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.frames import kept
from lakehouse_jobs.kafka import find_offsets, read_part
from lakehouse_jobs.stream_batch import Stream, standing_of
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.transforms import changed_rows, newest_by_key

_LOGGER = logging.getLogger(__name__)
_RECORDS = 100
"""How many records of each partition are looked at."""


def rehearse(spark: SparkSession, job: Stream, contract: Contract) -> None:
    """Read, judge and compare the newest records, and write nothing.

    :raises Exception: whatever a batch would fail with before it writes.
    """
    topic = contract.stream.topic
    first, following = (find_offsets(spark, job.brokers, topic, bound) for bound in ("earliest", "latest"))
    spans = {str(partition): [max(first[partition], end - _RECORDS), end] for partition, end in following.items()}
    tables = DatasetTables.of(spark, job.databases, contract.dataset)
    with kept(shapes.judge_records(read_part(spark, job.brokers, contract, spans), contract)) as judged:
        read = sum(span.records for span in shapes.spans(judged).values())
        origin = shapes.Origin(contract.stream.address, "", job.run_id, contract.version, datetime.now(UTC))
        newest = newest_by_key(shapes.dataset_rows(judged, contract, origin), contract, shapes.PLACE)
        changed = changed_rows(newest, tables.silver.read(), contract).count()
    standing_of(tables)
    _LOGGER.info("rehearsed", extra={"read": read, "changed": changed})
