"""A lake of its own for each run: the tables that a stream writes, and the stream's checkpoint, as readers see them.

Tables and the settings of Spark come from the synthesized stack, so what is tried is what is deployed.
"""

from __future__ import annotations

import copy
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exactly_once.endpoint import Endpoint

DATASET = "flight_events"
_ENVIRONMENT = "dev"
ZONES = ("bronze", "silver")


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
class Lake(ABC):
    """The databases, bucket and checkpoint of one run, by its name; which format its tables have, subclasses say."""

    endpoint: Endpoint
    name: str

    @property
    def databases(self) -> dict[str, str]:
        """The Glue databases by zone."""
        return {zone: f"{self.name}_{zone}" for zone in ZONES}

    @property
    def delta(self) -> str | None:
        """The URI below which the stream makes its Delta tables; None where the catalog has them."""
        return None

    @property
    def bucket(self) -> str:
        """The one bucket of everything."""
        return self.name.replace("_", "-")

    @property
    def checkpoint(self) -> str:
        """Where the stream keeps its place."""
        return f"s3://{self.bucket}/checkpoint"

    def create(self, stack: Stack) -> None:
        """Make what a stream does not make by itself: the bucket, and for some the tables of the stack."""
        self.endpoint.client("s3").create_bucket(Bucket=self.bucket)

    @abstractmethod
    def rows(self, kind: str, *columns: str) -> list[dict[str, Any]]:
        """Columns of the rows that readers see; `kind` is `bronze`, `dlq` or `silver`."""

    @abstractmethod
    def commits(self, kind: str) -> list[Mapping[str, str]]:
        """What each commit says of itself that the rows of a table come from."""

    @abstractmethod
    def left(self, kind: str) -> list[str]:
        """What a table has that must not be there once its stream has nothing to do."""

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
