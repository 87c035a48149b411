"""The classes of Spark, read and checked once for all drivers, which start in less time with them.

The Java runtime calls it class data sharing. What it has recorded fits drivers whose class path begins with the same
jars; others start as they would without. https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html

Run as `python -m emulator.jobs.shared_classes --config emulator.json`, it writes the file that `spark.classes` names.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from emulator import config
from emulator.config import EmulatorConfig
from emulator.exceptions import EmulatorError, must
from emulator.jobs import launch, release
from emulator.jobs.submission import Submission

_APPLICATION = Path(__file__).with_name("everyday.py")
_CLUSTER = [
    {"Classification": section, "Properties": {f"{name}.enabled": "true"}}
    for name, section in release.TABLE_FORMATS.items()
]
"""What each cluster of a lakehouse enables."""


def recording(archive: Path) -> str:
    """The options by which Java writes what it has read when it ends."""
    return f"-XX:ArchiveClassesAtExit={archive} -Xlog:cds=off -Xlog:cds+dynamic=off"


def record(given: EmulatorConfig) -> None:
    """Run a Spark application that does what jobs do, and write the classes it has read to `spark.classes`.

    A runtime that cannot record writes none, which is no error: drivers start without.

    Raises:
        EmulatorError: no Spark is configured, or the application fails.
    """
    spark = given.spark
    if spark is None or spark.classes is None:
        raise EmulatorError(must("spark.classes", "configured", None, "name the file to write"))
    spark.classes.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=spark.classes.parent) as folder:
        work = Path(folder)
        (work / "tmp").mkdir()
        submission = Submission(application=str(_APPLICATION), arguments=[str(work)])
        submission.conf[launch.JAVA_OPTIONS] = recording(work / "recorded.jsa")
        jars = release.release_jars(spark.jars, _CLUSTER)
        built = launch.build(given, replace(spark, classes=None), submission, jars, work)
        done = subprocess.run(built.argv, env=built.environment, cwd=work, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise EmulatorError(must("spark", "able to run an application", done.stderr[-2000:], "install Spark anew"))
        if (work / "recorded.jsa").exists():
            (work / "recorded.jsa").rename(spark.classes)


def main() -> int:
    """Record; 2 when the configuration is not usable or Spark does not run."""
    parser = argparse.ArgumentParser(description="Record the classes of Spark for the drivers of this machine.")
    parser.add_argument(
        "--config", type=Path, required=True, help="the configuration of the endpoint, with spark.classes"
    )
    try:
        record(config.load(parser.parse_args().config))
    except EmulatorError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
