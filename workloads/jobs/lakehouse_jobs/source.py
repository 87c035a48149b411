"""One consistent look at a PostgreSQL source: a control connection that exports the snapshot every reader imports.

The connection is opened through the JVM, because the driver arrives with the job as a jar. It stays open while Spark
reads: PostgreSQL forgets an exported snapshot when the transaction that exported it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from pyspark.sql import SparkSession

IN_UTC = "SET TIME ZONE 'UTC'"
"""A statement of PostgreSQL, whose sessions have the zone of the JVM from the driver."""
_DRIVER = "org.postgresql.Driver"
_REPEATABLE_READ = 4  # java.sql.Connection.TRANSACTION_REPEATABLE_READ
_TIME = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''

_CEILING = f"""
SELECT to_char(least(now(), min(xact_start)) AT TIME ZONE 'UTC', {_TIME}), count(*) FILTER (WHERE state IS NULL)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_SNAPSHOT = f"""
SELECT pg_export_snapshot(), pg_current_snapshot(), pg_snapshot_xmax(pg_current_snapshot()),
       to_char(now() AT TIME ZONE 'UTC', {_TIME}), current_setting('block_size')
"""
_RELATION = "SELECT c.relkind, pg_relation_size(c.oid) FROM pg_class c WHERE c.oid = to_regclass(?)"
_COLUMNS = """
SELECT a.attname, CASE WHEN t.typbasetype = 0 THEN format_type(a.atttypid, a.atttypmod)
                       ELSE format_type(t.typbasetype, t.typtypmod) END
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


@dataclass(frozen=True)
class Credentials:
    """How to reach the source; the password is never shown."""

    host: str
    port: int
    database: str
    username: str
    password: str = field(repr=False)
    sslmode: str = "prefer"

    @property
    def url(self) -> str:
        """The JDBC URL, without credentials."""
        return f"jdbc:postgresql://{self.host}:{self.port}/{self.database}"

    @property
    def properties(self) -> dict[str, str]:
        """Connection properties of the driver, seconds where they are times."""
        return {
            "user": self.username,
            "password": self.password,
            "sslmode": self.sslmode,
            "ApplicationName": "lakehouse-ingest",
            "connectTimeout": "10",
            "socketTimeout": "300",
            "tcpKeepAlive": "true",
        }


@dataclass(frozen=True)
class SourceState:
    """The source at the moment of the read.

    `ceiling`: no transaction that is invisible here began before it (UTC). `snapshot`: `pg_current_snapshot()`.
    `next_transaction`: 64-bit id not yet given out. `blind`: sessions whose transactions the role may not see.
    """

    exported: str
    snapshot: str
    next_transaction: int
    now: str
    ceiling: str
    block_size: int
    blind: int


@dataclass(frozen=True)
class Relation:
    """A table or view: PostgreSQL's relkind, size in bytes, columns with their types as PostgreSQL writes them."""

    kind: str
    size: int
    columns: Mapping[str, str]


class SourceSession:
    """The control connection; as a context manager it ends the transaction and closes."""

    def __init__(self, spark: SparkSession, credentials: Credentials) -> None:
        jvm: Any = spark._jvm
        jvm.org.apache.spark.sql.execution.datasources.jdbc.DriverRegistry.register(_DRIVER)
        properties = jvm.java.util.Properties()
        for key, value in credentials.properties.items():
            properties.setProperty(key, value)
        self._connection: Any = jvm.java.sql.DriverManager.getConnection(credentials.url, properties)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._connection.close()
        except Exception:  # a connection that died during the read has nothing left to close
            if kind is None:
                raise

    def freeze(self) -> SourceState:
        """Take the ceiling, then begin the REPEATABLE READ transaction and export its snapshot.

        The ceiling is read first: a transaction that ends between the two statements is then visible in the snapshot,
        and one that begins between them began after the ceiling. The other order would lose the former.

        Times without a zone are UTC's: the driver has asked for those of the JVM's zone.
        """
        self._run(IN_UTC)
        ceiling, blind = self.row(_CEILING)
        self._connection.setReadOnly(True)
        self._connection.setTransactionIsolation(_REPEATABLE_READ)
        self._connection.setAutoCommit(False)
        exported, snapshot, next_transaction, now, block_size = self.row(_SNAPSHOT)
        return SourceState(
            str(exported),
            str(snapshot),
            int(str(next_transaction)),
            str(now),
            str(ceiling),
            int(str(block_size)),
            int(str(blind)),
        )

    def _run(self, statement: str) -> None:
        prepared = self._connection.prepareStatement(statement)
        try:
            prepared.execute()
        finally:
            prepared.close()

    def relation(self, schema: str, table: str) -> Relation | None:
        """The table or view, or None when there is none (or the role may not see its schema)."""
        name = f"{quoted(schema)}.{quoted(table)}"
        found = self.rows(_RELATION, name)
        if not found:
            return None
        columns = {str(column): str(kind) for column, kind in self.rows(_COLUMNS, name)}
        return Relation(str(found[0][0]), int(str(found[0][1])), columns)

    def described(self, query: str) -> dict[str, str]:
        """The columns of `query` with their types as the driver calls them; the query is not run."""
        statement = self._connection.prepareStatement(query)
        try:
            found = statement.getMetaData()
            places = range(1, found.getColumnCount() + 1)
            return {str(found.getColumnLabel(place)): str(found.getColumnTypeName(place)) for place in places}
        finally:
            statement.close()

    def row(self, query: str, *parameters: str) -> tuple[str | None, ...]:
        """The only row of `query`, values as text."""
        return self.rows(query, *parameters)[0]

    def rows(self, query: str, *parameters: str) -> list[tuple[str | None, ...]]:
        """The rows of `query`, values as text; `?` are bound to `parameters`."""
        statement = self._connection.prepareStatement(query)
        try:
            for position, value in enumerate(parameters, start=1):
                statement.setString(position, value)
            result = statement.executeQuery()
            width = result.getMetaData().getColumnCount()
            found: list[tuple[str | None, ...]] = []
            while result.next():
                found.append(tuple(result.getString(position) for position in range(1, width + 1)))
            return found
        finally:
            statement.close()


def quoted(name: str) -> str:
    """A PostgreSQL identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'
