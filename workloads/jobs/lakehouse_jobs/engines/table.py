"""What a table can do, in either format. Each write is one commit: readers see all of it or nothing."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs.exceptions import ConfigurationError, problem

_VIEWS = itertools.count(1)


@dataclass(frozen=True)
class Version:
    """A state of the table that can be read: its id, when it was committed (UTC), and by which operation."""

    id: int
    committed_at: datetime
    operation: str


@dataclass(frozen=True)
class Compaction:
    """How many data files were replaced, and by how many."""

    replaced: int
    written: int


class LakeTable(ABC):
    """A table of one format.

    Never: a write that half happens, an upsert that lets an older row win, an expiry that takes what `read` shows now.
    """

    format: ClassVar[str]

    def __init__(self, spark: SparkSession, name: str) -> None:
        self._spark = spark
        self.name = name

    @property
    @abstractmethod
    def quoted(self) -> str:
        """The table in SQL."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is such a table."""

    @abstractmethod
    def create(self, like: DataFrame, partition_columns: Sequence[str] = ()) -> None:
        """Make an empty table with the columns of `like`, partitioned by the values of columns."""

    @abstractmethod
    def read(self, version: int | None = None) -> DataFrame:
        """The rows now, or as they were in a version."""

    @abstractmethod
    def read_at(self, moment: datetime) -> DataFrame:
        """The rows as they were at a moment."""

    @abstractmethod
    def append(self, rows: DataFrame) -> None:
        """Add rows, columns by name."""

    @abstractmethod
    def append_once(self, rows: DataFrame, application: str, batch: int) -> bool:
        """Add the rows of a batch unless that batch is in already; whether they were added.

        Batches of an application count up: one that is not newer than the newest is taken to be in.
        """

    @abstractmethod
    def overwrite(self, rows: DataFrame, where: str | None = None) -> None:
        """Put `rows` in the place of all rows, or of those that meet a condition on partition columns."""

    @abstractmethod
    def versions(self) -> list[Version]:
        """The versions that can be read, newest first."""

    @abstractmethod
    def compact(self, cluster_by: Sequence[str] = ()) -> Compaction:
        """Rewrite small files into few: bin-packed, or ordered along a Z-order curve of columns."""

    @abstractmethod
    def expire(self, before: datetime) -> None:
        """Give up the versions from before a moment, and delete the files that only they have."""

    def upsert(self, rows: DataFrame, key: Sequence[str], ordering: str | None = None) -> None:
        """Update the rows whose key is there and insert the others, in one MERGE.

        With `ordering`, of several rows of one key the greatest counts, and one that is not greater than what the table
        holds changes nothing. Without it, `rows` must hold a key once.

        :raises ConfigurationError: a key or ordering column is missing.
        """
        self._check_columns(rows, [*key, *([ordering] if ordering else [])])
        view = f"upsert_{next(_VIEWS)}"
        (rows if ordering is None else _newest(rows, key, ordering)).createOrReplaceTempView(view)
        on = " AND ".join(f"t.`{name}` = s.`{name}`" for name in key)
        newer = "" if ordering is None else f" AND s.`{ordering}` > t.`{ordering}`"
        try:
            self._spark.sql(
                f"MERGE INTO {self.quoted} t USING {view} s ON {on}"
                f" WHEN MATCHED{newer} THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
            )
        finally:
            self._spark.catalog.dropTempView(view)

    def _check_columns(self, rows: DataFrame, names: Sequence[str]) -> None:
        missing = [name for name in names if name not in rows.columns]
        if missing or not names:
            must, remedy = f"be of {', '.join(rows.columns)}", "name columns of the rows"
            raise ConfigurationError(problem(f"{self.name}: key", must, ", ".join(missing) or "none", remedy))


def _newest(rows: DataFrame, key: Sequence[str], ordering: str) -> DataFrame:
    window = Window.partitionBy(*[f"`{name}`" for name in key]).orderBy(F.col(f"`{ordering}`").desc())
    return rows.withColumn("_rank", F.row_number().over(window)).where("_rank = 1").drop("_rank")
