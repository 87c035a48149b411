"""Run the endpoint: `python -m emulator --config emulator.json`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emulator import config, server
from emulator.exceptions import EmulatorError


def main() -> int:
    """Serve until SIGTERM or SIGINT; 2 when the configuration or the installed endpoint is not usable."""
    parser = argparse.ArgumentParser(prog="emulator", description="The embedded AWS endpoint of the local lakehouse.")
    parser.add_argument(
        "--config", type=Path, required=True, help="JSON file: port, stateDir, region, accountId, spark, kafkaBootstrap"
    )
    arguments = parser.parse_args()
    try:
        server.serve(config.load(arguments.config))
    except EmulatorError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
