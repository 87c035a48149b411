"""Reads Iceberg tables of an endpoint for the integration test, independently of the jobs that wrote them.

compare: `exceptAll` both ways between two databases, run columns aside.
rows:    the rows of one table as JSON, for some columns and an optional filter.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog

# What differs between two runs of the same data by design.
RUN_COLUMNS = frozenset({"_extracted_at", "_run_id", "_batch_token"})


def catalog(endpoint: str) -> Catalog:
    return load_catalog(
        "glue",
        **{
            "type": "glue",
            "glue.endpoint": endpoint,
            "glue.region": "us-east-1",
            "glue.access-key-id": "test",
            "glue.secret-access-key": "test",
            "s3.endpoint": endpoint,
            "s3.region": "us-east-1",
            "s3.access-key-id": "test",
            "s3.secret-access-key": "test",
            "s3.force-virtual-addressing": "false",
        },
    )


def tuples(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    names = sorted(name for name in table.column_names if name not in RUN_COLUMNS)
    return zip(*(table.column(name).to_pylist() for name in names), strict=True)


def compare(endpoint: str, left: str, right: str) -> dict[str, dict[str, int]]:
    result = {}
    tables = catalog(endpoint)
    for identifier in sorted(tables.list_tables(left)):
        name = identifier[-1]
        a = Counter(tuples(tables.load_table((left, name)).scan().to_arrow()))
        b = Counter(tuples(tables.load_table((right, name)).scan().to_arrow()))
        result[name] = {
            "rows": sum(a.values()),
            "onlyLeft": sum((a - b).values()),
            "onlyRight": sum((b - a).values()),
        }
    return result


def rows(endpoint: str, database: str, table: str, columns: list[str], where: str | None) -> dict[str, Any]:
    loaded = catalog(endpoint).load_table((database, table))
    found = loaded.scan(row_filter=where or "true", selected_fields=tuple(columns)).to_arrow()
    snapshot = loaded.current_snapshot()
    return {
        "columns": [field.name for field in loaded.schema().fields],
        "snapshots": len(loaded.metadata.snapshots),
        "summary": snapshot.summary.additional_properties if snapshot and snapshot.summary else {},
        "rows": found.to_pylist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    compared = commands.add_parser("compare")
    for name in ("endpoint", "left", "right"):
        compared.add_argument(name)
    listed = commands.add_parser("rows")
    for name in ("endpoint", "database", "table"):
        listed.add_argument(name)
    listed.add_argument("--columns", default="*")
    listed.add_argument("--where")
    args = parser.parse_args()
    if args.command == "compare":
        result: Any = compare(args.endpoint, args.left, args.right)
    else:
        result = rows(args.endpoint, args.database, args.table, args.columns.split(","), args.where)
    json.dump(result, sys.stdout, default=str)


if __name__ == "__main__":
    main()
