"""One step's operating system process: in a group of its own, so that all of it can be ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

from emulator.jobs.launch import Launch

GRACE_SECONDS = 3.0
"""How long a process group may take to end after SIGTERM before SIGKILL."""


class StepProcess:
    """A running step; `stop` may be called from any thread.

    `one_log`: all it prints goes to `stdout`, as a Python application's does in a JVM of Spark, which has `stderr`.
    """

    def __init__(self, launch: Launch, work: Path, *, one_log: bool = False) -> None:
        self.stopped = False
        self._ended = threading.Event()
        with (work / "stdout").open("wb") as out, (work / "stderr").open("ab") as err:
            self._process = subprocess.Popen(
                launch.argv,
                cwd=work,
                env=launch.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out if one_log else err,
                start_new_session=True,
            )

    def wait(self, timeout: float) -> int:
        """The exit code; raises `subprocess.TimeoutExpired` after `timeout` seconds, the group ended."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
            raise
        finally:
            # what the application left behind in its group goes with it
            self._signal(signal.SIGKILL)
            self._ended.set()

    def stop(self) -> None:
        """Ask the group to end, then end it."""
        self.stopped = True
        self._signal(signal.SIGTERM)
        if not self._ended.wait(GRACE_SECONDS):
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
