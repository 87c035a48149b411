"""The local command and environment of a localized submission: one JVM, this endpoint, the release's jars.

A Python application finds the JVM that it drives by two variables, as Spark's own launcher tells it: its port on this
machine and a secret. So an application can also be given a JVM that runs already.
Source: `org.apache.spark.deploy.PythonRunner` of Spark 3.5.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from emulator.config import EmulatorConfig, SparkConfig
from emulator.jobs.submission import Submission

_FAST_START = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
"""C1 and the serial collector: a cold start takes 10 s instead of 24 on two cores, and less with recorded
classes. With C1 alone Java keeps 48 MB for compiled code, which a run of dbt fills; from then on it compiles nothing,
or fails. This is what it keeps otherwise."""
_YOUNG = "-XX:NewRatio=1"
"""Half of a heap that need not grow is for what is new, which is nearly all: a run of dbt takes a twelfth less."""
JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_CLASS_PATH = "spark.driver.extraClassPath"
_CLOUD = "org.apache.spark.internal.io.cloud"
_COMMITTER = {
    "spark.sql.sources.commitProtocolClass": f"{_CLOUD}.PathOutputCommitProtocol",
    "spark.sql.parquet.output.committer.class": f"{_CLOUD}.BindingParquetOutputCommitter",
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
}
"""Files are committed by multipart uploads, as EMR's own S3-optimized committer does: never by copies, which S3A
refuses for KMS-encrypted buckets on a plain-text endpoint."""
# the last one marks the processes of a run, so that they are found when this endpoint was killed and could not end them
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LAKEHOUSE_PUSHGATEWAY", "LAKEHOUSE_LOCAL_RUN")


@dataclass(frozen=True)
class Launch:
    """What to execute, and with which environment."""

    argv: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Gateway:
    """Where a JVM listens on this machine, and what it wants to hear first."""

    port: int
    secret: str


def build(config: EmulatorConfig, spark: SparkConfig, submission: Submission, jars: list[Path], work: Path) -> Launch:
    """The `spark-submit` of this machine for a submission whose files are local."""
    driver = driver_of(config, spark, submission, jars, work)
    return Launch([*driver.argv, submission.application, *submission.arguments], driver.environment)


def driver_of(
    config: EmulatorConfig, spark: SparkConfig, submission: Submission, jars: list[Path], work: Path
) -> Launch:
    """What starts the JVM of a submission in `work`; the application follows its arguments."""
    conf = {**_local_defaults(work), **submission.conf, **_fixed(config)}
    given = submission.conf.get(JAVA_OPTIONS, "")
    heap = f"-Xms{spark.driver_memory} {_YOUNG}"
    java_options = " ".join(filter(None, [_FAST_START, heap, _shared(spark.classes), given]))
    class_path = ":".join(str(jar) for jar in jars)
    conf.pop(JAVA_OPTIONS, None)
    conf.pop(_CLASS_PATH, None)
    argv = [str(spark.spark_home / "bin" / "spark-submit"), "--master", spark.master]
    argv += ["--driver-memory", spark.driver_memory, "--driver-java-options", java_options]
    argv += ["--driver-class-path", class_path] if class_path else []
    argv += submission.options
    for flag, paths in (("--py-files", submission.py_files), ("--files", submission.files)):
        argv += [flag, ",".join(paths)] if paths else []
    for key, value in sorted(conf.items()):
        argv += ["--conf", f"{key}={value}"]
    return Launch(argv, _environment(config, spark, submission, work))


def application_of(spark: SparkConfig, submission: Submission, work: Path, driver: Launch, gateway: Gateway) -> Launch:
    """A Python application in `work` that drives a JVM which runs already."""
    python = spark.spark_home / "python"
    modules = [*submission.py_files, str(python), *map(str, sorted((python / "lib").glob("py4j-*.zip")))]
    environment = {
        **driver.environment,
        **_temporary(work),
        "PYSPARK_GATEWAY_PORT": str(gateway.port),
        "PYSPARK_GATEWAY_SECRET": gateway.secret,
        "PYTHONPATH": ":".join(filter(None, [*modules, driver.environment.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "YES",
        "OMP_NUM_THREADS": driver.environment.get("OMP_NUM_THREADS", "1"),
    }
    return Launch([str(spark.python), submission.application, *submission.arguments], environment)


def _shared(classes: Path | None) -> str:
    """By these options Java uses what `emulator.jobs.shared_classes` has recorded, or says nothing where it cannot."""
    return f"-XX:SharedArchiveFile={classes} -Xlog:cds=off" if classes is not None and classes.exists() else ""


def _local_defaults(work: Path) -> dict[str, str]:
    """What a step or its cluster may override."""
    return {
        **_COMMITTER,
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": (work / "warehouse").as_uri(),
    }


def _fixed(config: EmulatorConfig) -> dict[str, str]:
    """Where this machine differs from a cluster; EMR's own `s3://` file system is S3A here."""
    s3a = {
        "endpoint": config.endpoint,
        "endpoint.region": config.region,
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    }
    return {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        **{f"spark.hadoop.fs.s3a.{key}": value for key, value in s3a.items()},
    }


def _environment(config: EmulatorConfig, spark: SparkConfig, submission: Submission, work: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    java = {"JAVA_HOME": str(spark.java_home)} if spark.java_home else {}
    if not java and "JAVA_HOME" in os.environ:
        java = {"JAVA_HOME": os.environ["JAVA_HOME"]}
    return {
        **inherited,
        **java,
        **submission.environment,
        "SPARK_HOME": str(spark.spark_home),
        # behind all others, so that what every class path begins with is the same
        "SPARK_DIST_CLASSPATH": ":".join(submission.jars),
        "SPARK_LOCAL_IP": "127.0.0.1",
        **_temporary(work),
        "PYSPARK_PYTHON": str(spark.python),
        "PYSPARK_DRIVER_PYTHON": str(spark.python),
        "AWS_ENDPOINT_URL": config.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": config.region,
        "AWS_DEFAULT_REGION": config.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _temporary(work: Path) -> dict[str, str]:
    return {"SPARK_LOCAL_DIRS": str(work / "tmp"), "TMPDIR": str(work / "tmp")}
