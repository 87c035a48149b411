"""What a run did to one dataset, as the JSON document `runs/<run id>/<dataset>.json` in the artifacts bucket."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from lakehouse_jobs.exceptions import FailureKind
from lakehouse_jobs.objectives import Objectives
from lakehouse_jobs.objects import ObjectStore


class RunState(StrEnum):
    """`unchanged`: the source had nothing new and no table got a snapshot."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class RunError:
    """Why a dataset failed, and whether another run can help."""

    kind: FailureKind
    message: str


@dataclass
class Snapshots:
    """Ids of the snapshots the run committed; None where it committed none."""

    bronze: int | None = None
    silver: int | None = None
    dlq: int | None = None


@dataclass
class RunRecord:
    """Counts are rows, `bytesLanded` bytes of Parquet, `seconds` wall time, bounds ISO 8601 in UTC.

    rowsRead = rowsValid + rowsRejected + rowsReread; rowsReread are rows that bronze or the DLQ already held.
    `served`: readers see all that was loaded; false where it waits for the quality check, or the dataset failed.
    `objectives` are those of the contract the run had, so that whoever reads the record can judge it.
    """

    runId: str  # noqa: N815 (the document's names)
    correlationId: str  # noqa: N815
    dataset: str
    source: str
    state: RunState = RunState.UNCHANGED
    rowsRead: int = 0  # noqa: N815
    rowsValid: int = 0  # noqa: N815
    rowsRejected: int = 0  # noqa: N815
    rowsReread: int = 0  # noqa: N815
    rowsInserted: int = 0  # noqa: N815
    rowsUpdated: int = 0  # noqa: N815
    rowsMerged: int = 0  # noqa: N815
    bytesLanded: int = 0  # noqa: N815
    seconds: float = 0.0
    lowerBound: str | None = None  # noqa: N815
    upperBound: str | None = None  # noqa: N815
    snapshots: Snapshots = field(default_factory=Snapshots)
    served: bool = False
    error: RunError | None = None
    objectives: Objectives = field(default_factory=Objectives)

    @property
    def failed_transiently(self) -> bool:
        """Whether the dataset failed although its step was tried again and again."""
        return self.error is not None and self.error.kind is FailureKind.TRANSIENT

    @property
    def quality_score(self) -> float | None:
        """Percent of the new rows that kept every rule of their contract; None when no row was new."""
        judged = self.rowsValid + self.rowsRejected
        return 100 * self.rowsValid / judged if judged else None

    def write(self, store: ObjectStore, base_uri: str) -> None:
        """Store the record below `base_uri`."""
        uri = f"{base_uri.rstrip('/')}/runs/{self.runId}/{self.dataset}.json"
        store.write(uri, json.dumps(asdict(self), indent=2).encode())
