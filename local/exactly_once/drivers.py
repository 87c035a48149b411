"""The drivers of a run: one streams, a spare is warm, and takes over in the time it takes to tell it."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.config import EmulatorConfig, SparkConfig
from emulator.jobs import launch
from emulator.jobs.submission import Submission, apply_conf
from exactly_once.endpoint import REGION
from exactly_once.exceptions import StuckError
from exactly_once.processes import Process, until
from exactly_once.settings import ROOT, Tools

_READY_SECONDS = 120
_LEAVE_SECONDS = 90
_MEMORY = "1200m"
_SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.streaming.pollingDelay": "100ms",
    "spark.ui.showConsoleProgress": "false",
}


@dataclass(frozen=True)
class Launcher:
    """How drivers are started: on these tools, with the settings of the stack, through the proxy."""

    tools: Tools
    defaults: dict[str, str]
    port: int
    folder: Path
    java_options: str = ""
    classes: Path | None = None

    def start(self, number: int, *, delta: bool = False) -> Driver:
        """Start a driver, for Delta tables or those of the catalog; it is warm some seconds later."""
        submission = Submission(application="driver")
        for key, value in {**self.defaults, **_SETTINGS, launch.JAVA_OPTIONS: self.java_options}.items():
            apply_conf(submission, key, value)
        found = sorted(jar for folder in self.tools.jars for jar in folder.glob("*.jar"))
        work = self.folder / f"driver-{number}"
        work.mkdir(parents=True)
        endpoint = EmulatorConfig(port=self.port, state_dir=work, region=REGION)
        tools = self.tools
        spark = SparkConfig(
            tools.spark_home, tools.jobs_python, tools.java_home, (), driver_memory=_MEMORY, classes=self.classes
        )
        built = launch.build(endpoint, spark, submission, found, work)
        environment = {
            **built.environment,
            "PYSPARK_SUBMIT_ARGS": f"{shlex.join(built.argv[1:-1])} pyspark-shell",
            "PYTHONPATH": f"{ROOT / 'local'}:{ROOT / 'workloads/jobs'}",
        }
        argv = [str(self.tools.jobs_python), "-m", "exactly_once.driver", *(["delta"] if delta else [])]
        return Driver(argv, work.with_suffix(".log"), environment)


class Driver:
    """A driver, from without."""

    def __init__(self, argv: list[str], log: Path, environment: dict[str, str]) -> None:
        self.process = Process(argv, log, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ready = False
        self.error = ""
        threading.Thread(target=self._listen, daemon=True).start()

    def stream(self, **order: Any) -> None:
        """Have it stream, as soon as it is warm."""
        self._order({"do": "stream", **order})

    def arm(self, seam: str, hits: int = 1, *, stop: bool = False) -> None:
        """Have it killed, or stopped, at a seam."""
        self._order({"do": "arm", "seam": seam, "hits": hits, "stop": stop})

    @property
    def ended(self) -> bool:
        """Whether it is gone, or its stream has failed."""
        return self.process.ended or bool(self.error)

    @property
    def stopped(self) -> bool:
        """Whether it stands still."""
        return not self.process.ended and self.process.is_stopped()

    def pause(self) -> None:
        """Have it stand still wherever it is, and see it so."""
        self.process.signal(signal.SIGSTOP)
        until(lambda: self.stopped, 10, "the stop of a driver")

    def resume(self) -> None:
        """Let it go on."""
        self.process.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()

    def leave(self) -> None:
        """Let it end in order, and see it gone."""
        self._order({"do": "leave"})
        until(lambda: self.process.group_ended, _LEAVE_SECONDS, "the end of a driver")

    def wait_until_ready(self) -> None:
        """Wait until it is warm.

        Raises:
            VerifyError: it ended instead.
        """
        self.process.wait_until(lambda: self.ready, _READY_SECONDS, "a driver")

    def _order(self, order: dict[str, Any]) -> None:
        try:
            self.process.pipes.stdin.write(f"{json.dumps(order)}\n".encode())
            self.process.pipes.stdin.flush()
        except BrokenPipeError as error:
            raise StuckError(f"a driver has ended: {self.process.last_words()}") from error

    def _listen(self) -> None:
        for line in self.process.pipes.stdout:
            told = json.loads(line)
            if told["told"] == "ready":
                self.ready = True
            elif told["told"] == "failed":
                self.error = told["error"]
