"""Play a campaign: `python -m exactly_once --seeds 5`; `npm run verify:exactly-once` installs what it needs."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import NoReturn

from exactly_once import campaign, settings
from exactly_once.exceptions import VerifyError
from exactly_once.scene import SINKS


def main() -> int:
    """0: nothing was lost or doubled; 1: something was; 2: the suite could not run; 128 + the signal's number."""
    parser = argparse.ArgumentParser(
        prog="exactly_once", description="Ends streams at every point and counts what is left."
    )
    parser.add_argument("--seeds", type=int, required=True, help="how many seeds are played, from 1 on")
    parser.add_argument("--sink", choices=SINKS, action="append", help="only this sink")
    parser.add_argument("--shard", default="1/1", help="i/n: every n-th seed, from the i-th on")
    parser.add_argument("--journal", type=Path, help="a file to go on from")
    parser.add_argument("--report", type=Path, help="a Markdown file; the JSON goes beside it")
    parser.add_argument("--break", dest="broken", choices=["token"], help="break what protects, to see it found")
    given = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    index, of = (int(part) for part in given.shard.split("/"))
    plan = campaign.Plan(given.seeds, tuple(given.sink or SINKS), (index, of), given.broken == "token")
    try:
        return campaign.play(settings.load(), plan, given.journal, given.report)
    except VerifyError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _interrupted(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
