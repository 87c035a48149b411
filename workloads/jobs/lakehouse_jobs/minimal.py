"""A batch load in a dozen lines: the same extraction, judgement and tables as the jobs, for a script or a notebook.

No contract, no deployed stack: what a contract says is given by arguments. `examples/minimal_batch_pipeline.py` is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from lakehouse_jobs import validation
from lakehouse_jobs.contract import Column, Contract, SourceTable
from lakehouse_jobs.engines import DeltaTable
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.source import Credentials, SourceSession, quoted

_FETCH_ROWS = 10_000
_CARRIED = ("_extracted_at", "_source")
_WITHOUT_ZONE = "timestamp"
_TIME_OF_A_ZONE = "yyyy-MM-dd HH:mm:ss.SSSSSSXXX"
_MODES = ("append", "overwrite")
_PANDAS: Mapping[str, str] = MappingProxyType(
    {
        "int64": "bigint",
        "int32": "int",
        "float64": "double",
        "float32": "float",
        "object": "string",
        "str": "string",
        "bool": "boolean",
        "datetime64[ns]": "timestamp",
    }
)


@dataclass(frozen=True)
class IngesterConfig:
    """The session, the name of the source as it stands in `_source`, and how often a read is tried."""

    spark: SparkSession
    source: str
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class BatchDataIngester:
    """Reads what is new, keeps what is valid, and loses nothing of the rest."""

    def __init__(self, config: IngesterConfig) -> None:
        self._config = config
        self._rejected: DataFrame | None = None
        self.watermark: str | None = None
        """The greatest watermark read so far, as text, a time with its offset: the next run's `last_watermark`."""

    def extract_from_database(
        self, connection_string: str, query: str, watermark_column: str, last_watermark: str | None = None
    ) -> DataFrame:
        """The rows of a query whose watermark is greater than the last, or that have none; all rows the first time.

        :param connection_string: `postgresql://user:password@host:port/database[?sslmode=…]`
        :returns: the query's columns, `_extracted_at` (UTC) and `_source`; read once and kept
        :raises ConfigurationError: the connection string is none of PostgreSQL's
        :raises JobError: the database could not be read, after the retries that may help
        """
        credentials, spark = _credentials(connection_string), self._config.spark
        column = quoted(watermark_column)
        text = "" if last_watermark is None else last_watermark.replace("'", "''")
        newer = "" if last_watermark is None else f" WHERE {column} > '{text}' OR {column} IS NULL"
        options = {**credentials.properties, "url": credentials.url, "driver": "org.postgresql.Driver"}

        def read() -> DataFrame:
            with SourceSession(spark, credentials) as session:
                types = session.described(query)
            selected = ", ".join(_selected(name, kind) for name, kind in types.items())
            table = f"(SELECT {selected} FROM ({query}) AS asked{newer}) AS rows"
            rows = spark.read.format("jdbc").options(**options, dbtable=table, fetchsize=str(_FETCH_ROWS)).load()
            rows = rows.withColumns({name: _local(name) for name, kind in types.items() if kind == _WITHOUT_ZONE})
            rows = rows.withColumn("_extracted_at", F.lit(datetime.now(UTC).isoformat()).cast("timestamp"))
            kept = rows.withColumn("_source", F.lit(f"postgres://{self._config.source}")).persist()
            [found] = kept.agg(_text(F.max(f"`{watermark_column}`"), dict(kept.dtypes)[watermark_column])).collect()
            self.watermark = found[0] or last_watermark
            return kept

        return self._config.retry.run("extract", read)

    def validate_and_clean(self, df: DataFrame, schema: Mapping[str, Any]) -> DataFrame:
        """The rows that keep the schema, in its types; the others wait for `save_dead_letter_queue`.

        :param schema: `required_fields`, a list of columns; `dtypes`, a type for a column by Spark's or pandas' name,
            where the column's own is not meant
        :raises ContractError: a field is no column, or can never have its type
        """
        judged = validation.validate(df, contract_of(df, schema, self._config.source), _CARRIED).persist()
        self._rejected = judged.where(F.size(validation.REASONS) > 0)
        return judged.where(F.size(validation.REASONS) == 0).drop(validation.RAW, validation.REASONS)

    def save_dead_letter_queue(self, path: str) -> int:
        """Append the rejected rows of the last validation as JSON lines: `_payload`, `_reasons`, `_source`, times.

        :returns: how many there are; nothing is written for none
        """
        if self._rejected is None:
            return 0
        letters = self._rejected.select(
            F.to_json(validation.RAW, {"ignoreNullFields": "false"}).alias("_payload"),
            validation.REASONS,
            *_CARRIED,
            F.lit(datetime.now(UTC).isoformat()).alias("_rejected_at"),
        )
        count = letters.count()
        if count > 0:
            letters.coalesce(1).write.mode("append").json(path)
        return count


