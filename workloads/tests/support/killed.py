"""Runs a script of this folder that is to be killed, and sees that it was."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from pyspark.sql import SparkSession

_FOLDER = Path(__file__).parent
_SECONDS = 120


def random_moments() -> random.Random:
    """Where moments come from; the seed is shown when the test fails."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201 (pytest shows it when the test fails)
    return random.Random(seed)


def run_killed(spark: SparkSession, script: str, facts: dict[str, object], log: Path) -> None:
    """`facts` and the folder of the session's warehouse go to the script as JSON."""
    warehouse = Path(spark.conf.get("spark.sql.catalog.glue_catalog.warehouse") or "").parent
    root = _FOLDER.parents[1]
    child = subprocess.Popen(
        [sys.executable, str(_FOLDER / script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=log.open("wb"),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(root / name) for name in ("jobs", "tests"))},
        start_new_session=True,
    )
    try:
        child.communicate(json.dumps({"warehouse": str(warehouse), **facts}).encode(), timeout=_SECONDS)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL, log.read_text()[-2000:]
