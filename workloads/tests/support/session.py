"""The Spark session of the tests: what the EMR release ships, plus the jars the job declares."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

from lakehouse_jobs.engines import DELTA_SETTINGS
from lakehouse_jobs.session import SETTINGS, STREAM_SETTINGS, activate, remember_classes
from support.needed import absent

_JVM = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC -Xms1g -Xmn600m -XX:MetaspaceSize=256m"
    " -Djdk.lang.Process.launchMechanism=VFORK -Dderby.system.home={temporary}"
    + (" -XX:+UseTransparentHugePages" if sys.platform == "linux" else "")
)
"""
With C1 alone: nothing here runs for long enough to earn back what C2 takes to compile it, which is a quarter of the CPU
of all these tests. A heap that begins large, and large pages for it, are another thirtieth.
VFORK starts what Hadoop runs without a helper.
"""


_PLAIN_FILES = """
public class PlainFiles extends org.apache.hadoop.fs.LocalFileSystem {
  public PlainFiles() {
    super(new org.apache.hadoop.fs.RawLocalFileSystem() {
      public void setPermission(org.apache.hadoop.fs.Path path, org.apache.hadoop.fs.permission.FsPermission mode) {}
    });
    setWriteChecksum(false);
    setVerifyChecksum(false);
  }
}
"""
"""Files as an object store has them. For Hadoop's own it starts `chmod` for each file and folder that it makes, a dozen
times a second, and writes a file of checksums beside each."""


def jars() -> list[str]:
    """The jars in the folders of LAKEHOUSE_SPARK_JARS and LAKEHOUSE_JOB_JARS; absent: skipped, under CI failed."""
    folders = [
        folder
        for name in ("LAKEHOUSE_SPARK_JARS", "LAKEHOUSE_JOB_JARS")
        for folder in os.environ.get(name, "").split(",")
        if folder
    ]
    found = [str(jar) for folder in folders for jar in sorted(Path(folder).glob("*.jar"))]
    names = " ".join(Path(jar).name for jar in found)
    if "iceberg-spark-runtime" in names and "postgresql" in names:
        return found
    message = f"'LAKEHOUSE_SPARK_JARS, LAKEHOUSE_JOB_JARS' must hold Iceberg and the driver, got {names!r}; set them"
    return absent(message)


def start(warehouse: Path) -> SparkSession:
    """A session whose catalog `glue_catalog` is a Hadoop catalog in `warehouse`."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        f"--master local[2] --driver-memory 2g --driver-class-path {':'.join(jars())}"
        f" --driver-java-options '{_JVM.format(temporary=warehouse)}' pyspark-shell"
    )
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        # the same queries come again with every test, and Spark remembers the code of a hundred
        "spark.sql.codegen.cache.maxEntries": "3000",
        # by itself Spark writes checkpoints not by `PlainFiles`, and starts `readlink` a dozen times for each batch
        "spark.sql.streaming.checkpointFileManagerClass": (
            "org.apache.spark.sql.execution.streaming.FileSystemBasedCheckpointFileManager"
        ),
        **SETTINGS,
        **STREAM_SETTINGS,
        **DELTA_SETTINGS,
        "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.glue_catalog.type": "hadoop",
        "spark.sql.catalog.glue_catalog.warehouse": str(warehouse / "warehouse"),
        "spark.sql.warehouse.dir": str(warehouse / "spark-warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
    }
    _write_plain_files()
    builder = SparkSession.builder.appName("tests")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    remember_classes(spark)
    return spark


def _write_plain_files() -> None:
    """Let Hadoop find its file system of `file:` among those that it keeps, of which each process has one."""
    SparkContext._ensure_initialized()
    jvm: Any = SparkContext._jvm
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.cook(_PLAIN_FILES)
    settings = jvm.org.apache.hadoop.conf.Configuration()
    settings.setClassLoader(compiler.getClassLoader())
    settings.set("fs.file.impl", "PlainFiles")
    jvm.org.apache.hadoop.fs.FileSystem.get(jvm.java.net.URI.create("file:///"), settings)


def another(spark: SparkSession) -> SparkSession:
    """A session with settings of its own, as another driver has; this thread uses it from now on."""
    made = spark.newSession()
    activate(made)
    return made
