"""Delta tables in a folder of this machine, read by delta-rs: on S3, Delta commits by a table of DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from exactly_once.lake import DATASET, Lake

_PLACES = {"bronze": f"bronze/{DATASET}", "dlq": f"bronze/{DATASET}__dlq", "silver": f"silver/{DATASET}"}


@dataclass(frozen=True)
class DeltaLake(Lake):
    """A lake whose tables the stream makes itself, below `folder`."""

    folder: Path

    @property
    def delta(self) -> str:
        """See `Lake`."""
        return f"file://{self.folder / self.name}"

    def rows(self, kind: str, *columns: str) -> list[dict[str, Any]]:
        """See `Lake`."""
        table = self._table(kind)
        return [] if table is None else list(table.to_pyarrow_table(columns=list(columns)).to_pylist())

    def commits(self, kind: str) -> list[Mapping[str, str]]:
        """See `Lake`: the entries of the history that a batch has made."""
        table = self._table(kind)
        entries = [] if table is None else table.history()
        return [json.loads(entry["userMetadata"]) for entry in entries if entry.get("userMetadata")]

    def left(self, kind: str) -> list[str]:
        """See `Lake`: commits of which the table does not remember that the batch is in, so that it is taken again."""
        newest: dict[str, int] = {}
        for told in self.commits(kind):
            application = f"{told['lakehouse.stream-id']}:{told['lakehouse.epoch']}:{kind}"
            newest[application] = max(newest.get(application, 0), int(told["lakehouse.batch-id"]))
        table = self._table(kind)
        remembered = {name: table.transaction_version(name) for name in newest} if table else {}
        return [
            f"batch {batch} of {name}, and remembers {remembered[name]}"
            for name, batch in newest.items()
            if remembered[name] != batch
        ]

    def _table(self, kind: str) -> DeltaTable | None:
        place = self.folder / self.name / _PLACES[kind]
        return DeltaTable(place) if DeltaTable.is_deltatable(str(place)) else None
