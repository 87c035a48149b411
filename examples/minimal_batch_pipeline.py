"""A batch load in a dozen lines: extract what is new, keep what is valid, check it, write Delta, lose nothing.

Run it with the packages of `workloads/python/test.lock`, Delta and the PostgreSQL driver on Spark's class path:
`python examples/minimal_batch_pipeline.py postgresql://reader:…@127.0.0.1:5432/shop file:///data/lake [last watermark]`
"""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession

from lakehouse_jobs.engines import DELTA_SETTINGS
from lakehouse_jobs.minimal import BatchDataIngester, DeltaLakeManager, IngesterConfig, Merge
from lakehouse_jobs.quality.framework import DataQualityFramework

SCHEMA = {"required_fields": ["id", "name"], "dtypes": {"quantity": "int64"}, "key": ["id"]}
QUERY = "SELECT id, name, quantity, updated_at FROM items"


def load(spark: SparkSession, connection: str, lake: str, last_watermark: str | None = None) -> str | None:
    """Load what is new; the watermark to begin the next load at.

    :raises SystemExit: the new rows are not what the schema says; nothing of them is in the table
    """
    ingester = BatchDataIngester(IngesterConfig(spark, "shop"))
    rows = ingester.extract_from_database(connection, QUERY, "updated_at", last_watermark)
    clean = ingester.validate_and_clean(rows, SCHEMA)
    ingester.save_dead_letter_queue(f"{lake}/dead_letters")

    quality = DataQualityFramework(docs_uri=lake)
    quality.add_suite("items", SCHEMA)
    verdict = quality.validate_dataframe(clean, suite_name="items", data_asset_name="items")
    if verdict.unmet:
        raise SystemExit(f"{verdict.score:.0f} % of the expectations met: {'; '.join(map(str, verdict.unmet))}")

    DeltaLakeManager(lake).create_or_update_table(clean, "items", mode=Merge(["id"], "updated_at"))
    return ingester.watermark


if __name__ == "__main__":
    builder = SparkSession.builder.appName("minimal").config("spark.sql.session.timeZone", "UTC")
    for name, value in DELTA_SETTINGS.items():
        builder = builder.config(name, value)
    sys.stdout.write(f"{load(builder.getOrCreate(), *sys.argv[1:])}\n")
