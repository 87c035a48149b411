"""A lake of its own for each run: the tables that the stack makes of a streamed dataset, and the stream's checkpoint.

Tables and the settings of Spark come from the synthesized stack, so what is tried is what is deployed.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from exactly_once.endpoint import Endpoint

DATASET = "flight_events"
_ENVIRONMENT = "dev"
_ZONES = ("bronze", "silver")


class Stack:
    """What the synthesized stack says."""

    def __init__(self, templates: Path) -> None:
        documents = [
            json.loads(path.read_text()) for path in sorted((templates / _ENVIRONMENT).glob("*.template.json"))
        ]
        self._resources = [body for document in documents for body in document["Resources"].values()]

    def tables(self) -> list[dict[str, Any]]:
        """The tables of the dataset: silver, bronze and dead letters."""
        names = (DATASET, f"{DATASET}__dlq")
        found = [body for body in self._resources if body["Type"] == "AWS::Glue::Table"]
        return [copy.deepcopy(body) for body in found if body["Properties"].get("Name") in names]

    def spark_defaults(self) -> dict[str, str]:
        """The settings of Spark that every cluster has, those apart that refer to other resources."""
        for body in self._resources:
            for part in body["Properties"].get("Configurations", ()) if "EMR::Cluster" in body["Type"] else ():
                if part["Classification"] == "spark-defaults":
                    settings = part["ConfigurationProperties"].items()
                    return {key: value for key, value in settings if isinstance(value, str)}
        raise LookupError("no cluster has the classification spark-defaults")


@dataclass(frozen=True)
class Lake:
    """The databases, bucket and checkpoint of one run, by its name."""

    endpoint: Endpoint
    name: str

    @property
    def databases(self) -> dict[str, str]:
        """The Glue databases by zone."""
        return {zone: f"{self.name}_{zone}" for zone in _ZONES}

    @property
    def bucket(self) -> str:
        """The one bucket of everything."""
        return self.name.replace("_", "-")

    @property
    def checkpoint(self) -> str:
        """Where the stream keeps its place."""
        return f"s3://{self.bucket}/checkpoint"

    @cached_property
    def _catalog(self) -> Catalog:
        return self.endpoint.catalog()

    def create(self, stack: Stack) -> None:
        """Make bucket, databases and tables by CloudFormation."""
        self.endpoint.client("s3").create_bucket(Bucket=self.bucket)
        databases = {f"Database{zone.title()}": _database(name) for zone, name in self.databases.items()}
        tables = {}
        for number, body in enumerate(stack.tables()):
            zone = next(zone for zone in _ZONES if zone in body["Properties"]["DatabaseName"])
            place = f"s3://{self.bucket}/{zone}/{body['Properties']['Name']}"
            tables[f"Table{number}"] = _placed(body, self.databases[zone], place, f"Database{zone.title()}")
        self.endpoint.deploy(self.name.replace("_", "-"), {"Resources": {**databases, **tables}})

    def table(self, kind: str) -> Table:
        """`bronze`, `dlq` or `silver`, as the catalog has it now."""
        zone, suffix = ("bronze", "__dlq") if kind == "dlq" else (kind, "")
        return self._catalog.load_table((self.databases[zone], f"{DATASET}{suffix}"))

    def rows(self, kind: str, *columns: str) -> list[dict[str, Any]]:
        """Columns of the rows that readers see."""
        table = self.table(kind)
        if table.current_snapshot() is None:
            return []
        found: pa.Table = table.scan(selected_fields=columns).to_arrow()
        return list(found.to_pylist())

    # --- the checkpoint, as Spark lays it out

    def batches(self, log: str) -> list[int]:
        """The numbers of the batches in one of its logs, `offsets` or `commits`, in order."""
        prefix = f"checkpoint/{log}/"
        pages = self.endpoint.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        names = [item["Key"].removeprefix(prefix) for page in pages for item in page.get("Contents", ())]
        return sorted(int(name) for name in names if name.isdigit())

    def reached(self) -> dict[int, int]:
        """Up to which offset each partition was read, by the newest batch that has ended."""
        ended = self.batches("commits")
        if not ended:
            return {}
        s3 = self.endpoint.client("s3")
        text = s3.get_object(Bucket=self.bucket, Key=f"checkpoint/offsets/{ended[-1]}")["Body"].read().decode()
        [offsets] = json.loads(text.splitlines()[2]).values()
        return {int(partition): int(offset) for partition, offset in offsets.items()}

    def forget_commit(self) -> int:
        """Take the newest batch out of the log of ended ones; its number."""
        number = self.batches("commits")[-1]
        self.endpoint.client("s3").delete_object(Bucket=self.bucket, Key=f"checkpoint/commits/{number}")
        return number


def _database(name: str) -> dict[str, Any]:
    properties = {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": name}}
    return {"Type": "AWS::Glue::Database", "Properties": properties}


def _placed(body: dict[str, Any], database: str, location: str, after: str) -> dict[str, Any]:
    properties = body["Properties"]
    properties["DatabaseName"] = database
    properties["OpenTableFormatInput"]["IcebergInput"]["IcebergTableInput"]["Location"] = location
    return {"Type": body["Type"], "Properties": properties, "DependsOn": [after]}
