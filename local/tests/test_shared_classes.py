"""What is left where Spark's classes cannot be recorded; that drivers use them is in `test_spark_step`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emulator.config import EmulatorConfig, SparkConfig
from emulator.exceptions import EmulatorError
from emulator.jobs import shared_classes


def scripted(folder: Path, submit: str) -> EmulatorConfig:
    """A configuration whose `spark-submit` is a script."""
    (folder / "bin").mkdir()
    (folder / "bin/spark-submit").write_text(f"#!/bin/bash\n{submit}\n")
    (folder / "bin/spark-submit").chmod(0o755)
    spark = SparkConfig(folder, Path("/python"), None, (), classes=folder / "classes/spark.jsa")
    return EmulatorConfig(9, folder / "state", spark=spark)


def left(folder: Path) -> list[str]:
    """The names beside the recorded classes."""
    return sorted(path.name for path in (folder / "classes").iterdir())


def test_an_application_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    config = scripted(tmp_path, "echo 'java.io.IOException: full' >&2; exit 1")
    with pytest.raises(EmulatorError, match=r"'spark' must be able to run an application, got .*IOException: full"):
        shared_classes.record(config)
    assert left(tmp_path) == []


def test_a_runtime_that_cannot_record_is_no_error(tmp_path: Path) -> None:
    shared_classes.record(scripted(tmp_path, "exit 0"))
    assert left(tmp_path) == []


def test_what_is_recorded_is_all_that_is_left(tmp_path: Path) -> None:
    recording = r"""[[ "$*" =~ ArchiveClassesAtExit=([^ ]*) ]] && echo classes > "${BASH_REMATCH[1]}" """
    config = scripted(tmp_path, recording)
    shared_classes.record(config)
    assert left(tmp_path) == ["spark.jsa"]


@pytest.mark.parametrize("is_configured", [False, True])
def test_a_configuration_without_a_file_is_refused(tmp_path: Path, is_configured: bool) -> None:
    config = scripted(tmp_path, "exit 0")
    spark = replace(config.spark, classes=None) if config.spark and is_configured else None
    with pytest.raises(EmulatorError, match=r"'spark\.classes' must be configured"):
        shared_classes.record(replace(config, spark=spark))
