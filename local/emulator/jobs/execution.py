"""One step from its arguments to its exit code, its logs in the cluster's `LogUri`, and the reason of a failure."""

from __future__ import annotations

import gzip
import logging
import shlex
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from emulator import aws
from emulator.config import EmulatorConfig
from emulator.exceptions import EmulatorError, must
from emulator.jobs import failure, launch, release, submission
from emulator.jobs.localization import Localizer
from emulator.jobs.process import StepProcess
from emulator.jobs.submission import InvalidSubmissionError

log = logging.getLogger("emulator.jobs")

Record = dict[str, Any]
_LOGS = ("controller", "stdout", "stderr")


class StepExecution:
    """Runs one step in a working directory of its own."""

    def __init__(self, config: EmulatorConfig, cluster: Record, step: Record) -> None:
        self._config = config
        self._cluster = cluster
        self._step = step
        self.work: Path = config.state_dir / "steps" / cluster["Id"] / step["Id"]

    def run(self, started: Callable[[StepProcess], None]) -> Record | None:
        """Run to the end; gives nothing on success, else the step's `FailureDetails`."""
        self.work.mkdir(parents=True, exist_ok=True)
        message: str | None
        try:
            message = self._execute(started)
        except EmulatorError as error:
            message = str(error)
        except Exception as error:  # a step must never take its runner down
            log.exception("step %s", self._step["Id"])
            self._write("controller", traceback.format_exc())
            message = f"{type(error).__name__}: {error}"
        if message is not None:
            self._write("controller", f"step failed: {message}\n")
        log_file = self._upload()
        if message is None:
            return None
        return {"Reason": "Application failed.", "Message": message, "LogFile": log_file}

    def _execute(self, started: Callable[[StepProcess], None]) -> str | None:
        spark = self._config.spark
        if spark is None:
            raise EmulatorError(must("spark", "configured", None, "give the endpoint's configuration a spark section"))
        jar = str(self._step["Config"]["Jar"]).rsplit("/", 1)[-1]
        if jar != "command-runner.jar":
            raise InvalidSubmissionError(must("HadoopJarStep.Jar", "command-runner.jar", jar, "run it as spark-submit"))
        configurations = self._cluster.get("Configurations") or []
        parsed = release.over(release.defaults(configurations), submission.parse(self._step["Config"]["Args"]))
        Localizer(aws.client("s3"), self.work).localize(parsed)
        jars = release.release_jars(spark.jars, configurations)
        prepared = launch.build(self._config, spark, parsed, jars, self.work)
        self._write("controller", f"{shlex.join(prepared.argv)}\n")
        process = StepProcess(prepared, self.work)
        started(process)
        try:
            code = process.wait(spark.step_timeout_seconds)
        except subprocess.TimeoutExpired:
            return f"the step took longer than {spark.step_timeout_seconds:g} seconds and was ended"
        self._write("controller", f"exit code {code}\n")
        return failure.reason(self.work, code) if code else None

    def _write(self, name: str, text: str) -> None:
        with (self.work / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def _upload(self) -> str:
        """Put the logs where EMR puts them; gives the address of the step's error log."""
        prefix = f"{str(self._cluster.get('LogUri') or '').rstrip('/')}/{self._cluster['Id']}/steps/{self._step['Id']}"
        if not self._cluster.get("LogUri"):
            return str(self.work / "stderr")
        parsed = urlparse(prefix)
        for name in _LOGS:
            path = self.work / name
            content = path.read_bytes() if path.exists() else b""
            try:
                aws.client("s3").put_object(
                    Bucket=parsed.netloc, Key=f"{parsed.path.lstrip('/')}/{name}.gz", Body=gzip.compress(content)
                )
            except Exception as error:  # a log bucket that is gone must not fail the step
                log.warning("log of step %s not uploaded: %s", self._step["Id"], error)
        return f"{prefix}/stderr.gz"
