"""Reads Iceberg tables of an endpoint for the integration test, independently of the jobs that wrote them.

compare: `exceptAll` both ways between two databases, run columns aside.
rows:    the rows of one table as JSON, for some columns and an optional filter.
history: for tables, the columns and rows as they are and as each snapshot has them; then, if given, new rows are added.
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

from tests.rows import append, read, typed
from tests.rows import history as snapshots

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


def history(endpoint: str, database: str, added: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    result = {}
    tables = catalog(endpoint)
    for name, more in added.items():
        table = tables.load_table((database, name))
        result[name] = {
            "columns": [f"{field.name} {field.field_type}" for field in table.schema().fields],
            "partition": [f"{field.name} {field.transform}" for field in table.spec().fields],
            "order": [f"{field.source_id} {field.direction} {field.null_order}" for field in table.sort_order().fields],
            "rows": read(table),
            "snapshots": list(snapshots(table).values()),
        }
        if more:
            append(table, [typed(table.schema().as_struct(), row) for row in more])
    return result


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
    told = commands.add_parser("history")
    told.add_argument("endpoint")
    told.add_argument("database")
    told.add_argument("added", type=json.loads, help='{"<table>": [rows to add]}')
    args = parser.parse_args()
    if args.command == "compare":
        result: Any = compare(args.endpoint, args.left, args.right)
    elif args.command == "history":
        result = history(args.endpoint, args.database, args.added)
    else:
        result = rows(args.endpoint, args.database, args.table, args.columns.split(","), args.where)
    json.dump(result, sys.stdout, default=str)


if __name__ == "__main__":
    main()
