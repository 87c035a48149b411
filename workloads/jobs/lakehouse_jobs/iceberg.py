"""Iceberg tables as the jobs see them: history with its tokens, and writes whose token is atomic with the commit.

A token travels in the snapshot summary: by `snapshot-property.*` on an append, by `CommitMetadata` on a MERGE (SQL
statements take no write options). CommitMetadata keeps the properties in a thread-local of the JVM thread that runs
the statement; PySpark's pinned threads (its default) run a callback's statements in that same thread.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from pyspark.errors import AnalysisException
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.exceptions import (
    CommitLostError,
    ConfigurationError,
    JobError,
    TransientError,
    problem,
)
from lakehouse_jobs.failures import translate
from lakehouse_jobs.retry import RetryPolicy

_LOGGER = logging.getLogger(__name__)
PREFIX = "lakehouse."
"""Prefix of this project's keys in a snapshot summary."""
TOKEN = f"{PREFIX}batch-token"
MAIN = "main"
"""The branch that everybody reads."""
_CHECKED = "checked"


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a table: id, parent's id, operation (append, overwrite, replace, delete), summary, time (UTC)."""

    id: int
    parent_id: int | None
    operation: str
    summary: Mapping[str, str]
    committed_at: datetime

    def get(self, key: str) -> str | None:
        """The summary's value of this project's key `key`, named without the prefix."""
        return self.summary.get(f"{PREFIX}{key}")


class IcebergTable:
    """One table, by its identifier `catalog.database.table`, or a branch of it."""

    def __init__(self, spark: SparkSession, identifier: str, branch: str = MAIN) -> None:
        self._spark = spark
        self.identifier = identifier
        self.branch = branch

    @property
    def quoted(self) -> str:
        """The identifier, with the branch, for use in SQL."""
        suffix = [] if self.branch == MAIN else [f"branch_{self.branch}"]
        return ".".join(f"`{part}`" for part in [*self.identifier.split("."), *suffix])

    def history(self) -> Iterator[Snapshot]:
        """The current snapshot and its ancestors, newest first, as the catalog holds them now.

        A branch that does not exist has none.

        :raises ConfigurationError: there is no such table.
        """
        metadata = self._metadata()
        by_id = {entry["snapshot-id"]: entry for entry in metadata.get("snapshots") or ()}
        head = (metadata.get("refs") or {}).get(self.branch) or {}
        current = by_id.get(head.get("snapshot-id"))
        while current is not None:
            summary: dict[str, str] = current.get("summary") or {}
            parent = current.get("parent-snapshot-id")
            moment = datetime.fromtimestamp(current["timestamp-ms"] / 1000, UTC)
            yield Snapshot(current["snapshot-id"], parent, summary.get("operation", ""), summary, moment)
            current = by_id.get(parent)

    def current(self) -> Snapshot | None:
        """The current snapshot; None while the table is empty."""
        return next(self.history(), None)

    def newest(self, key: str) -> Snapshot | None:
        """The newest snapshot whose summary holds this project's key `key`."""
        return next((snapshot for snapshot in self.history() if snapshot.get(key) is not None), None)

    def committed(self, token: str) -> Snapshot | None:
        """The snapshot that carries `token`; None when that batch is not in the table."""
        return next((snapshot for snapshot in self.history() if snapshot.summary.get(TOKEN) == token), None)

    def read(self) -> DataFrame:
        """The table's current rows, never from a cached plan."""
        self._refresh()
        return self._spark.table(self.quoted)

    def read_snapshot(self, snapshot: Snapshot) -> DataFrame:
        """The rows that the table held as of a snapshot of any branch."""
        self._refresh()
        return self._spark.read.format("iceberg").option("snapshot-id", str(snapshot.id)).load(self.identifier)

    def read_appended(self, after: int | None, until: int) -> DataFrame:
        """Rows appended after snapshot `after` (None: all) up to and including snapshot `until`."""
        self._refresh()
        reader = self._spark.read.format("iceberg")
        if after is None:
            return reader.option("snapshot-id", str(until)).load(self.identifier)
        options = {"start-snapshot-id": str(after), "end-snapshot-id": str(until)}
        return reader.options(**options).load(self.identifier)

    def append(self, rows: DataFrame, properties: Mapping[str, str]) -> None:
        """Append `rows` (columns by name); `properties` go into the snapshot's summary."""
        writer = rows.writeTo(self.quoted)
        for key, value in properties.items():
            writer = writer.option(f"snapshot-property.{key}", value)
        writer.append()

    def execute(self, statement: str, properties: Mapping[str, str]) -> None:
        """Run a statement that commits to this table; `properties` go into the snapshot's summary."""
        self._refresh()
        gateway: Any = self._spark.sparkContext._gateway
        ensure_callback_server_started(gateway)  # type: ignore[no-untyped-call]
        jvm: Any = self._spark._jvm
        summary = jvm.java.util.HashMap()
        for key, value in properties.items():
            summary.put(key, value)
        statement_call = _Callable(lambda: self._spark.sql(statement))
        error_class = jvm.java.lang.Class.forName("java.lang.Exception")
        try:
            jvm.org.apache.iceberg.spark.CommitMetadata.withCommitProperties(summary, statement_call, error_class)
        except Exception as error:
            raise (statement_call.error or error) from error

    def follow_main(self) -> None:
        """Let this branch stand at the head of main, or beyond it.

        It is created when there is none, and set back to the head of main when main has gone another way: what the
        branch alone held is given up.
        """
        main, own = IcebergTable(self._spark, self.identifier).current(), {snapshot.id for snapshot in self.history()}
        if own and (main is None or main.id in own):
            return
        references = self._loaded().manageSnapshots()
        if main is None:
            references.createBranch(self.branch)
        elif own:
            references.replaceBranch(self.branch, main.id)
        else:
            references.createBranch(self.branch, main.id)
        references.commit()
        self._refresh()

    def publish(self, snapshot: Snapshot) -> None:
        """Make main serve `snapshot`, in one commit; fails when it does not descend from the head of main.

        The branch that it was staged on may have gone on since, so main follows a name that nothing else moves.
        """
        references = self._loaded().manageSnapshots()
        forwarded = references.createBranch(_CHECKED, snapshot.id).fastForwardBranch(MAIN, _CHECKED)
        forwarded.removeBranch(_CHECKED).commit()
        self._refresh()

    def _refresh(self) -> None:
        self._spark.catalog.refreshTable(".".join(f"`{part}`" for part in self.identifier.split(".")))

    def _metadata(self) -> dict[str, Any]:
        jvm: Any = self._spark._jvm
        metadata: dict[str, Any] = json.loads(
            jvm.org.apache.iceberg.TableMetadataParser.toJson(self._loaded().operations().current())
        )
        return metadata

    def _loaded(self) -> Any:
        """The table of Iceberg's Java API, as the catalog holds it now."""
        jvm: Any = self._spark._jvm
        try:
            table = jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(
                self._spark._jsparkSession, self.identifier
            )
        except AnalysisException as error:
            must = "exist as an Iceberg table"
            raise ConfigurationError(
                problem(self.identifier, must, "no such table", "deploy the stack first")
            ) from error
        table.refresh()
        return table


