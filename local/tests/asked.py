"""A process of another Python environment that answers questions; see `orchestrators/protocol.py`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support import LOCAL, REGION


class AskedError(AssertionError):
    """The problem it answered."""


class Asked:
    """A running process."""

    def __init__(self, python: Path, module: str, log: Path, environment: dict[str, str]) -> None:
        self._log = log
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIRFLOW", "PREFECT"))
        }
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(python), "-m", module],
                cwd=log.parent,
                env={**kept, "PYTHONPATH": str(LOCAL), "PYTHONDONTWRITEBYTECODE": "1", **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """What it wrote beside its answers."""
        return self._log.read_text()

    def ask(self, do: str, **arguments: Any) -> Any:
        """The answer to a question."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps({'do': do, **arguments})}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            message = json.loads(line)
            if "problem" in message:
                raise AskedError(message["problem"])
            if "answer" in message:
                return message["answer"]
        raise AssertionError(f"it ended: {self.log[-3000:]}")

    def stop(self) -> None:
        """End it, and what it started."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(20)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.stdout.close()


def towards(url: str) -> dict[str, str]:
    """The environment by which a process finds an endpoint, and nothing else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
    }
