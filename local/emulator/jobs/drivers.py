"""The JVMs of Spark that Python applications run in, one application after the other.

A JVM that has run an application has read, checked and compiled most of what the next one needs, which then takes some
three fifths of the time. It is given another application only

- for which it would have been started the same: the same class path, settings, environment and Python files;
- when the one before ended well, and had stopped its Spark context, as the JVM's log tells.

All others start a JVM of their own, and it ends with them. On a cluster each application has its own: nothing may rest
on what an application left in its JVM.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from emulator.config import EmulatorConfig, SparkConfig
from emulator.exceptions import EmulatorError, must
from emulator.jobs import launch
from emulator.jobs.launch import Gateway, Launch
from emulator.jobs.process import GRACE_SECONDS
from emulator.jobs.submission import Submission

IDLE_SECONDS = 300.0
"""How long a JVM is kept that nothing runs in."""
_GATEWAY = Path(__file__).with_name("gateway.py")
_START_SECONDS = 120.0
_STARTED, _STOPPED = b"INFO SparkContext: Running Spark version", b"INFO SparkContext: Successfully stopped"
_SETTLE_SECONDS = 2.0
"""How long what an application's JVM has written may take to be read."""
_SYMBOL = Path("/driver")
"""Stands for the folder of a JVM where it is compared with another."""


class Driver:
    """A JVM. What it writes goes to the log of the application that it was begun for."""

    def __init__(self, started_by: Launch, folder: Path) -> None:
        self._lock = threading.Lock()
        self._log: IO[bytes] | None = None
        self._contexts = self._stops = 0
        self._folder, self._links = folder, set[str]()
        self._connection = folder / "connection.json"
        self._process = subprocess.Popen(
            [*started_by.argv, str(_GATEWAY), str(self._connection)],
            cwd=folder,
            env=started_by.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name=folder.name, daemon=True)

    def start(self) -> None:
        """Wait until the JVM listens.

        Raises:
            EmulatorError: it ended, or takes too long.
        """
        self._reader.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._connection.exists():
            if not self.is_alive() or time.monotonic() > deadline:
                raise EmulatorError(must("spark-submit", "able to start a JVM", "none", "see the log of the step"))
            time.sleep(0.02)
        found = json.loads(self._connection.read_text(encoding="utf-8"))
        self._connection.unlink()
        self.gateway = Gateway(found["port"], found["secret"])

    def is_alive(self) -> bool:
        """Whether the JVM runs."""
        return self._process.poll() is None

    def begin(self, log: Path, links: dict[str, Path]) -> None:
        """From now on the JVM writes to this log, and finds under these names what archives were unpacked to."""
        # workers of Python are started by the JVM for each application, and look for modules where it was started
        for name in self._links - links.keys():
            (self._folder / name).unlink()
        for name, unpacked in links.items():
            (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / name).unlink(missing_ok=True)
            (self._folder / name).symlink_to(unpacked)
        self._links = set(links)
        with self._lock:
            self._log, self._contexts, self._stops = log.open("ab"), 0, 0

    def is_free(self) -> bool:
        """Whether the application, which has ended, had stopped its Spark context; the log is closed then."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while self._contexts > self._stops and time.monotonic() < deadline:
            time.sleep(0.01)
        with self._lock:
            self._close()
            return 0 < self._contexts == self._stops and self.is_alive()

    def end(self) -> None:
        """Ask the JVM and what it started to end, then end them."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_SECONDS)
        with self._lock:
            self._close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with self._lock:
                    self._contexts += _STARTED in line
                    self._stops += _STOPPED in line
                    if self._log is not None:
                        self._log.write(line)
                        self._log.flush()

    def _close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None


@dataclass
class Lease:
    """A JVM that an application has: whether another had it before, whether the application has ended well."""

    driver: Driver
    again: bool
    ended_well: bool = False


class Drivers:
    """Gives applications their JVMs; the last one that became free is kept for a while."""

    def __init__(self, config: EmulatorConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._free: tuple[Launch, Driver] | None = None
        self._timer: threading.Timer | None = None
        self._running: set[Driver] = set()

    @contextmanager
    def driver(self, spark: SparkConfig, submission: Submission, jars: list[Path], log: Path) -> Iterator[Lease]:
        """A JVM for an application, for as long as the block; it writes to this log."""
        kind = launch.driver_of(self._config, spark, submission, jars, _SYMBOL)
        driver = self._take(kind)
        lease = Lease(driver or self._made(spark, submission, jars), again=driver is not None)
        try:
            lease.driver.begin(log, submission.links)
            if not lease.again:
                lease.driver.start()
            yield lease
        finally:
            well = lease.ended_well and lease.driver.is_free()
            self._swap((kind, lease.driver)) if well else self._end(lease.driver)

    def stop(self) -> None:
        """End every JVM."""
        self._swap(None)
        with self._lock:
            running = list(self._running)
        for driver in running:
            self._end(driver)

    def _take(self, kind: Launch) -> Driver | None:
        with self._lock:
            if self._free is None or self._free[0] != kind or not self._free[1].is_alive():
                return None
            (_, driver), self._free = self._free, None
        return driver

    def _made(self, spark: SparkConfig, submission: Submission, jars: list[Path]) -> Driver:
        folders = self._config.state_dir / "drivers"
        folders.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=folders))
        (folder / "tmp").mkdir()
        driver = Driver(launch.driver_of(self._config, spark, submission, jars, folder), folder)
        with self._lock:
            self._running.add(driver)
        return driver

    def _end(self, driver: Driver) -> None:
        driver.end()
        with self._lock:
            self._running.discard(driver)

    def _swap(self, free: tuple[Launch, Driver] | None) -> None:
        with self._lock:
            before, self._free = self._free, free
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if free is not None:
                self._timer = threading.Timer(IDLE_SECONDS, self._swap, (None,))
                self._timer.daemon = True
                self._timer.start()
        if before is not None:
            self._end(before[1])