class _Callable:
    """A Python function as a java.util.concurrent.Callable; it keeps the error, which Java would flatten to text."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self.error: Exception | None = None

    def call(self) -> None:
        try:
            self._function()
        except Exception as error:
            self.error = error
            raise

    class Java:
        implements: ClassVar[list[str]] = ["java.util.concurrent.Callable"]


def commit_once(table: IcebergTable, token: str, write: Callable[[], None], retry: RetryPolicy) -> Snapshot:
    """Check, write, verify: commit the batch `token` to `table` exactly once and return its snapshot.

    Looks for the token first and writes only when it is absent; after any failure, whose outcome may be unknown, looks
    again before `write` is repeated. Conflicts and transient failures are repeated within `retry`.

    :raises CommitLostError: the write reported success and no snapshot carries the token.
    """

    def attempt() -> Snapshot:
        present = table.committed(token)
        if present is not None:
            return present
        try:
            write()
        except Exception as error:
            failure = translate(error)
            present = _after_failure(table, token, failure)
            if present is None:
                raise failure from error
            return present
        present = table.committed(token)
        if present is None:
            must = f"carry the token {token}"
            remedy = "check that PYSPARK_PIN_THREAD is not false and that no one rolled the table back"
            raise CommitLostError(problem(table.identifier, must, "no such snapshot", remedy))
        return present

    return retry.run(f"commit to {table.identifier}", attempt)


def _after_failure(table: IcebergTable, token: str, failure: JobError) -> Snapshot | None:
    try:
        present = table.committed(token)
    except Exception as error:
        raise TransientError(f"{failure}; the table's state cannot be read: {translate(error)}") from error
    if present is not None:
        _LOGGER.warning(
            "the write failed after its commit had taken effect",
            extra={"table": table.identifier, "snapshot": present.id, "error": str(failure)},
        )
    return present