@dataclass(frozen=True)
class Merge:
    """Update the rows whose key is there, insert the others; no row wins over one of a greater `ordering`."""

    key: Sequence[str]
    ordering: str | None = None


class DeltaLakeManager:
    """Delta tables below one folder; the session needs `engines.DELTA_SETTINGS`."""

    def __init__(self, storage_path: str) -> None:
        self._storage_path = storage_path.rstrip("/")

    def create_or_update_table(
        self, df: DataFrame, table_name: str, partition_columns: Sequence[str] = (), mode: str | Merge = "append"
    ) -> DeltaTable:
        """Write rows to a table, which is made when there is none.

        :param mode: `append`, `overwrite`, or a `Merge`
        :returns: the table, with its versions, `compact` and `expire`
        :raises ConfigurationError: the mode is another, or a merge names no column of the rows
        """
        if isinstance(mode, str) and mode not in _MODES:
            remedy = "pass another mode, or Merge(key=[…])"
            raise ConfigurationError(problem("mode", f"be one of {', '.join(_MODES)} or a Merge", mode, remedy))
        table = DeltaTable(df.sparkSession, f"{self._storage_path}/{table_name}")
        if not table.exists():
            table.create(df, partition_columns)
        if isinstance(mode, Merge):
            table.upsert(df, mode.key, mode.ordering)
        elif mode == "overwrite":
            table.overwrite(df)
        else:
            table.append(df)
        return table


def _selected(name: str, kind: str) -> str:
    """A column as SQL of PostgreSQL: the driver would take a time without a zone for one of the JVM's."""
    return f"{quoted(name)} AT TIME ZONE 'UTC' AS {quoted(name)}" if kind == _WITHOUT_ZONE else quoted(name)


def _local(name: str) -> Expression:
    """A time in UTC as the same reading of the clock in the zone of the Spark session."""
    shown = f"convert_timezone(current_timezone(), 'UTC', cast(`{name}` AS timestamp_ntz))"
    return F.expr(f"cast({shown} AS timestamp)")


def _text(value: Expression, kind: str) -> Expression:
    """A value as PostgreSQL reads it in any session: a time with its offset, which a time without a zone leaves out."""
    return F.date_format(value, _TIME_OF_A_ZONE) if kind == "timestamp" else value.cast("string")


def _credentials(connection_string: str) -> Credentials:
    parts = urlparse(connection_string)
    must = "be postgresql://user:password@host:port/database"
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not parts.path.strip("/"):
        # the string holds a password: what is wrong with it is not shown
        raise ConfigurationError(problem("connection_string", must, f"{parts.scheme or 'no'} scheme", "correct it"))
    sslmode = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    return Credentials(
        host=parts.hostname,
        port=parts.port or 5432,
        database=parts.path.strip("/"),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sslmode=sslmode,
    )


def contract_of(df: DataFrame, schema: Mapping[str, Any], source: str) -> Contract:
    """What a schema says of a frame's columns, those of the extraction left out, as a contract."""
    required: Sequence[str] = schema.get("required_fields") or ()
    types: Mapping[str, str] = schema.get("dtypes") or {}
    own = {field.name: field.dataType.simpleString() for field in df.schema.fields if field.name not in _CARRIED}
    named = list(dict.fromkeys([*own, *required, *types]))
    columns = tuple(
        Column(name, _spark_type(types.get(name) or own.get(name, "string")), name in required) for name in named
    )
    return Contract(source, "1", columns, tuple(schema.get("key") or ()), "", SourceTable(source, "query", "rows", ""))


def _spark_type(name: str) -> str:
    return _PANDAS.get(name, name)
