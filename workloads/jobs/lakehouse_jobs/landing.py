"""The landing zone: each batch as immutable Parquet and a manifest, written last, that makes it a batch.

`<landing>/<source>/<table>/run=<run id>/part-*.parquet` and `_manifest.json`. A folder without a manifest is what a
killed run left; nothing reads it. A manifest whose batch never reached bronze is finished by the next run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.contract import SourceTable
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.objects import ObjectStore, StoredObject

MANIFEST = "_manifest.json"
_VERSION = 1


@dataclass(frozen=True)
class Batch:
    """A landed batch; times are ISO 8601 in UTC with microseconds.

    `base_token` is the batch it was planned on ("" for the first) and `sequence` its number in the dataset.
    `lower_bound` is where reading began, `watermark` the newest change it covers, capped by `ceiling`.
    `source_snapshot` is PostgreSQL's `pg_current_snapshot()` of the read.
    """

    token: str
    base_token: str
    sequence: int
    run_id: str
    source: str
    contract_version: str
    lower_bound: str | None
    watermark: str | None
    ceiling: str
    source_snapshot: str
    extracted_at: str
    files: tuple[str, ...]
    bytes: int
    rows_read: int
    rows_valid: int = 0
    rows_rejected: int = 0
    rows_reread: int = 0


def batch_token(*facts: object) -> str:
    """A batch's identity: 32 hex digits of the SHA-256 of the facts that define it."""
    return hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()[:32]


class Landing:
    """The landing folder of one source table."""

    def __init__(self, store: ObjectStore, base_uri: str, source: SourceTable) -> None:
        self._store = store
        self._root = f"{base_uri.rstrip('/')}/{source.name}/{source.table}/"

    def write(self, rows: DataFrame, run_id: str) -> tuple[tuple[str, ...], int]:
        """Add `rows` to the run's folder as Parquet; the names of the new files and their size in bytes."""
        folder = self._folder(run_id)
        before = {entry.uri for entry in self._parquet(folder)}
        rows.write.mode("append").parquet(folder)
        new = [(uri, size) for uri, size in self._listed(folder) if uri not in before]
        return tuple(uri.removeprefix(folder) for uri, _ in new), sum(size for _, size in new)

    def read(self, spark: SparkSession, run_id: str, files: tuple[str, ...]) -> DataFrame:
        """The rows of `files` in the run's folder, in the source's types."""
        folder = self._folder(run_id)
        return spark.read.parquet(*[f"{folder}{name}" for name in files])

    def discard(self, run_id: str, files: tuple[str, ...]) -> None:
        """Remove `files` of a read that brought nothing new and was never sealed."""
        for name in files:
            self._store.delete(f"{self._folder(run_id)}{name}")

    def seal(self, batch: Batch) -> None:
        """Write the manifest; from now on the batch exists and will be finished, by this run or a later one."""
        document = {"version": _VERSION, **asdict(batch)}
        self._store.write(self._manifest(batch.run_id), json.dumps(document, indent=2).encode())

    def sealed(self, run_id: str) -> Batch | None:
        """The batch this run landed, or None."""
        data = self._store.read(self._manifest(run_id))
        return None if data is None else self._parse(data, run_id)

    def pending(self, head_token: str) -> Batch | None:
        """The landed batch planned on `head_token` (the newest committed one) that is not itself committed."""
        for folder in reversed(self._store.folders(self._root)):
            run_id = folder.rstrip("/").rpartition("run=")[2]
            batch = self.sealed(run_id)
            if batch is None:
                continue
            if batch.base_token == head_token and batch.token != head_token:
                return batch
            if batch.token == head_token:
                return None
        return None

    def _folder(self, run_id: str) -> str:
        return f"{self._root}run={run_id}/"

    def _manifest(self, run_id: str) -> str:
        return f"{self._folder(run_id)}{MANIFEST}"

    def _listed(self, folder: str) -> list[tuple[str, int]]:
        return [(entry.uri, entry.size) for entry in self._parquet(folder)]

    def _parquet(self, folder: str) -> list[StoredObject]:
        return [entry for entry in self._store.objects(folder) if entry.uri.endswith(".parquet")]

    def _parse(self, data: bytes, run_id: str) -> Batch:
        fields = json.loads(data)
        if fields.pop("version", None) != _VERSION:
            remedy = "finish the batch with the version of the job that landed it"
            raise ConfigurationError(problem(self._manifest(run_id), f"have version {_VERSION}", "another", remedy))
        return Batch(**{**fields, "files": tuple(fields["files"])})
