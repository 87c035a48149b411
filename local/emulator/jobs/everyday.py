"""A Spark application that does a little of all that jobs do, so that the classes they need are read once."""

from __future__ import annotations

import sys
from contextlib import suppress

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f

_ABSENT = "http://127.0.0.1:9"
"""Nothing answers there: the clients of S3 and Glue are loaded, and no more."""


def main(folder: str) -> None:
    """Write and read Parquet and an Iceberg table, and ask S3 and Glue in vain."""
    spark = (
        SparkSession.builder.config(
            "spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        )
        .config("spark.sql.catalog.local", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.local.type", "hadoop")
        .config("spark.sql.catalog.local.warehouse", f"{folder}/tables")
        .config("spark.sql.catalog.remote", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.remote.catalog-impl", "org.apache.iceberg.aws.glue.GlueCatalog")
        .config("spark.sql.catalog.remote.io-impl", "org.apache.iceberg.aws.s3.S3FileIO")
        .config("spark.sql.catalog.remote.warehouse", "s3://absent/tables")
        .config("spark.sql.catalog.remote.glue.endpoint", _ABSENT)
        .config("spark.hadoop.fs.s3a.endpoint", _ABSENT)
        .config("spark.hadoop.fs.s3a.attempts.maximum", "1")
        .config("spark.hadoop.fs.s3a.retry.limit", "1")
        .getOrCreate()
    )
    rows = spark.range(1000).selectExpr(
        "cast(id as int) id",
        "cast(id % 7 as string) word",
        "timestamp_seconds(id) at",
        "cast(id as decimal(9,2)) amount",
    )
    rows.write.parquet(f"{folder}/rows")
    read = spark.read.parquet(f"{folder}/rows")
    spark.sql(
        "create table local.d.rows (id int, word string, at timestamp, amount decimal(9,2)) using iceberg"
        " partitioned by (days(at)) tblproperties ('format-version' = '2')"
    )
    read.sortWithinPartitions("at").writeTo("local.d.rows").append()
    newest = f.row_number().over(Window.partitionBy("word").orderBy(f.col("at").desc()))
    read.withColumn("n", newest).where("n = 1").drop("n").createOrReplaceTempView("newest")
    spark.sql(
        "merge into local.d.rows t using newest s on t.id = s.id"
        " when matched then update set t.amount = s.amount when not matched then insert *"
    )
    table = spark.table("local.d.rows")
    table.groupBy("word").agg(f.count("*").alias("rows"), f.sum("amount"), f.max("at")).orderBy("word").collect()
    table.join(read, "id", "left_anti").select(f.to_json(f.struct("*"))).collect()
    table.select(f.from_json(f.to_json(f.struct("id", "word")), "id int, word string").alias("json")).collect()
    spark.createDataFrame([(1, "a")], "id int, word string").cache().count()
    spark.table("local.d.rows.snapshots").collect()
    with suppress(Exception):
        spark.read.text("s3a://absent/rows").collect()
    with suppress(Exception):
        spark.sql("show namespaces in remote").collect()
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
