"""`OpenTableFormatInput.IcebergInput` of an `AWS::Glue::Table`, read into Iceberg's own terms.

Source: AWS::Glue::Table IcebergInput, IcebergTableInput, IcebergSchema, IcebergPartitionSpec, IcebergSortOrder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortOrder

from emulator.aws import Properties, text, truthy
from emulator.exceptions import refuse


@dataclass(frozen=True)
class TableDefinition:
    """What a template declares about one Iceberg table."""

    format_version: int
    location: str
    schema: Schema
    partition_spec: PartitionSpec
    sort_order: SortOrder
    properties: dict[str, str]


def iceberg_input(properties: Properties) -> Properties | None:
    """The `IcebergInput` of a table, or nothing for a classic Glue table."""
    found: Properties | None = (properties.get("OpenTableFormatInput") or {}).get("IcebergInput")
    return found


def read(properties: Properties) -> TableDefinition:
    """The declared table; refuses what Glue refuses (`TableInput` beside it, another operation than CREATE)."""
    given = iceberg_input(properties) or {}
    if properties.get("TableInput"):
        raise refuse("TableInput", "absent beside OpenTableFormatInput", "present", "declare all in IcebergTableInput")
    if given.get("MetadataOperation") != "CREATE":
        raise refuse("IcebergInput.MetadataOperation", "CREATE", given.get("MetadataOperation"), "set it to CREATE")
    table = given.get("IcebergTableInput") or {}
    for name in ("Location", "Schema"):
        if not table.get(name):
            raise refuse(f"IcebergTableInput.{name}", "set", table.get(name), "declare the table's location and schema")
    try:
        return _definition(given, table)
    except ValidationError as error:
        remedy = "; ".join(str(detail["msg"]) for detail in error.errors())
        raise refuse("IcebergTableInput", "a valid Iceberg table", properties.get("Name"), remedy) from error


def _definition(given: Properties, table: Properties) -> TableDefinition:
    return TableDefinition(
        format_version=int(given.get("Version") or 2),
        location=str(table["Location"]).rstrip("/"),
        schema=_schema(table["Schema"]),
        partition_spec=_partition_spec(table.get("PartitionSpec") or {}),
        sort_order=_sort_order(table.get("WriteOrder") or {}),
        properties={key: text(value) for key, value in (table.get("Properties") or {}).items()},
    )


def _fixed(path: str, declared: Properties, expected: str) -> None:
    """Refuse a number Glue gives itself when a template says another."""
    name = path.rsplit(".", 1)[-1]
    got = declared.get(name, expected)
    if text(got) != expected:
        raise refuse(path, expected, got, "leave it: Glue numbers versions itself")


def _schema(declared: Properties) -> Schema:
    _fixed("Schema.Type", declared, "struct")
    _fixed("Schema.SchemaId", declared, "0")
    return Schema.model_validate(
        {
            "type": "struct",
            "schema-id": 0,
            "identifier-field-ids": [int(i) for i in declared.get("IdentifierFieldIds") or []],
            "fields": [_field(field) for field in declared["Fields"]],
        }
    )


def _field(declared: Properties) -> dict[str, Any]:
    kind = str(declared["Type"])
    return {
        "id": int(declared["Id"]),
        "name": declared["Name"],
        "type": json.loads(kind) if kind.startswith("{") else kind,
        "required": truthy(declared.get("Required", False)),
        **({"doc": declared["Doc"]} if declared.get("Doc") else {}),
    }


def _partition_spec(declared: Properties) -> PartitionSpec:
    _fixed("PartitionSpec.SpecId", declared, "0")
    fields = [
        {
            "source-id": int(field["SourceId"]),
            "field-id": int(field.get("FieldId") or PARTITION_FIELD_ID_START + position),
            "transform": field["Transform"],
            "name": field["Name"],
        }
        for position, field in enumerate(declared.get("Fields") or [])
    ]
    return PartitionSpec.model_validate({"spec-id": 0, "fields": fields})


def _sort_order(declared: Properties) -> SortOrder:
    _fixed("WriteOrder.OrderId", declared, "1" if declared.get("Fields") else "0")
    fields = [
        {
            "source-id": int(field["SourceId"]),
            "transform": field["Transform"],
            "direction": str(field["Direction"]).lower(),
            "null-order": str(field["NullOrder"]).lower().replace("_", "-"),
        }
        for field in declared.get("Fields") or []
    ]
    return SortOrder.model_validate({"order-id": 1 if fields else 0, "fields": fields})
