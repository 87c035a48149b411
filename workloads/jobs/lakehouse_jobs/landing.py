"""The landing zone: each batch as immutable Parquet and a manifest, written last, that makes it a batch.

`<landing>/<source>/<dataset>/run=<run id>/_manifest.json`, and beside it a folder for each attempt of the run with its
`part-*.parquet`; the manifest names the files of one attempt. Files that no manifest names are what a killed attempt
left; nothing reads them. A manifest whose batch never reached bronze is finished by the next run.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.objects import ObjectStore

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

    def follows(self, head_token: str) -> bool:
        """Whether it was planned on the batch `head_token` and is not that batch."""
        return self.base_token == head_token != self.token


def batch_token(*facts: object) -> str:
    """A batch's identity: 32 hex digits of the SHA-256 of the facts that define it."""
    return hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()[:32]


class Landing:
    """The landing folder of a dataset; no other dataset has it, not even one of the same source table."""

    def __init__(self, store: ObjectStore, base_uri: str, contract: Contract) -> None:
        self._store = store
        self._address = contract.source.address
        self._root = f"{base_uri.rstrip('/')}/{contract.source.name}/{contract.dataset}/"

    def write(self, rows: DataFrame, run_id: str) -> tuple[tuple[str, ...], int]:
        """Write `rows` as Parquet into a new folder of the run; the names of the files and their size in bytes.

        The folder is new each time: a retry may write while the attempt before it, which is taken for dead, still does.
        """
        folder = self._folder(run_id)
        attempt = f"{folder}{uuid.uuid4().hex}/"
        rows.write.parquet(attempt)
        files = [entry for entry in self._store.objects(attempt) if entry.uri.endswith(".parquet")]
        return tuple(entry.uri.removeprefix(folder) for entry in files), sum(entry.size for entry in files)

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
        """The batch this run landed, or None.

        :raises ConfigurationError: it was read from another table than the contract's.
        """
        batch = self._batch(run_id)
        return None if batch is None else self._own(batch)

    def pending(self, head_token: str, run_id: str) -> Batch | None:
        """The landed batch planned on `head_token` (the newest committed one) that is not itself committed.

        That of the run itself first, because its name may be older than that of the newest committed batch.

        :raises ConfigurationError: it was read from another table than the contract's.
        """
        own = self._batch(run_id)
        if own is not None and own.follows(head_token):
            return self._own(own)
        for folder in reversed(self._store.folders(self._root)):
            batch = self._batch(folder.rstrip("/").rpartition("run=")[2])
            if batch is None:
                continue
            if batch.follows(head_token):
                return self._own(batch)
            if batch.token == head_token:
                return None
        return None

    def _own(self, batch: Batch) -> Batch:
        if batch.source != self._address:
            must = f"hold rows of {self._address}"
            remedy = "remove the manifest, and what it holds is not loaded; or give the contract its source back"
            raise ConfigurationError(problem(self._manifest(batch.run_id), must, batch.source, remedy))
        return batch

    def _folder(self, run_id: str) -> str:
        return f"{self._root}run={run_id}/"

    def _manifest(self, run_id: str) -> str:
        return f"{self._folder(run_id)}{MANIFEST}"

    def _batch(self, run_id: str) -> Batch | None:
        data = self._store.read(self._manifest(run_id))
        return None if data is None else self._parse(data, run_id)

    def _parse(self, data: bytes, run_id: str) -> Batch:
        fields = json.loads(data)
        if fields.pop("version", None) != _VERSION:
            remedy = "finish the batch with the version of the job that landed it"
            raise ConfigurationError(problem(self._manifest(run_id), f"have version {_VERSION}", "another", remedy))
        return Batch(**{**fields, "files": tuple(fields["files"])})
