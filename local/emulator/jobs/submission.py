"""A `spark-submit` argument list written for YARN, taken apart.

Source: Spark 3.5 "Submitting Applications" and "Running Spark on YARN".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from emulator.exceptions import EmulatorError, must

_LISTS = {"--py-files": "py_files", "--files": "files", "--archives": "archives", "--jars": "jars"}
_DROPPED = frozenset(
    {"--master", "--deploy-mode", "--queue", "--num-executors", "--executor-memory", "--executor-cores"}
    | {"--total-executor-cores", "--driver-memory", "--driver-cores", "--principal", "--keytab", "--proxy-user"}
)
_FLAGS = frozenset({"--verbose", "-v", "--supervise"})
_KEPT = frozenset({"--class", "--name", "--packages", "--repositories", "--exclude-packages", "--driver-class-path"})
_DRIVER_ENV = ("spark.yarn.appMasterEnv.", "spark.emr-serverless.driverEnv.")
_SIZING = (
    *("spark.yarn.", "spark.dynamicAllocation.", "spark.executor.", "spark.executorEnv.", "spark.shuffle.service."),
    *("spark.driver.memory", "spark.driver.cores", "spark.master", "spark.submit.deployMode", "spark.pyspark."),
    *(
        "spark.emr.",
        "spark.emr-serverless.",
        "spark.decommissioning.",
        "spark.blacklist.",
        "spark.eventLog.",
        "spark.history.",
    ),
)


class InvalidSubmissionError(EmulatorError):
    """The step's arguments are not a `spark-submit` this runner can run."""


@dataclass
class Submission:
    """What a step submits; sizing for a cluster is left out, files are still where the step said."""

    application: str = ""
    arguments: list[str] = field(default_factory=list)
    conf: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    py_files: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    links: dict[str, Path] = field(default_factory=dict)
    """What archives were unpacked to, by the names that the application finds them under."""
    jars: list[str] = field(default_factory=list)


def parse(args: list[str]) -> Submission:
    """Take a step's arguments apart (the first is `spark-submit`); raises `InvalidSubmissionError`."""
    if not args or args[0].rsplit("/", 1)[-1] != "spark-submit":
        got = args[0] if args else None
        raise InvalidSubmissionError(must("HadoopJarStep.Args[0]", "spark-submit", got, "submit a Spark application"))
    found, rest = Submission(), list(args[1:])
    while rest and rest[0].startswith("-"):
        name = rest.pop(0)
        if name in _FLAGS:
            continue
        name, _, value = name.partition("=") if name.startswith("--") and "=" in name else (name, "", None)
        if value is None:
            if not rest:
                raise InvalidSubmissionError(must(name, "followed by a value", None, "give the option's value"))
            value = rest.pop(0)
        _option(found, name, value)
    if not rest:
        raise InvalidSubmissionError(must("application", "a script or jar", None, "name it after the options"))
    found.application, found.arguments = rest[0], rest[1:]
    return found


def _option(found: Submission, name: str, value: str) -> None:
    if name in _LISTS:
        getattr(found, _LISTS[name]).extend(item.strip() for item in value.split(",") if item.strip())
    elif name in ("--conf", "-c"):
        key, separator, setting = value.partition("=")
        if not separator:
            raise InvalidSubmissionError(must("--conf", "key=value", value, "write key=value"))
        apply_conf(found, key, setting)
    elif name in _KEPT:
        found.options.extend([name, value])
    elif name not in _DROPPED:
        raise InvalidSubmissionError(must("spark-submit option", "a known one", name, "see spark-submit --help"))


def apply_conf(found: Submission, key: str, value: str) -> None:
    """Take one setting: the driver's environment and files apart, cluster sizing dropped, the rest kept."""
    driver_env = next((prefix for prefix in _DRIVER_ENV if key.startswith(prefix)), None)
    if driver_env:
        found.environment[key.removeprefix(driver_env)] = value
    elif key in ("spark.submit.pyFiles", "spark.yarn.dist.pyFiles"):
        found.py_files.extend(value.split(","))
    elif key in ("spark.jars", "spark.yarn.dist.jars"):
        # paths of the release's own jars on an EMR node; here they are on the class path already
        found.jars.extend(
            jar for jar in value.split(",") if not jar.startswith(("/usr/", "local:/usr/", "file:///usr/"))
        )
    elif key in ("spark.archives", "spark.yarn.dist.archives"):
        found.archives.extend(value.split(","))
    elif not key.startswith(_SIZING):
        found.conf[key] = value
