"""Iceberg tables: those that the stack makes of a streamed dataset, in the Glue catalog, read by PyIceberg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from exactly_once.lake import DATASET, ZONES, Lake, Stack


@dataclass(frozen=True)
class IcebergLake(Lake):
    """A lake whose tables are in the catalog."""

    @cached_property
    def _catalog(self) -> Catalog:
        return self.endpoint.catalog()

    def create(self, stack: Stack) -> None:
        """Make bucket, databases and tables by CloudFormation."""
        super().create(stack)
        databases = {f"Database{zone.title()}": _database(name) for zone, name in self.databases.items()}
        tables = {}
        for number, body in enumerate(stack.tables()):
            zone = next(zone for zone in ZONES if zone in body["Properties"]["DatabaseName"])
            place = f"s3://{self.bucket}/{zone}/{body['Properties']['Name']}"
            tables[f"Table{number}"] = _placed(body, self.databases[zone], place, f"Database{zone.title()}")
        self.endpoint.deploy(self.name.replace("_", "-"), {"Resources": {**databases, **tables}})

    def table(self, kind: str) -> Table:
        """`bronze`, `dlq` or `silver`, as the catalog has it now."""
        zone, suffix = ("bronze", "__dlq") if kind == "dlq" else (kind, "")
        return self._catalog.load_table((self.databases[zone], f"{DATASET}{suffix}"))

    def rows(self, kind: str, *columns: str) -> list[dict[str, Any]]:
        """See `Lake`."""
        table = self.table(kind)
        if table.current_snapshot() is None:
            return []
        found: pa.Table = table.scan(selected_fields=columns).to_arrow()
        return list(found.to_pylist())

    def commits(self, kind: str) -> list[Mapping[str, str]]:
        """See `Lake`: the snapshots that main is made of, newest first."""
        return [_summary(snapshot) for snapshot in _history(self.table(kind))]

    def left(self, kind: str) -> list[str]:
        """See `Lake`: branches beside the one that readers see."""
        return sorted(name for name in self.table(kind).refs() if name != "main")


def _history(table: Table) -> Iterator[Snapshot]:
    current = table.current_snapshot()
    while current is not None:
        yield current
        current = table.snapshot_by_id(current.parent_snapshot_id) if current.parent_snapshot_id else None


def _summary(snapshot: Snapshot) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}


def _database(name: str) -> dict[str, Any]:
    properties = {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": name}}
    return {"Type": "AWS::Glue::Database", "Properties": properties}


def _placed(body: dict[str, Any], database: str, location: str, after: str) -> dict[str, Any]:
    properties = body["Properties"]
    properties["DatabaseName"] = database
    properties["OpenTableFormatInput"]["IcebergInput"]["IcebergTableInput"]["Location"] = location
    return {"Type": body["Type"], "Properties": properties, "DependsOn": [after]}
