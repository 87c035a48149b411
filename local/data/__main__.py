"""``python -m data advance --until 2013-02-01T00:00:00Z``: brings the source database to a moment.

An empty database is laid out first. The connection comes from libpq's variables; the password from the file that
``PGPASSFILE`` names, never from an argument.

Prints a line of JSON: ``{"until": …, "tables": {"flights": {"inserted": n, "updated": n}, …}}``.
"""

import argparse
import json
import sys

import pandas as pd
import psycopg

from data.exceptions import DataError
from data.load import advance, create


def moment(text: str) -> pd.Timestamp:
    """A moment with a time zone, in UTC.

    Raises:
        DataError: it is no moment or has no time zone.
    """
    try:
        parsed = pd.Timestamp(text)
    except ValueError:
        raise DataError("--until", "a moment like 2013-02-01T00:00:00Z", text, "correct it") from None
    if not isinstance(parsed, pd.Timestamp) or parsed.tzinfo is None:
        raise DataError("--until", "a moment with a time zone", text, "add Z for UTC")
    return parsed.tz_convert("UTC")


def main(arguments: list[str]) -> int:
    """Runs the command; 0 when the database is at the moment."""
    parser = argparse.ArgumentParser(prog="python -m data", description="the source database of the local environment")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("advance", help="insert and update what changed up to a moment")
    verb.add_argument("--until", required=True, help="for example 2013-02-01T00:00:00Z")
    options = parser.parse_args(arguments)
    try:
        until = moment(options.until)
        with psycopg.connect() as connection:
            if connection.execute("select to_regclass('loader.clock')").fetchone() == (None,):
                create(connection)
            moved = advance(connection, until)
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    tables = {row.table: {"inserted": row.inserted, "updated": row.updated} for row in moved}
    sys.stdout.write(json.dumps({"until": until.isoformat(), "tables": tables}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
