"""What an EMR cluster's `Configurations` and release give every step: settings, environment, jars.

Source: Amazon EMR Release Guide, "Configure applications" and "Use an Iceberg cluster with Spark".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emulator.jobs.submission import Submission, apply_conf

TABLE_FORMATS = {"iceberg": "iceberg-defaults", "delta": "delta-defaults"}


def classification(configurations: list[dict[str, Any]], name: str) -> dict[str, str]:
    """The properties of one classification, later entries over earlier ones."""
    found: dict[str, str] = {}
    for entry in configurations:
        if entry.get("Classification") == name:
            found.update(entry.get("Properties") or {})
    return found


def defaults(configurations: list[dict[str, Any]]) -> Submission:
    """`spark-defaults` as the start of a submission, with the driver's environment of `spark-env`."""
    base = Submission()
    for entry in configurations:
        if entry.get("Classification") in ("spark-env", "yarn-env"):
            base.environment.update(classification(entry.get("Configurations") or [], "export"))
    for key, value in classification(configurations, "spark-defaults").items():
        apply_conf(base, key, value)
    return base


def over(base: Submission, step: Submission) -> Submission:
    """The step's submission with the cluster's defaults beneath it, as `spark-submit` ranks them."""
    step.conf = {**base.conf, **step.conf}
    step.environment = {**base.environment, **step.environment}
    step.jars = [*base.jars, *step.jars]
    step.py_files = [*base.py_files, *step.py_files]
    step.archives = [*base.archives, *step.archives]
    return step


def release_jars(folders: tuple[Path, ...], configurations: list[dict[str, Any]]) -> list[Path]:
    """The jars the release puts on the class path; a table format's only where its classification enables it."""
    off = tuple(
        f"{name}-"
        for name, section in TABLE_FORMATS.items()
        if classification(configurations, section).get(f"{name}.enabled", "").lower() != "true"
    )
    jars = [jar for folder in folders for jar in sorted(folder.glob("*.jar"))]
    return [jar for jar in jars if not (off and jar.name.startswith(off))]
