"""`main.py forward`: send a topic's records on to a topic of valid and a topic of rejected ones."""

from __future__ import annotations

import argparse

from lakehouse_jobs import forward
from lakehouse_jobs.commands.command import OK, Command, runtime_of
from lakehouse_jobs.contract import load_stream
from lakehouse_jobs.kafka import load_brokers
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.session import session


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True, help="the dataset, whose contract names the topic")
    parser.add_argument("--to", required=True, help="the topic of the records that keep the contract")
    parser.add_argument("--rejected-to", required=True, help="the topic of the others, with the reasons in a header")
    parser.add_argument(
        "--begin",
        choices=("earliest", "latest"),
        help="where the first run begins; a run whose group has no place in the topic is refused without it",
    )
    parser.add_argument("--available-now", action="store_true", help="end when everything in the topic now is sent on")
    parser.add_argument("--max-records", type=int, default=10_000, help="records in one transaction at most")


def _run(options: argparse.Namespace) -> int:
    contract = load_stream(options.contracts, options.dataset)
    job = forward.Forwarding(
        run_id=options.run_id,
        correlation_id=options.correlation_id,
        brokers=load_brokers(runtime_of(options), RetryPolicy()),
        valid_topic=options.to,
        rejected_topic=options.rejected_to,
        max_records=options.max_records,
        available_now=options.available_now,
        begin=options.begin,
    )
    with session(f"forward-{contract.dataset}") as spark:
        forward.run(spark, job, contract)
    return OK


COMMAND = Command(
    "forward", "send a topic's valid and rejected records on to topics of their own", _arguments, _run, True
)
