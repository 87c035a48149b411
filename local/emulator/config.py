"""The endpoint's configuration: one JSON file, checked as a whole before anything starts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.exceptions import ConfigurationError, must

DEFAULT_REGION = "us-east-1"
DEFAULT_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class SparkConfig:
    """What an EMR step runs on: a Spark home, a Python, a Java and the jars of the EMR release."""

    spark_home: Path
    python: Path
    java_home: Path | None
    jars: tuple[Path, ...]
    master: str = "local[2]"
    driver_memory: str = "3g"
    step_timeout_seconds: float = 3600.0
    classes: Path | None = None
    """The classes of Spark as `emulator.jobs.shared_classes` records them; without, drivers start slower."""
    archives: Path | None = None
    """Where what archives unpack to outlives the endpoint; without, steps of one endpoint alone share it."""


@dataclass(frozen=True)
class EmulatorConfig:
    """Where the endpoint listens (on 127.0.0.1), keeps its files, and what runs Spark; without Spark, steps fail."""

    port: int
    state_dir: Path
    region: str = DEFAULT_REGION
    account_id: str = DEFAULT_ACCOUNT
    spark: SparkConfig | None = None
    kafka_bootstrap: str | None = None
    """Host and port of the broker that stands for every MSK cluster; without one, topics are only kept."""

    @property
    def endpoint(self) -> str:
        """The URL clients use; a host name would make virtual-host bucket names unresolvable."""
        return f"http://127.0.0.1:{self.port}"


def load(path: Path) -> EmulatorConfig:
    """Read and check the file; raises `ConfigurationError` naming every problem at once."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(must("--config", "a readable JSON file", str(path), str(error))) from error
    if not isinstance(raw, dict):
        raise ConfigurationError(must("--config", "a JSON object", raw, "see local/emulator/config.py"))
    problems = _problems(raw)
    if problems:
        raise ConfigurationError(f"{len(problems)} problems in {path}:\n" + "\n".join(f"  - {p}" for p in problems))
    return EmulatorConfig(
        port=raw["port"],
        state_dir=Path(raw["stateDir"]),
        region=raw.get("region", DEFAULT_REGION),
        account_id=raw.get("accountId", DEFAULT_ACCOUNT),
        spark=_spark(raw["spark"]) if raw.get("spark") else None,
        kafka_bootstrap=raw.get("kafkaBootstrap"),
    )


def _problems(raw: dict[str, Any]) -> list[str]:
    found = []
    port = raw.get("port")
    if not isinstance(port, int) or not 0 < port < 65536:
        found.append(must("port", "a number from 1 to 65535", port, "give the port to listen on"))
    if not isinstance(raw.get("stateDir"), str):
        found.append(must("stateDir", "a path", raw.get("stateDir"), "give a folder for logs and step files"))
    account = raw.get("accountId", DEFAULT_ACCOUNT)
    if not (isinstance(account, str) and len(account) == 12 and account.isdigit()):
        found.append(must("accountId", "12 digits", account, f"leave it out for {DEFAULT_ACCOUNT}"))
    bootstrap = raw.get("kafkaBootstrap")
    if bootstrap is not None and not re.fullmatch(r"127\.0\.0\.1:\d{1,5}", str(bootstrap)):
        remedy = "give 127.0.0.1 and the port of the broker, or leave it out"
        found.append(must("kafkaBootstrap", "an address on the loopback interface", bootstrap, remedy))
    spark = raw.get("spark") or {}
    for key in ("sparkHome", "python") if spark else ():
        if not Path(str(spark.get(key, ""))).exists():
            found.append(must(f"spark.{key}", "an existing path", spark.get(key), "set up the spark environment first"))
    found.extend(
        must("spark.jars", "folders that exist", jar, "set up the release jars first")
        for jar in spark.get("jars") or []
        if not Path(jar).is_dir()
    )
    return found


def _spark(raw: dict[str, Any]) -> SparkConfig:
    return SparkConfig(
        spark_home=Path(raw["sparkHome"]),
        python=Path(raw["python"]),
        java_home=Path(raw["javaHome"]) if raw.get("javaHome") else None,
        jars=tuple(Path(jar) for jar in raw.get("jars") or []),
        master=raw.get("master", "local[2]"),
        driver_memory=raw.get("driverMemory", "3g"),
        step_timeout_seconds=float(raw.get("stepTimeoutSeconds", 3600)),
        classes=Path(raw["classes"]) if raw.get("classes") else None,
        archives=Path(raw["archives"]) if raw.get("archives") else None,
    )
