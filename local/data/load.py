"""Brings the source database to a moment.

The connection comes from libpq's variables (``PGHOST``, ``PGPASSFILE``, …).
"""

import io
from dataclasses import dataclass

import pandas as pd
import psycopg
from psycopg import sql

from data import history, source
from data.exceptions import DataError
from data.tables import TABLES, Table

_STAGE = "changed_rows"


@dataclass(frozen=True)
class Moved:
    """How many rows of a table were inserted and updated."""

    table: str
    inserted: int
    updated: int


def create(connection: psycopg.Connection) -> None:
    """Creates the tables and the loader's own clock, which says up to when the database knows the world."""
    with connection.cursor() as cursor:
        cursor.execute("create schema loader")
        cursor.execute("create table loader.clock (known_at timestamptz not null)")
        for table in TABLES:
            for statement in table.ddl():
                cursor.execute(statement.encode())


def clock(connection: psycopg.Connection) -> pd.Timestamp | None:
    """Up to when the database knows the world; nothing when it is empty."""
    row = connection.execute("select max(known_at) from loader.clock").fetchone()
    return None if row is None or row[0] is None else pd.Timestamp(row[0]).tz_convert("UTC")


def advance(connection: psycopg.Connection, until: pd.Timestamp) -> list[Moved]:
    """Inserts and updates what changed up to a moment, all tables in one transaction.

    Raises:
        DataError: the moment lies before what the database already knows.
    """
    since = clock(connection)
    if since is not None and until < since:
        raise DataError(
            "--until", f"{since.isoformat()} or later", until.isoformat(), "a database does not go back: start anew"
        )
    moved = [_advance_table(connection, table, since, until) for table in TABLES]
    connection.execute("insert into loader.clock values (%s)", [until.to_pydatetime()])
    connection.commit()
    return moved


def _advance_table(
    connection: psycopg.Connection, table: Table, since: pd.Timestamp | None, until: pd.Timestamp
) -> Moved:
    rows = source.read(table)
    if since is None:
        inserts = history.known_at(table, rows, until)
        updates = inserts.iloc[:0]
    else:
        found = history.changes(table, rows, since, until)
        inserts, updates = found.inserts, found.updates
    _copy(connection, table, table.name, inserts)
    if len(updates) > 0:
        _update(connection, table, updates)
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table.name)))
    return Moved(table.name, len(inserts), len(updates))


def _update(connection: psycopg.Connection, table: Table, rows: pd.DataFrame) -> None:
    name, stage = sql.Identifier(table.name), sql.Identifier(_STAGE)
    create_stage = sql.SQL("create temporary table {} (like {}) on commit drop")
    connection.execute(create_stage.format(stage, name))
    _copy(connection, table, _STAGE, rows)
    changing = [sql.Identifier(column) for column in table.all_columns if column not in table.key]
    update = sql.SQL("update {} as t set {} from {} as s where {}").format(
        name,
        sql.SQL(", ").join(sql.SQL("{} = s.{}").format(column, column) for column in changing),
        stage,
        sql.SQL(" and ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(column)) for column in table.key),
    )
    connection.execute(update)
    connection.execute(sql.SQL("drop table {}").format(stage))


def _copy(connection: psycopg.Connection, table: Table, target: str, rows: pd.DataFrame) -> None:
    """Sends rows by COPY in CSV form, where an unquoted empty field is a null."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.all_columns))
    statement = sql.SQL("copy {} ({}) from stdin with (format csv)").format(sql.Identifier(target), columns)
    text = io.StringIO()
    rows[table.all_columns].to_csv(text, header=False, index=False)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getvalue())
