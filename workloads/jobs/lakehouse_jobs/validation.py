"""Compiles a contract into Spark expressions: casts that never raise, and the reasons a row is rejected for."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 (the name every Spark user knows)
from pyspark.sql.types import DataType, DecimalType, DoubleType, FloatType, StringType

from lakehouse_jobs import contract as model
from lakehouse_jobs.exceptions import ContractError, problem

RAW = "_raw"
"""Struct of the row as it was landed, source types; the payload of a rejected row."""
REASONS = "_reasons"
"""`array<struct<rule string, column string, message string>>`, empty for a valid row."""

_REMEDY = "correct it in the source, or relax the contract and re-drive the row"
_SHOWN = 80


def validate(landed: DataFrame, contract: model.Contract) -> DataFrame:
    """Judge each row by the contract.

    In: the contract's columns in the source's types. Out: the contract's columns in the contract's types (null where
    a value does not cast), `_raw` and `_reasons`. A value that does not cast, or would change by the cast, is a
    reason `type`, never an exception and never a silent null; the result does not depend on ANSI mode.

    :raises ContractError: a column is missing, or its source type can never become the contract's.
    """
    require_columns(landed.columns, contract)
    types = {field.name: field.dataType for field in landed.schema.fields}
    raw = landed.select(*[F.col(_quoted(name)) for name in contract.column_names])
    staged = raw.select(F.struct(*[F.col(_quoted(name)) for name in contract.column_names]).alias(RAW))
    try:
        cast = staged.select(RAW, *[_cast(column) for column in contract.columns])
    except AnalysisException as error:
        message = problem(
            contract.dataset, "have castable columns", str(error).splitlines()[0], "change a physicalType"
        )
        raise ContractError(message) from error
    reasons = [reason for column in contract.columns for reason in _reasons(column, types[column.name])]
    return cast.withColumn(REASONS, F.filter(F.array(*reasons), lambda reason: reason.isNotNull()))


def require_columns(present: list[str], contract: model.Contract) -> None:
    """Fail unless every column of the contract is among `present`.

    :raises ContractError: names the missing columns; never worth a retry.
    """
    missing = [name for name in contract.column_names if name not in present]
    if missing:
        remedy = "restore them in the source or change the contract"
        must = f"have the columns {', '.join(missing)}"
        raise ContractError(problem(contract.source.address, must, ", ".join(sorted(present)), remedy))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _cast(column: model.Column) -> Column:
    return F.expr(f"try_cast({RAW}.{_quoted(column.name)} AS {column.spark_type})").alias(column.name)


def _reasons(column: model.Column, source_type: DataType) -> list[Column]:
    raw, value = F.col(f"{RAW}.{_quoted(column.name)}"), F.col(_quoted(column.name))
    broken = raw.isNotNull() & (value.isNull() | _altered(column, source_type))
    found = [_reason(broken, "type", column.name, f"be a {column.spark_type}")]
    if column.required:
        found.append(_reason(raw.isNull(), "required", column.name, "be present"))
    for rule in column.rules:
        condition, must = _RULES[rule.name](value, rule.argument)
        found.append(_reason(value.isNotNull() & condition, rule.name, column.name, must))
    return found


def _altered(column: model.Column, source_type: DataType) -> Column:
    """Whether the cast dropped digits: 1.5 to an integer, 1.239 to two decimals."""
    name, target = column.name, column.spark_type
    raw, value = F.col(f"{RAW}.{_quoted(name)}"), F.col(_quoted(name))
    if isinstance(source_type, StringType) and target.startswith("decimal"):
        return F.coalesce(F.expr(f"try_cast({RAW}.{_quoted(name)} AS decimal(38,18))") != value, F.lit(False))
    exact_source = isinstance(source_type, DecimalType | DoubleType | FloatType)
    if exact_source and (target in ("int", "bigint") or target.startswith("decimal")):
        return F.coalesce(raw != value, F.lit(False))
    return F.lit(False)


def _reason(condition: Column, rule: str, column: str, must: str) -> Column:
    raw = F.col(f"{RAW}.{_quoted(column)}").cast("string")
    shown = F.coalesce(F.substring(raw, 1, _SHOWN), F.lit("null"))
    message = F.concat(F.lit(f"'{column}' must {must}, got "), shown, F.lit(f"; {_REMEDY}"))
    fields = F.struct(F.lit(rule).alias("rule"), F.lit(column).alias("column"), message.alias("message"))
    return F.when(condition, fields)


_RULES: dict[str, Callable[[Column, object], tuple[Column, str]]] = {
    "minimum": lambda value, limit: (value < F.lit(limit), f"be at least {limit}"),
    "maximum": lambda value, limit: (value > F.lit(limit), f"be at most {limit}"),
    "exclusiveMinimum": lambda value, limit: (value <= F.lit(limit), f"be more than {limit}"),
    "exclusiveMaximum": lambda value, limit: (value >= F.lit(limit), f"be less than {limit}"),
    "pattern": lambda value, pattern: (~value.rlike(str(pattern)), f"match {pattern}"),
    "minLength": lambda value, limit: (F.length(value) < F.lit(limit), f"have at least {limit} characters"),
    "maxLength": lambda value, limit: (F.length(value) > F.lit(limit), f"have at most {limit} characters"),
    "validValues": lambda value, values: (
        ~value.isin(_listed(values)),
        f"be one of {', '.join(map(str, _listed(values)))}",
    ),
}


def _listed(values: object) -> list[object]:
    return list(values) if isinstance(values, tuple | list) else [values]
