"""`main.py replay`: read a part of a topic again."""

from __future__ import annotations

import argparse
from dataclasses import replace

from lakehouse_jobs import replay
from lakehouse_jobs.commands.command import OK, Command, record_counts, runtime_of
from lakehouse_jobs.commands.stream import stream_job
from lakehouse_jobs.contract import load_stream
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.session import session


def _arguments(parser: argparse.ArgumentParser) -> None:
    where = "earliest, latest, an offset of every partition, or a moment like 2013-01-10T00:00:00Z"
    parser.add_argument("--from", dest="start", required=True, help=where)
    parser.add_argument("--to", dest="end", required=True, help=f"the first that is not read: {where}")
    parser.add_argument("--max-records", type=int, default=200_000, help="records in one batch at most")
    parser.add_argument("--dataset", required=True, help="the dataset that comes from a topic")
    parser.add_argument("--dry-run", action="store_true", help="only count what it would judge")


def _run(options: argparse.Namespace) -> int:
    contract = load_stream(options.contracts, options.dataset)
    runtime = runtime_of(options)
    job = replace(stream_job(options, runtime), max_records=options.max_records)
    artifacts = runtime.bucket_uri("artifacts")
    part = replay.Part(options.start, options.end, artifacts, store_for(artifacts), options.dry_run)
    with session(f"replay-{contract.dataset}") as spark:
        done = replay.run(spark, job, contract, part)
    record_counts(runtime, options, "replayed", done)
    return OK


COMMAND = Command("replay", "read a part of a topic again", _arguments, _run, True)
