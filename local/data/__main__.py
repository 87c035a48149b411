"""The data of the local environment, brought to a moment.

``python -m data advance --until 2013-02-01T00:00:00Z`` brings the source database there. An empty one is laid out
first. The connection comes from libpq's variables; the password from the file that ``PGPASSFILE`` names, never from an
argument. Prints a line of JSON: ``{"until": …, "tables": {"flights": {"inserted": n, "updated": n}, …}}``.

``python -m data events --until 2013-02-01T00:00:00Z --bootstrap 127.0.0.1:9092`` sends what was reported of flights up
to there, or since another moment, to the topic of their contract; another contract may ask for more columns of a
flight. It reads the files, never the database. Prints ``{"until": …, "events": n, "duplicates": n, "corrupt": n}``.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg

from data import events, source, topic
from data.exceptions import DataError
from data.load import advance, create
from data.tables import AIRPORTS, FLIGHTS

_EXAMPLE = "2013-02-01T00:00:00Z"


def moment(name: str, text: str) -> pd.Timestamp:
    """The moment an argument names, in UTC.

    Raises:
        DataError: it is no moment or has no time zone.
    """
    try:
        parsed = pd.Timestamp(text)
    except ValueError:
        raise DataError(name, f"a moment like {_EXAMPLE}", text, "correct it") from None
    if not isinstance(parsed, pd.Timestamp) or parsed.tzinfo is None:
        raise DataError(name, "a moment with a time zone", text, "add Z for UTC")
    return parsed.tz_convert("UTC")


def main(arguments: list[str]) -> int:
    """Runs the command; 0 when the data is at the moment."""
    options = _parser().parse_args(arguments)
    try:
        done = _advance(options) if options.verb == "advance" else _events(options)
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(done) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data", description="the data of the local environment")
    verbs = parser.add_subparsers(dest="verb", required=True)
    load = verbs.add_parser("advance", help="insert and update in the database what changed up to a moment")
    tell = verbs.add_parser("events", help="send what was reported of flights up to a moment to their topic")
    for verb in (load, tell):
        verb.add_argument("--until", required=True, help=f"for example {_EXAMPLE}")
    tell.add_argument("--since", help="only what was reported after this moment")
    tell.add_argument("--bootstrap", required=True, help="host and port of a broker")
    tell.add_argument("--contract", type=Path, default=events.CONTRACT, help="another file of their contract")
    return parser


def _advance(options: argparse.Namespace) -> dict[str, Any]:
    until = moment("--until", options.until)
    with psycopg.connect() as connection:
        if connection.execute("select to_regclass('loader.clock')").fetchone() == (None,):
            create(connection)
        moved = advance(connection, until)
    tables = {row.table: {"inserted": row.inserted, "updated": row.updated} for row in moved}
    return {"until": until.isoformat(), "tables": tables}


def _events(options: argparse.Namespace) -> dict[str, Any]:
    until = moment("--until", options.until)
    since = None if options.since is None else moment("--since", options.since)
    told = events.Topic.read(options.contract)
    records = events.sent_between(source.read(FLIGHTS), source.read(AIRPORTS), told, (since, until))
    topic.send(records, told.name, options.bootstrap)
    kinds = records["kind"].value_counts()
    counts = {plural: int(kinds.get(kind, 0)) for kind, plural in events.KINDS.items()}
    return {"until": until.isoformat(), **counts}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
