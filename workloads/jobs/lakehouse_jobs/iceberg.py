"""Iceberg tables as the jobs see them: history with its tokens, and writes whose token is atomic with the commit.

A token travels in the snapshot summary: by `snapshot-property.*` on an append, by `CommitMetadata` on a MERGE (SQL
statements take no write options). CommitMetadata keeps the properties in a thread-local of the JVM thread that runs
the statement; PySpark's pinned threads (its default) run a callback's statements in that same thread.

What is written may be staged: `spark.wap.id` lets Iceberg add the snapshot to the table and to no branch, so nobody
sees it, and one that is left behind goes with the next expiry: https://iceberg.apache.org/docs/1.10.1/branching/.
"""

from __future__ import annotations

import itertools
import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, ClassVar

from pyspark.errors import AnalysisException
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.exceptions import ConfigurationError, problem

_LOGGER = logging.getLogger(__name__)
CATALOG = "glue_catalog"
"""What Spark calls the catalog of the lake."""
PREFIX = "lakehouse."
"""Prefix of this project's keys in a snapshot summary."""
TOKEN = f"{PREFIX}batch-token"
MAIN = "main"
"""The branch that everybody reads."""
_CHECKED = "checked"
_CAN_STAGE = "write.wap.enabled"
_STAGED_AS = "spark.wap.id"
_STAGED_ID = "wap.id"
_CALLBACKS = Lock()
"""Held while PySpark's callback server starts, because several datasets are written at the same time."""


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


@dataclass(frozen=True)
class Head:
    """What a branch serves: a snapshot, the schema that it is read by, which an `ALTER TABLE` changes alone, and the
    newest snapshot that changed rows.
    """

    snapshot: int
    schema: int
    rows: int | None


