"""`main.py redrive`: judge a stream's dead letters again, and take what keeps the contract."""

from __future__ import annotations

import argparse

from lakehouse_jobs import redrive
from lakehouse_jobs.commands.command import OK, Command, record_counts, runtime_of
from lakehouse_jobs.commands.stream import stream_job
from lakehouse_jobs.contract import load_stream
from lakehouse_jobs.session import session


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--where", required=True, help="which, as SQL over the columns of the dead letters")
    parser.add_argument("--dataset", required=True, help="the dataset that comes from a topic")
    parser.add_argument("--dry-run", action="store_true", help="only count what it would judge")


def _run(options: argparse.Namespace) -> int:
    contract = load_stream(options.contracts, options.dataset)
    runtime = runtime_of(options)
    job = stream_job(options, runtime)
    with session(f"redrive-{contract.dataset}") as spark:
        done = redrive.run(spark, job, contract, redrive.Choice(options.where, options.dry_run))
    record_counts(runtime, options, "redriven", done)
    return OK


COMMAND = Command(
    "redrive", "judge a stream's dead letters again, and take what keeps the contract", _arguments, _run, True
)
