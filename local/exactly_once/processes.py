"""Processes that end with the suite, however it ends; each is a group of its own, with all that it starts."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from exactly_once.exceptions import StuckError, VerifyError

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.1
_LIBC = ctypes.CDLL(None)


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Poll until the condition gives something true, and give that.

    Raises:
        StuckError: it did not in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise StuckError(f"{what} did not happen within {seconds:g} seconds")
        time.sleep(_POLL_SECONDS)


class Process:
    """A running program, its group, and the log of what it says."""

    def __init__(self, argv: Sequence[str], log: Path, env: dict[str, str], **pipes: Any) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._popen = subprocess.Popen(
                argv,
                env=env,
                stdin=pipes.get("stdin", subprocess.DEVNULL),
                stdout=pipes.get("stdout", out),
                stderr=out,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    @property
    def pid(self) -> int:
        """Of the process, and of its group."""
        return self._popen.pid

    @property
    def pipes(self) -> Any:
        """The process as `subprocess` has it, for its standard input and output."""
        return self._popen

    @property
    def ended(self) -> bool:
        """Whether it is gone."""
        return self._popen.poll() is not None

    @property
    def group_ended(self) -> bool:
        """Whether it is gone, and all that it started."""
        if not self.ended:
            return False
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, if there still is one."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """End the group as a machine that loses its power does, and see it gone."""
        self.signal(signal.SIGKILL)
        self._popen.wait(20)

    def is_stopped(self) -> bool:
        """Whether it stands still, by SIGSTOP."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for it to be ready.

        Raises:
            VerifyError: it ended instead, with the last it said.
        """

        def looked() -> bool:
            if self.ended:
                raise VerifyError(f"{what} ended; the last it said: {self.last_words()}")
            return ready()

        until(looked, seconds, f"{what} (log: {self.log})")

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2000:]


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
