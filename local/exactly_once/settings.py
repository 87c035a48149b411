"""What the suite runs on: programs, jars and templates that `npm run` or `npm test` has installed and named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulator.exceptions import must
from exactly_once.exceptions import VerifyError

ROOT = Path(__file__).resolve().parents[2]
_NAMES = {
    "jobs_python": "LAKEHOUSE_JOBS_PYTHON",
    "java_home": "JAVA_HOME",
    "kafka_jars": "LAKEHOUSE_KAFKA_JARS",
    "templates": "LAKEHOUSE_TEMPLATES",
}
_JARS = ("LAKEHOUSE_SPARK_JARS", "LAKEHOUSE_JOB_JARS")


@dataclass(frozen=True)
class Tools:
    """The Python of the jobs, Java, and folders: a broker's jars, Spark's and the jobs' jars, synthesized templates."""

    jobs_python: Path
    java_home: Path
    kafka_jars: Path
    templates: Path
    jars: tuple[Path, ...]

    @property
    def spark_home(self) -> Path:
        """Inside the Python of the jobs, where PySpark brings it."""
        return next((self.jobs_python.parents[1] / "lib").glob("python3*/site-packages/pyspark"))

    @property
    def java(self) -> list[str]:
        """The beginning of a broker's command line."""
        small = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [str(self.java_home / "bin/java"), *small, quiet, "-cp", f"{self.kafka_jars}/*"]


def load(environment: Mapping[str, str] = os.environ) -> Tools:
    """Read the variables.

    Raises:
        VerifyError: naming all that are missing.
    """
    missing = [name for name in (*_NAMES.values(), *_JARS) if not environment.get(name)]
    if missing:
        raise VerifyError(must(", ".join(missing), "set", None, "run 'npm run verify:exactly-once'"))
    jars = tuple(Path(folder) for name in _JARS for folder in environment[name].split(","))
    return Tools(**{key: Path(environment[name]) for key, name in _NAMES.items()}, jars=jars)
