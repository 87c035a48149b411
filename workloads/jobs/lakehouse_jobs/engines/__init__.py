"""One interface to a table, whatever format it has: Iceberg in the catalog, Delta at a path."""

from lakehouse_jobs.engines.delta import DELTA_SETTINGS, DeltaTable, Transaction
from lakehouse_jobs.engines.iceberg import IcebergLakeTable
from lakehouse_jobs.engines.table import Compaction, LakeTable, Version

__all__ = ["DELTA_SETTINGS", "Compaction", "DeltaTable", "IcebergLakeTable", "LakeTable", "Transaction", "Version"]
