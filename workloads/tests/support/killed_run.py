"""A run in a process of its own that kills itself with SIGKILL when bronze is committed and silver is not."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from lakehouse_jobs import tables
from lakehouse_jobs.contract import parse
from lakehouse_jobs.source import Credentials
from support import session
from support.items import DOCUMENT
from support.lake import Lake


def main() -> None:
    facts: dict[str, Any] = json.load(sys.stdin)
    spark = session.start(Path(facts["warehouse"]))
    jvm: Any = spark._jvm
    virtual_machine = int(jvm.java.lang.ProcessHandle.current().pid())

    def die(*_: object) -> tables.Merge:
        os.kill(virtual_machine, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    tables.merge_silver = die  # type: ignore[assignment]
    credentials = Credentials(**facts["credentials"])
    contracts = [parse(DOCUMENT, "items.yaml")]
    lake = Lake(spark, Path(facts["folder"]), credentials, contracts, number=facts["number"])
    lake.ingest("20130301T000000Z-0a1b2c")


main()