def _changed(line: Iterator[Snapshot]) -> Snapshot | None:
    return next((snapshot for snapshot in line if snapshot.operation != "replace"), None)


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
        reference = metadata.ref(self.branch)
        return iter(()) if reference is None else self._line(metadata, reference.snapshotId())

    def below(self, snapshot: Snapshot) -> Iterator[Snapshot]:
        """What `snapshot` stands on: its ancestors, newest first."""
        return iter(()) if snapshot.parent_id is None else self._line(self._metadata(), snapshot.parent_id)

    def current(self) -> Snapshot | None:
        """The current snapshot; None while the table is empty."""
        return next(self.history(), None)

    @property
    def snapshots(self) -> int:
        """How many snapshots the table holds: on branches, staged, or of before it was replaced."""
        return int(self._metadata().snapshots().size())

    def changed(self) -> Snapshot | None:
        """The newest snapshot that changed rows, and no files alone, as a compaction does; None where none is left."""
        return _changed(self.history())

    def newest(self, key: str) -> Snapshot | None:
        """The newest snapshot whose summary holds this project's key `key`."""
        return next((snapshot for snapshot in self.history() if snapshot.get(key) is not None), None)

    def read(self) -> DataFrame:
        """The table's current rows, never from a cached plan."""
        self._loaded()
        return self._spark.table(self.quoted)

    def read_snapshot(self, snapshot: Snapshot) -> DataFrame:
        """The rows that the table held as of a snapshot of any branch."""
        self._loaded()
        return self._spark.read.format("iceberg").option("snapshot-id", str(snapshot.id)).load(self.identifier)

    def read_appended(self, after: int | None, until: int) -> DataFrame:
        """Rows appended after snapshot `after` (None: all) up to and including snapshot `until`."""
        self._loaded()
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
        self._loaded()
        with _CALLBACKS:
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

        It is created when there is none, and set back to the head of main when main has gone another way or was set
        back: what the branch alone held is given up.
        """
        self.leave_taken_back()
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

    def leave_taken_back(self) -> None:
        """Set this branch back to the head of main when it stands on what main was set back from.

        What was the head of main once and is above it now was taken back, and what was written on top goes with it:
        none of it waits to be served any more. What main never served still waits.
        """
        metadata = self._metadata()
        main, own = metadata.ref(MAIN), metadata.ref(self.branch)
        if main is None or own is None:
            return
        line = self._line(metadata, own.snapshotId())
        above = list(itertools.takewhile(lambda held: held.id != main.snapshotId(), line))
        served = {entry.snapshotId() for entry in metadata.snapshotLog()}
        follows_main = bool(above) and above[-1].parent_id == main.snapshotId()
        if not follows_main or served.isdisjoint(held.id for held in above):
            return
        self._loaded().manageSnapshots().replaceBranch(self.branch, main.snapshotId()).commit()
        facts = {"table": self.identifier, "snapshot": main.snapshotId(), "givenUp": [held.id for held in above]}
        _LOGGER.warning("the table was set back; what its branch held beyond that is given up", extra=facts)

    def stage(self, write: Callable[[], None]) -> Snapshot | None:
        """Run `write`, whose commit joins no branch; its snapshot, None when it made none."""
        self._let_stage()
        attempt = uuid.uuid4().hex
        self._spark.conf.set(_STAGED_AS, attempt)
        failure: Exception | None = None
        try:
            write()
        except Exception as error:
            failure = error  # its commit may have taken effect all the same
        finally:
            self._spark.conf.unset(_STAGED_AS)
        snapshots = self._metadata().snapshots()
        newest_first = (snapshots[place] for place in range(len(snapshots) - 1, -1, -1))
        staged = next((found for found in newest_first if found.summary().get(_STAGED_ID) == attempt), None)
        if staged is None and failure is not None:
            raise failure
        return None if staged is None else self._parsed(staged)

    def publish(self, snapshot: Snapshot) -> None:
        """Let the branch stand at `snapshot`, in one commit; refused when that does not descend from its head.

        Iceberg judges the descent on the metadata that it replaces: a commit that comes between makes it fail too. The
        branch that it was staged on may have gone on since, so this one follows a name that nothing else moves.
        """
        references = self._loaded().manageSnapshots()
        forwarded = references.createBranch(_CHECKED, snapshot.id).fastForwardBranch(self.branch, _CHECKED)
        forwarded.removeBranch(_CHECKED).commit()

    def knows(self, snapshot_id: int) -> bool:
        """Whether the table has had a snapshot and still has it; one of whatever branch, or that a replacement left."""
        return self._loaded().snapshot(snapshot_id) is not None

    def head(self) -> Head | None:
        """Where the branch stands, and by which columns; None while the table is empty."""
        metadata = self._metadata()
        reference = metadata.ref(self.branch)
        if reference is None:
            return None
        changed = _changed(self._line(metadata, reference.snapshotId()))
        return Head(reference.snapshotId(), metadata.currentSchemaId(), None if changed is None else changed.id)

    def set_back(self, head: Head) -> None:
        """Let the branch stand where it has stood, with the columns of then, in one commit.

        `set_current_snapshot` leaves the columns: where one is of another type since, nobody could read the rows.
        """
        operations = self._loaded().operations()
        base = operations.current()
        jvm: Any = self._spark._jvm
        changed = jvm.org.apache.iceberg.TableMetadata.buildFrom(base)
        changed.setBranchSnapshot(head.snapshot, self.branch)
        changed.setCurrentSchema(head.schema)
        operations.commit(base, changed.build())

    def _let_stage(self) -> None:
        table = self._loaded()
        if table.properties().get(_CAN_STAGE) != "true":
            table.updateProperties().set(_CAN_STAGE, "true").commit()

    def _line(self, metadata: Any, head: int) -> Iterator[Snapshot]:
        """A snapshot and its ancestors, one at a time: most who ask need the newest few of thousands."""
        following: int | None = head
        while following is not None and (found := metadata.snapshot(following)) is not None:
            snapshot = self._parsed(found)
            yield snapshot
            following = snapshot.parent_id

    def _parsed(self, snapshot: Any) -> Snapshot:
        jvm: Any = self._spark._jvm
        entry: dict[str, Any] = json.loads(jvm.org.apache.iceberg.SnapshotParser.toJson(snapshot))
        summary: dict[str, str] = entry.get("summary") or {}
        moment = datetime.fromtimestamp(entry["timestamp-ms"] / 1000, UTC)
        operation = summary.get("operation", "")
        return Snapshot(entry["snapshot-id"], entry.get("parent-snapshot-id"), operation, summary, moment)

    def _metadata(self) -> Any:
        """The table's metadata of Iceberg's Java API, as the catalog holds it now."""
        return self._loaded().operations().current()

    def _loaded(self) -> Any:
        """The table of Iceberg's Java API, as the catalog holds it now, which is what Spark finds next too.

        Not by Spark's refreshTable: that drops every kept frame that was made from the table.
        """
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
