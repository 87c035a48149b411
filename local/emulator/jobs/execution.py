"""One Spark job from its arguments to its exit code, its logs in a bucket, and the reason of a failure."""

from __future__ import annotations

import gzip
import logging
import shlex
import subprocess
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from emulator import aws
from emulator.config import EmulatorConfig, SparkConfig
from emulator.exceptions import EmulatorError, must
from emulator.jobs import failure, launch, release, submission
from emulator.jobs.drivers import Drivers
from emulator.jobs.localization import Localizer
from emulator.jobs.process import StepProcess
from emulator.jobs.submission import InvalidSubmissionError, Submission

log = logging.getLogger("emulator.jobs")

Record = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What runs, in a working directory of its own; it is submitted late, so that a bad argument fails the job."""

    kind: str
    name: str
    work: Path
    submit: Callable[[], Submission]
    configurations: list[Record] = field(default_factory=list)
    log_prefix: str = ""
    """Where in S3 its logs go; nothing keeps them on this machine."""
    logs: tuple[str, ...] = ("controller", "stdout", "stderr")
    timeout_seconds: float | None = None


def step_job(config: EmulatorConfig, cluster: Record, step: Record) -> Job:
    """The job of an EMR step."""

    def submit() -> Submission:
        jar = str(step["Config"]["Jar"]).rsplit("/", 1)[-1]
        if jar != "command-runner.jar":
            raise InvalidSubmissionError(must("HadoopJarStep.Jar", "command-runner.jar", jar, "run it as spark-submit"))
        return submission.parse(step["Config"]["Args"])

    prefix = f"{str(cluster.get('LogUri') or '').rstrip('/')}/{cluster['Id']}/steps/{step['Id']}"
    return Job(
        kind="step",
        name=step["Id"],
        work=config.state_dir / "steps" / cluster["Id"] / step["Id"],
        submit=submit,
        configurations=cluster.get("Configurations") or [],
        log_prefix=prefix if cluster.get("LogUri") else "",
    )


class Execution:
    """Runs one job."""

    def __init__(self, config: EmulatorConfig, job: Job, drivers: Drivers) -> None:
        self._config = config
        self._job = job
        self._drivers = drivers

    def run(self, started: Callable[[StepProcess], None]) -> Record | None:
        """Run to the end; gives nothing on success, else `FailureDetails`."""
        self._job.work.mkdir(parents=True, exist_ok=True)
        message: str | None
        try:
            message = self._execute(started)
        except EmulatorError as error:
            message = str(error)
        except Exception as error:  # a job must never take its runner down
            log.exception("%s %s", self._job.kind, self._job.name)
            self._write("controller", traceback.format_exc())
            message = f"{type(error).__name__}: {error}"
        if message is not None:
            self._write("controller", f"{self._job.kind} failed: {message}\n")
        log_file = self._upload()
        if message is None:
            return None
        return {"Reason": "Application failed.", "Message": message, "LogFile": log_file}

    def _execute(self, started: Callable[[StepProcess], None]) -> str | None:
        spark = self._config.spark
        if spark is None:
            raise EmulatorError(must("spark", "configured", None, "give the endpoint's configuration a spark section"))
        job = self._job
        parsed = release.over(release.defaults(job.configurations), job.submit())
        archives = spark.archives or self._config.state_dir / "archives"
        Localizer(aws.client("s3"), job.work, archives).localize(parsed)
        jars = release.release_jars(spark.jars, job.configurations)
        (job.work / "tmp").mkdir(exist_ok=True)
        whole = launch.build(self._config, spark, parsed, jars, job.work)
        self._write("controller", f"{shlex.join(whole.argv)}\n")
        if not parsed.application.endswith(".py"):
            return self._ended(StepProcess(whole, job.work), started, spark)
        with self._drivers.driver(spark, parsed, jars, job.work / "stderr") as lease:
            self._write("controller", f"in {'the JVM of an application before' if lease.again else 'a new JVM'}\n")
            application = launch.application_of(spark, parsed, job.work, whole, lease.driver.gateway)
            message = self._ended(StepProcess(application, job.work, one_log=True), started, spark)
            lease.ended_well = message is None
        return message

    def _ended(self, process: StepProcess, started: Callable[[StepProcess], None], spark: SparkConfig) -> str | None:
        started(process)
        limit = min(spark.step_timeout_seconds, self._job.timeout_seconds or spark.step_timeout_seconds)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            return f"the {self._job.kind} took longer than {limit:g} seconds and was ended"
        self._write("controller", f"exit code {code}\n")
        return failure.reason(self._job.work, code) if code else None

    def _write(self, name: str, text: str) -> None:
        with (self._job.work / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def _upload(self) -> str:
        """Put the logs where EMR puts them; gives the address of the job's error log."""
        if not self._job.log_prefix:
            return str(self._job.work / "stderr")
        parsed = urlparse(self._job.log_prefix)
        for name in self._job.logs:
            path = self._job.work / name
            content = path.read_bytes() if path.exists() else b""
            try:
                aws.client("s3").put_object(
                    Bucket=parsed.netloc, Key=f"{parsed.path.lstrip('/')}/{name}.gz", Body=gzip.compress(content)
                )
            except Exception as error:  # a log bucket that is gone must not fail the job
                log.warning("log of %s %s not uploaded: %s", self._job.kind, self._job.name, error)
        return f"{self._job.log_prefix}/stderr.gz"
