"""A stream in a process of its own that kills itself with SIGKILL when bronze is committed and silver is not."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from lakehouse_jobs.kafka import parse_brokers
from lakehouse_jobs.stream import StreamCommit
from support import session
from support.events import EventLake


def main() -> None:
    facts: dict[str, Any] = json.load(sys.stdin)
    spark = session.start(Path(facts["warehouse"]))
    jvm: Any = spark._jvm
    virtual_machine = int(jvm.java.lang.ProcessHandle.current().pid())

    def die(*_: object) -> int:
        os.kill(virtual_machine, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    StreamCommit._merge_silver = die  # type: ignore[method-assign,assignment]
    brokers = parse_brokers({"BootstrapBrokerString": facts["bootstrap"]}, "test")
    EventLake(spark, Path(facts["folder"]), brokers, facts["topic"], number=facts["number"]).stream()


main()
