"""The lineage of what dbt made, column by column, read from the SQL that dbt ran: nobody keeps a map by hand."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify

from lakehouse_jobs.dbt_project import NodeResult
from lakehouse_jobs.lineage import Column, Dataset, Lineage, Output, Step
from lakehouse_jobs.lineage_steps import GlueTables

_LOGGER = logging.getLogger(__name__)
_DIALECT = "spark"
_STAR = "*"
"""Stands for the columns that the SQL does not name: fields of a struct, what a function makes of a row.

Those of a table's own star are known.
"""
_UNNAMED = re.compile(r"_col_\d+")
"""What sqlglot calls a column without a name."""


@dataclass(frozen=True)
class TransformLineage:
    """A run of dbt: a job for each table that it makes."""

    lineage: Lineage
    tables: GlueTables

    def ended(self, spark: SparkSession, catalog: str, nodes: Sequence[NodeResult]) -> None:
        """Tell what each table was made from; SQL that cannot be followed is said once, and tells of no columns."""
        zones = {database: zone for zone, database in self.tables.databases.items()}
        for node in nodes:
            if node.status != "success" or node.table is None or node.sql is None:
                continue
            job = f"transform.{node.table}"
            step = self._step(job, node, lambda name: _columns(spark, f"{catalog}.{name}"), zones)
            self.lineage.started(job)
            self.lineage.ended([step])

    def _step(
        self, job: str, node: NodeResult, columns_of: Callable[[str], dict[str, str]], zones: Mapping[str, str]
    ) -> Step:
        gold = self.tables.databases["gold"]
        own = columns_of(f"{gold}.{node.table}")
        made: dict[str, Made] = {}
        read: set[tuple[str, str]] = set()
        try:
            read = {(table.db, table.name) for table in _tables(str(node.sql)) if table.db in zones}
            made = columns(str(node.sql), columns_of)
        except (SqlglotError, AnalysisException) as error:  # the latter of a table that is in no database of the lake
            _LOGGER.warning("the SQL cannot be followed", extra={"node": node.name, "error": str(error)})
        dataset = {place: self.tables.table(zones[place[0]], place[1]) for place in read}
        star = made.get(_STAR)
        outputs = tuple(_column(name, kind, made.get(name.lower(), star), dataset) for name, kind in own.items())
        target = self.tables.table("gold", str(node.table))
        inputs = tuple(sorted((found for found in dataset.values() if found != target), key=lambda found: found.name))
        return Step(job, inputs, (Output(target, outputs, node.rows),))


@dataclass(frozen=True)
class Made:
    """What a column is made from, as `(database, table, column)`, and whether it is that very value."""

    inputs: tuple[tuple[str, str, str], ...]
    identity: bool


def columns(sql: str, columns_of: Callable[[str], dict[str, str]]) -> dict[str, Made]:
    """What each column of a query, in small letters, is made from; `columns_of` gives those of a table, with types.

    What one expression makes without a name, `place.*` or `inline(stops)`, is told as one column `*`; that of several
    is left out.

    :raises SqlglotError: the query cannot be followed
    """
    schema: dict[str, Any] = {}
    for table in _tables(sql):
        schema.setdefault(table.db, {})[table.name] = columns_of(f"{table.db}.{table.name}")
    parsed = _named(parse_one(sql, dialect=_DIALECT))
    # a star becomes the columns that it stands for
    query: Any = qualify(parsed.copy(), schema=schema, dialect=_DIALECT)
    own = {each.alias_or_name for each in parsed.selects}
    names = {name: _STAR if _UNNAMED.fullmatch(name) and name not in own else name for name in query.named_selects}
    unnamed = [name for name in query.named_selects if names[name] == _STAR]
    told = {column: name for name, column in names.items() if column != _STAR or len(unnamed) == 1}
    return {column: _made(lineage(name, parsed, schema=schema, dialect=_DIALECT)) for column, name in told.items()}


def _named(query: Any) -> Any:
    """The query with a column for each name of `explode(tags) as (key, value)`, which sqlglot takes for one column."""
    for select in query.find_all(exp.Select):
        found = [_apart(each) if isinstance(each, exp.Aliases) else [each] for each in select.expressions]
        select.set("expressions", [column for each in found for column in each])
    return query


def _apart(made: exp.Aliases) -> list[Any]:
    return [exp.alias_(made.this.copy(), name.name, quoted=True) for name in made.aliases]


def _made(root: Node) -> Made:
    found = sorted(set(_leaves(root)))
    plain = all(isinstance(node.expression.unalias(), exp.Column | exp.Table) for node in root.walk())
    return Made(tuple(found), plain and len(found) == 1)


def _leaves(root: Node) -> Iterator[tuple[str, str, str]]:
    for node in root.walk():
        if not node.downstream and isinstance(node.source, exp.Table):
            yield node.source.db, node.source.name, node.name.rpartition(".")[2].strip('"')


def _tables(sql: str) -> list[exp.Table]:
    """The tables a query reads, those it names itself (`with`) left out."""
    return [table for table in parse_one(sql, dialect=_DIALECT).find_all(exp.Table) if table.db]


def _column(name: str, kind: str, made: Made | None, dataset: Mapping[tuple[str, str], Dataset]) -> Column:
    if made is None:
        return Column(name, kind)
    inputs = tuple(
        (dataset[(database, table)], column) for database, table, column in made.inputs if (database, table) in dataset
    )
    return Column(name, kind, inputs, made.identity)


def _columns(spark: SparkSession, table: str) -> dict[str, str]:
    return dict(spark.table(table).dtypes)
