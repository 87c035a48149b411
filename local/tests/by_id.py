"""What Iceberg promises of rows while their table changes, in the words of its specification and without its code.

A value belongs to a field id. Whatever columns are called, wherever they stand and whatever they were widened to, a row
read by a schema has the values of the schema's ids, and nothing where it was written without one.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, StructType

Values = dict[int, Any]
"""The values of a row or a struct by field id."""

_PRIMITIVES: dict[str, Callable[[random.Random], Any]] = {
    "int": lambda chance: chance.randint(-(2**31), 2**31 - 1),
    "long": lambda chance: chance.randint(-(2**63), 2**63 - 1),
    # as wide as what a file of floats holds, so that it is the same after widening
    "float": lambda chance: struct.unpack("f", struct.pack("f", chance.uniform(-1e6, 1e6)))[0],
    "double": lambda chance: chance.uniform(-1e9, 1e9),
    "decimal(9, 2)": lambda chance: Decimal(chance.randint(-(10**9) + 1, 10**9 - 1)).scaleb(-2),
    "decimal(12, 2)": lambda chance: Decimal(chance.randint(-(10**12) + 1, 10**12 - 1)).scaleb(-2),
    "string": lambda chance: "".join(chance.choices("aåß日😀 '", k=chance.randint(0, 4))),
    "boolean": lambda chance: chance.random() < 0.5,
    "date": lambda chance: date(2013, 1, 1) + timedelta(days=chance.randint(-4000, 4000)),
    "timestamptz": lambda chance: datetime(2013, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randint(0, 10**15)),
    "binary": lambda chance: chance.randbytes(chance.randint(0, 3)),
}


def some_row(schema: Schema, key: int, chance: random.Random) -> Values:
    """A row by chance, with `key` for the column `id` and nothing for about one optional value in four."""
    row: Values = _value(schema.as_struct(), chance)
    return {**row, schema.find_field("id").field_id: key}


def named(kind: IcebergType, value: Any) -> Any:
    """A value as a reader gets it who reads by this type: by the names of now, in the order of now."""
    if value is None:
        return None
    if isinstance(kind, StructType):
        return {field.name: named(field.field_type, value.get(field.field_id)) for field in kind.fields}
    if isinstance(kind, ListType):
        return [named(kind.element_type, item) for item in value]
    if isinstance(kind, MapType):
        return [(key, named(kind.value_type, item)) for key, item in value]
    return value


def _value(kind: IcebergType, chance: random.Random) -> Any:
    if isinstance(kind, StructType):
        return {field.field_id: _optional(field, chance) for field in kind.fields}
    if isinstance(kind, ListType):
        return [_optional(kind.element_field, chance) for _ in range(chance.randint(0, 2))]
    if isinstance(kind, MapType):
        keys = [_value(kind.key_type, chance) for _ in range(chance.randint(0, 2))]
        return [(key, _optional(kind.value_field, chance)) for key in dict.fromkeys(keys)]
    return _PRIMITIVES[str(kind)](chance)


def _optional(field: NestedField, chance: random.Random) -> Any:
    nothing = not field.required and not _is_read_empty(field.field_type) and chance.random() < 0.25
    return None if nothing else _value(field.field_type, chance)


def _is_read_empty(kind: IcebergType) -> bool:
    """Whether pyiceberg reads nothing as no members: it rebuilds lists and maps of structs by their offsets alone.

    See `ArrowProjectionVisitor` of pyiceberg 0.12.0 and https://github.com/apache/arrow/issues/38809.
    """
    if isinstance(kind, ListType):
        return isinstance(kind.element_type, StructType)
    return isinstance(kind, MapType) and isinstance(kind.value_type, StructType)
