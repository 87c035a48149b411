"""Whether two lakes hold the same rows, whatever runs brought them there."""

from __future__ import annotations

from lakehouse_jobs.contract import METADATA_COLUMNS
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.tables import DatasetTables

_RUN_COLUMNS = [*(name for name, _ in METADATA_COLUMNS), "_rejected_at"]


def assert_same(one: DatasetTables, other: DatasetTables) -> None:
    """Bronze, DLQ and silver have the same rows, as often, the columns of runs aside."""
    for left, right in ((one.bronze, other.bronze), (one.dlq, other.dlq), (one.silver, other.silver)):
        assert _only_in(left, right) == []
        assert _only_in(right, left) == []


def _only_in(table: IcebergTable, other: IcebergTable) -> list[object]:
    here, there = (found.read().drop(*_RUN_COLUMNS) for found in (table, other))
    return list(here.exceptAll(there).collect())
