"""``python -m data.lake --database silver=lakehouse_dev_silver …``: what the lake holds, as one JSON document.

Reads the Iceberg tables through the Glue catalog, with nothing of the pipeline: a second pair of eyes on its result.
"""

import argparse
import json
import os
import sys
from typing import Any

import pandas as pd
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.table import Table

_DLQ_SUFFIX = "__dlq"


def catalog() -> Catalog:
    """The Glue catalog of the account that the environment names."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    local = (
        {"glue.endpoint": endpoint, "s3.endpoint": endpoint, "s3.force-virtual-addressing": "false"} if endpoint else {}
    )
    region = os.environ.get("AWS_REGION", "us-east-1")
    return load_catalog("lake", type="glue", **{"glue.region": region, "s3.region": region, **local})


def per_day(flights: pd.DataFrame) -> list[dict[str, Any]]:
    """Flights, cancellations and the mean departure delay in minutes of each day in New York that is over.

    A day counts when no flight of it is still only scheduled: a flight is closed when it departed, or when its last
    update is at its scheduled departure, which is how a cancellation looks.
    """
    day = pd.to_datetime(flights[["year", "month", "day"]])
    scheduled = flights["time_hour"] + pd.to_timedelta(flights["minute"], unit="m")
    departed = flights["dep_delay"].notna()
    cancelled = ~departed & (flights["updated_at"] >= scheduled)
    frame = pd.DataFrame(
        {
            "day": day.dt.strftime("%Y-%m-%d"),
            "closed": departed | cancelled,
            "cancelled": cancelled,
            "delay": flights["dep_delay"].astype("Float64"),
        }
    )
    grouped = frame.groupby("day", sort=True)
    days = grouped.agg(
        flights=("closed", "size"), closed=("closed", "all"), cancelled=("cancelled", "sum"), delay=("delay", "mean")
    )
    return [
        {
            "day": str(name),
            "flights": int(row["flights"]),
            "cancelled": int(row["cancelled"]),
            "meanDelay": None if pd.isna(row["delay"]) else round(float(row["delay"]), 2),
        }
        for name, row in days[days["closed"]].iterrows()
    ]


def rejections(dataset: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules that rows of a dataset broke, most frequent first, each with the reason of one row and that row."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for row in rows:
        for reason in row["_reasons"] or []:
            key = (reason["rule"], reason["column"])
            entry = found.setdefault(
                key,
                {
                    "dataset": dataset,
                    "rule": reason["rule"] or "",
                    "column": reason["column"] or "",
                    "message": reason["message"] or "",
                    "rows": 0,
                    "example": row["_payload"] or "",
                },
            )
            entry["rows"] += 1
    return sorted(found.values(), key=lambda entry: -int(entry["rows"]))


def describe(zone: str, name: str, table: Table) -> dict[str, Any]:
    """Rows, live files, their bytes and the snapshots of a table, from its metadata."""
    snapshot = table.current_snapshot()
    summary = snapshot.summary if snapshot is not None else None
    return {
        "zone": zone,
        "name": name,
        "rows": int(summary["total-records"] or 0) if summary else 0,
        "files": int(summary["total-data-files"] or 0) if summary else 0,
        "bytes": int(summary["total-files-size"] or 0) if summary else 0,
        "snapshots": len(table.metadata.snapshots),
    }


def read(databases: dict[str, str]) -> dict[str, Any]:
    """Everything the summary shows of the tables in the databases, by zone."""
    glue = catalog()
    lake: dict[str, Any] = {"days": [], "tables": [], "rejected": []}
    for zone, database in databases.items():
        for identifier in sorted(glue.list_tables(database)):
            name = identifier[-1]
            table = glue.load_table(identifier)
            lake["tables"].append(describe(zone, name, table))
            if name.endswith(_DLQ_SUFFIX):
                rows = table.scan(selected_fields=("_reasons", "_payload")).to_arrow().to_pylist()
                lake["rejected"] += rejections(name.removesuffix(_DLQ_SUFFIX), rows)
            elif zone == "silver" and name == "flights":
                columns = ("year", "month", "day", "dep_delay", "time_hour", "minute", "updated_at")
                lake["days"] = per_day(table.scan(selected_fields=columns).to_pandas())
    return lake


def main(arguments: list[str]) -> int:
    """Prints the document; 0 when every table could be read."""
    parser = argparse.ArgumentParser(prog="python -m data.lake", description="what the lake holds")
    parser.add_argument("--database", action="append", required=True, metavar="ZONE=NAME", help="repeat for more zones")
    options = parser.parse_args(arguments)
    databases = dict(entry.split("=", 1) for entry in options.database)
    sys.stdout.write(json.dumps(read(databases)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
