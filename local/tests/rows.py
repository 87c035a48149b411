"""Rows of Iceberg tables by value: appended, and read as they are and as they were, by pyiceberg alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow, write_file
from pyiceberg.partitioning import PartitionField, PartitionFieldValue, PartitionKey
from pyiceberg.schema import Schema
from pyiceberg.table import Table, WriteTask
from pyiceberg.types import DateType, DecimalType, IcebergType, ListType, MapType, StructType, TimestamptzType

Row = dict[str, Any]


def append(table: Table, rows: Sequence[Row]) -> None:
    """Add rows in one snapshot: a file for each partition, which the table's own partition spec decides.

    pyiceberg's own `append` leaves the transforms to a package that is not installed with it.
    """
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as files:
        for number, (key, members) in enumerate(_by_partition(table, rows)):
            arrow = pa.Table.from_pylist(members, schema=schema_to_pyarrow(table.schema()))
            task = WriteTask(uuid.uuid4(), number, table.schema(), arrow.to_batches(), partition_key=key)
            for file in write_file(table.io, table.metadata, iter([task])):
                files.append_data_file(file)


def read(table: Table, snapshot: int | None = None) -> list[Row]:
    """All rows, in no order: as they are, or as one snapshot has them, with the columns of its time."""
    rows: list[Row] = table.scan(snapshot_id=snapshot).to_arrow().to_pylist()
    return rows


def history(table: Table) -> dict[int, list[Row]]:
    """The rows of every snapshot."""
    return {snapshot.snapshot_id: read(table, snapshot.snapshot_id) for snapshot in table.metadata.snapshots}


def typed(kind: IcebergType, value: Any) -> Any:
    """A value of JSON as one of the type: dates, moments and decimals are texts there."""
    if value is None:
        return None
    if isinstance(kind, StructType):
        return {field.name: typed(field.field_type, value.get(field.name)) for field in kind.fields}
    if isinstance(kind, ListType):
        return [typed(kind.element_type, item) for item in value]
    if isinstance(kind, MapType):
        return [(typed(kind.key_type, key), typed(kind.value_type, item)) for key, item in value]
    if isinstance(kind, DateType):
        return date.fromisoformat(value)
    if isinstance(kind, TimestamptzType):
        return datetime.fromisoformat(value)
    return Decimal(value) if isinstance(kind, DecimalType) else value


def _by_partition(table: Table, rows: Sequence[Row]) -> Iterator[tuple[PartitionKey | None, list[Row]]]:
    spec, schema = table.spec(), table.schema()
    if not spec.fields:
        yield None, list(rows)
        return
    groups: dict[str, tuple[PartitionKey, list[Row]]] = {}
    for row in rows:
        values = [PartitionFieldValue(field, _partition_value(schema, field, row)) for field in spec.fields]
        key = PartitionKey(values, spec, schema)
        groups.setdefault(key.to_path(), (key, []))[1].append(row)
    yield from groups.values()


def _partition_value(schema: Schema, field: PartitionField, row: Row) -> Any:
    source = schema.find_field(field.source_id)
    return field.transform.transform(source.field_type)(row.get(source.name))
