"""A stream in a process of its own that is killed by SIGKILL, at a moment that its test chooses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lakehouse_jobs.kafka import parse_brokers
from support import session
from support.dying import dying
from support.events import EventLake


def main() -> None:
    facts: dict[str, Any] = json.load(sys.stdin)
    spark = session.start(Path(facts["warehouse"]))
    brokers = parse_brokers({"BootstrapBrokerString": facts["bootstrap"]}, "test")
    events = EventLake(spark, Path(facts["folder"]), brokers, facts["topic"], number=facts["number"])
    with dying(spark, facts["after"]):
        events.stream()


main()
