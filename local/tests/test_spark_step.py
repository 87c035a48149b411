"""A real Spark step: `spark-submit` on the release's jars, files at s3://, rows in an Iceberg table."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.everything import everything
from tests.support import Endpoint, setting, until
from tests.templates import bucket_and_database, field, iceberg_table, ref
from tests.test_stacks import table_of

pytestmark = pytest.mark.spark

JOB = """
import sys
import shared
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
path, table, end = sys.argv[1:4]
if table == "none":
    raise ValueError(shared.COMPLAINT)
spark.range(10).selectExpr("cast(id as int) id", "cast(id % 3 as string) word").write.parquet(path)
spark.read.parquet(path).writeTo(table).append()
words = spark.sparkContext.parallelize([1]).map(lambda _: shared.COMPLAINT + open("words/word.txt").read()).collect()
print("rows", spark.table(table).count(), open("words/word.txt").read(), words)
if end == "stop":
    spark.stop()
"""
NEW, SAME = "in a new JVM", "in the JVM of an application before"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint with the Spark that LAKEHOUSE_SPARK_HOME and LAKEHOUSE_SPARK_JARS name."""
    home, jars = setting("LAKEHOUSE_SPARK_HOME"), setting("LAKEHOUSE_SPARK_JARS")
    python = os.environ.get("LAKEHOUSE_SPARK_PYTHON", sys.executable)
    java = os.environ.get("JAVA_HOME")
    classes = setting("LAKEHOUSE_SPARK_CLASSES")
    runtime = {"sparkHome": home, "python": python, "javaHome": java, "jars": [jars], "classes": classes}
    spark = {**runtime, "driverMemory": "1g"}
    endpoint = Endpoint(tmp_path / "endpoint", spark=spark)
    yield endpoint
    endpoint.stop()


def test_a_step_writes_files_and_a_table_that_any_client_reads(running: Endpoint, tmp_path: Path) -> None:
    columns = [field(1, "id", "int"), field(2, "word", "string")]
    table = iceberg_table(ref("Database"), "events", {"Fn::Sub": "s3://${Lake}/events"}, columns)
    resources = {**bucket_and_database(), "Events": table}
    encrypted = everything(running)["Resources"]
    resources["Key"] = encrypted["Key"]
    resources["Lake"]["Properties"]["BucketEncryption"] = encrypted["Bucket"]["Properties"]["BucketEncryption"]
    assert running.deploy("lake", {"Resources": resources}) == "CREATE_COMPLETE", running.why("lake")
    for name, inside, text in (
        ("jobs.zip", "shared.py", "COMPLAINT = 'asked to'"),
        ("words0.zip", "word.txt", "hello"),
        ("words1.zip", "word.txt", "again"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(inside, text)
        running.upload(name, (tmp_path / name).read_bytes())
    running.upload("job.py", JOB.encode())
    catalog = "spark.sql.catalog.glue_catalog"
    defaults = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    }
    emr = running.client("emr")
    cluster = emr.run_job_flow(
        Name="c",
        ReleaseLabel="emr-7.14.0",
        LogUri="s3://test-assets/logs/",
        Instances={"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1, "MasterInstanceType": "m5.xlarge"},
        Configurations=[
            {"Classification": "iceberg-defaults", "Properties": {"iceberg.enabled": "true"}},
            {"Classification": "delta-defaults", "Properties": {"delta.enabled": "true"}},
            {"Classification": "spark-defaults", "Properties": defaults},
        ],
    )["JobFlowId"]
    options = ["--py-files", "s3://test-assets/jobs.zip"]
    options += ["--conf", "spark.driver.extraJavaOptions=-Xlog:class+load:file=classes.log"]
    events = "glue_catalog.silver.events"
    targets = ((events, "stop"), (events, "stay"), (events, "stop"), ("none", "stop"), (events, "stop"))
    steps = [
        {
            "Name": target,
            "ActionOnFailure": "CONTINUE",
            "HadoopJarStep": {
                "Jar": "command-runner.jar",
                "Args": [
                    *("spark-submit", "--deploy-mode", "cluster", *options),
                    *("--archives", f"s3://test-assets/words{number % 2}.zip#words"),
                    *("s3://test-assets/job.py", f"s3://lake-of-tests/landing{number}", target, end),
                ],
            },
        }
        for number, (target, end) in enumerate(targets)
    ]
    good, stays, after, bad, last = emr.add_job_flow_steps(JobFlowId=cluster, Steps=steps)["StepIds"]

    def status(step: str) -> dict[str, object]:
        found: dict[str, object] = emr.describe_step(ClusterId=cluster, StepId=step)["Step"]["Status"]
        return found

    until(lambda: status(last)["State"] in ("FAILED", "COMPLETED"), 240, "the end of all steps")
    for step in (good, stays, after, last):
        assert status(step)["State"] == "COMPLETED", status(step)
    assert status(bad)["State"] == "FAILED"
    assert status(bad)["FailureDetails"]["Message"] == "ValueError: asked to"  # type: ignore[index]
    rows = table_of(running, "silver", "events").scan().to_arrow()
    assert rows.num_rows == 40
    keys = [item["Key"] for item in running.client("s3").list_objects_v2(Bucket="lake-of-tests")["Contents"]]
    assert any(key.startswith("landing0/part-") for key in keys)
    assert not any("_temporary" in key or "__magic" in key for key in keys)
    folders = running.state / "state" / "steps" / cluster
    assert "rows 10 hello ['asked tohello']" in (folders / good / "stdout").read_text()
    assert "rows 20 again ['asked toagain']" in (folders / stays / "stdout").read_text()
    # one that leaves its Spark context running, or fails, takes its JVM with it
    jvms = [(folders / step / "controller").read_text().splitlines()[1] for step in (good, stays, after, bad, last)]
    assert jvms == [NEW, SAME, NEW, SAME, NEW]
    for step in (good, stays):
        text = (folders / step / "stderr").read_text()
        assert text.count("Running Spark version") == 1
        assert text.count("Successfully stopped SparkContext") == (step == good)
    [loaded, *_] = [
        file.read_text().splitlines() for file in (running.state / "state" / "drivers").rglob("classes.log")
    ]
    assert sum("shared objects file (top)" in line for line in loaded) > len(loaded) / 2, (
        "not read from the recorded classes"
    )
