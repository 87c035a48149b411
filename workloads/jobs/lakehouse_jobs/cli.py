"""The jobs' command line: `main.py <command> --environment … --run-id … --correlation-id …` and the command's own.

The commands are in the package `commands`, a module each.
"""

from __future__ import annotations

import argparse
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from lakehouse_jobs import logging as logs
from lakehouse_jobs.commands import COMMANDS
from lakehouse_jobs.commands.command import NOT_STARTED, add_run_arguments
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.failures import translate

_LOGGER = logging.getLogger(__name__)
_RUN_ID = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{6,32}$")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a job; the exit code is 0 only when every dataset succeeded or was unchanged.

    1: a dataset failed, after all were tried, a stream ended by an error, or two views disagree. 2: the run could not
    start (arguments, runtime parameter, secret, brokers), or had nothing to compare.
    """
    logs.configure()
    options = _named(_parser().parse_args(arguments))
    command = next(command for command in COMMANDS if command.name == options.command)
    with logs.bound(correlationId=options.correlation_id, runId=options.run_id):
        try:
            _check_run_id(options.run_id)
            return command.run(options)
        except Exception as error:
            failure = translate(error)
            _LOGGER.exception("run failed", extra={"kind": failure.kind, "error": str(failure)})
            return NOT_STARTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="Jobs of the lakehouse.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        added = commands.add_parser(command.name, help=command.help)
        command.arguments(added)
        add_run_arguments(added, required=not command.names_itself)
    return parser


def _named(options: argparse.Namespace) -> argparse.Namespace:
    options.run_id = options.run_id or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    options.correlation_id = options.correlation_id or options.run_id
    return options


def _check_run_id(run_id: str) -> None:
    if not _RUN_ID.match(run_id):
        remedy = "pass a sortable id, UTC time first"
        raise ConfigurationError(problem("run-id", "look like 20130201T000000Z-0a1b2c", run_id, remedy))
