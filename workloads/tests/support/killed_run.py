"""A load in a process of its own that is killed by SIGKILL, at a moment that its test chooses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lakehouse_jobs.contract import parse
from lakehouse_jobs.source import Credentials
from support import session
from support.dying import dying
from support.items import DOCUMENT
from support.lake import Lake


def main() -> None:
    facts: dict[str, Any] = json.load(sys.stdin)
    spark = session.start(Path(facts["warehouse"]))
    credentials = Credentials(**facts["credentials"])
    contracts = [parse(DOCUMENT, "items.yaml")]
    lake = Lake(spark, Path(facts["folder"]), credentials, contracts, number=facts["number"])
    with dying(spark, facts["after"]):
        lake.ingest(facts["runId"])


main()
