"""How a live table becomes the declared one: the metadata updates of one commit, or a refusal.

Refused as Iceberg or this project's schema lock would: a field id used for another column, a narrowed type, a column
made required, a change of format version or location. While CloudFormation rolls back, a schema the table has had
before is always taken back, so that a failed deployment leaves the table as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from pyiceberg.exceptions import ResolveError
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema, promote
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import SortOrder
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    AddSortOrderUpdate,
    RemovePropertiesUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSortOrderUpdate,
    SetDefaultSpecUpdate,
    SetPropertiesUpdate,
    TableUpdate,
)
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, StructType

from emulator.exceptions import refuse
from emulator.iceberg.definition import TableDefinition

Version = TypeVar("Version", Schema, PartitionSpec, SortOrder)


def updates(
    metadata: TableMetadata, declared: TableDefinition, before: Mapping[str, str], *, rolling_back: bool = False
) -> tuple[TableUpdate, ...]:
    """The updates that turn `metadata` into `declared`; `before` are the properties the template declared last.

    Raises `ProvisioningError` naming the first illegal change.
    """
    if declared.format_version != metadata.format_version:
        raise refuse("IcebergInput.Version", str(metadata.format_version), declared.format_version, "keep the version")
    if declared.location != metadata.location.rstrip("/"):
        raise refuse("IcebergTableInput.Location", metadata.location, declared.location, "keep the location")
    _check_sources(declared)
    if not (rolling_back and any(_same_schema(past, declared.schema) for past in metadata.schemas)):
        _check_fields(metadata, declared.schema)
    _check_partition_fields(metadata, declared.partition_spec)
    return (
        *_schema_updates(metadata, declared.schema),
        *_spec_updates(metadata, declared.partition_spec),
        *_order_updates(metadata, declared.sort_order),
        *_property_updates(metadata, declared.properties, before),
    )


def _schema_updates(metadata: TableMetadata, declared: Schema) -> list[TableUpdate]:
    current = metadata.schema()
    if _same_schema(current, declared):
        return []
    known = next((past for past in metadata.schemas if _same_schema(past, declared)), None)
    if known is not None:
        return [SetCurrentSchemaUpdate.model_validate({"schema-id": known.schema_id})]
    next_id = max(schema.schema_id for schema in metadata.schemas) + 1
    return [
        AddSchemaUpdate(schema=declared.model_copy(update={"schema_id": next_id})),
        SetCurrentSchemaUpdate.model_validate({"schema-id": -1}),
    ]


def _spec_updates(metadata: TableMetadata, declared: PartitionSpec) -> list[TableUpdate]:
    if declared.fields == metadata.spec().fields:
        return []
    known = next((past for past in metadata.partition_specs if past.fields == declared.fields), None)
    if known is not None:
        return [SetDefaultSpecUpdate.model_validate({"spec-id": known.spec_id})]
    next_id = max(spec.spec_id for spec in metadata.partition_specs) + 1
    return [
        AddPartitionSpecUpdate(spec=declared.model_copy(update={"spec_id": next_id})),
        SetDefaultSpecUpdate.model_validate({"spec-id": -1}),
    ]


def _order_updates(metadata: TableMetadata, declared: SortOrder) -> list[TableUpdate]:
    current = next(order for order in metadata.sort_orders if order.order_id == metadata.default_sort_order_id)
    if declared.fields == current.fields:
        return []
    known = next((past for past in metadata.sort_orders if past.fields == declared.fields), None)
    if known is not None:
        return [SetDefaultSortOrderUpdate.model_validate({"sort-order-id": known.order_id})]
    # order id 0 is reserved for "unsorted"
    next_id = max(order.order_id for order in metadata.sort_orders) + 1 if declared.fields else 0
    return [
        AddSortOrderUpdate.model_validate({"sort-order": declared.model_copy(update={"order_id": next_id})}),
        SetDefaultSortOrderUpdate.model_validate({"sort-order-id": -1 if declared.fields else 0}),
    ]


def _property_updates(
    metadata: TableMetadata, declared: Mapping[str, str], before: Mapping[str, str]
) -> list[TableUpdate]:
    changed = {key: value for key, value in declared.items() if metadata.properties.get(key) != value}
    removed = [key for key in before if key not in declared and key in metadata.properties]
    found: list[TableUpdate] = []
    if changed:
        found.append(SetPropertiesUpdate(updates=changed))
    if removed:
        found.append(RemovePropertiesUpdate(removals=removed))
    return found


def _same_schema(one: Schema, other: Schema) -> bool:
    return one.fields == other.fields and set(one.identifier_field_ids) == set(other.identifier_field_ids)


def fields_of(schema: Schema) -> Iterator[NestedField]:
    """Every field with an id, the nested ones too: struct fields, list elements, map keys and values."""

    def nested(kind: IcebergType) -> Iterator[NestedField]:
        for field in _parts(kind):
            yield field
            yield from nested(field.field_type)

    return nested(schema.as_struct())


def _parts(kind: IcebergType) -> tuple[NestedField, ...]:
    """The fields directly in a type."""
    if isinstance(kind, StructType):
        return kind.fields
    if isinstance(kind, ListType):
        return (kind.element_field,)
    return (kind.key_field, kind.value_field) if isinstance(kind, MapType) else ()


def _check_fields(metadata: TableMetadata, declared: Schema) -> None:
    current = {field.field_id: field for field in fields_of(metadata.schema())}
    history: dict[int, list[NestedField]] = {}
    for schema in metadata.schemas:
        for field in fields_of(schema):
            history.setdefault(field.field_id, []).append(field)
    seen: set[int] = set()
    for field in fields_of(declared):
        if field.field_id in seen:
            raise refuse(f"Schema.Fields.{field.name}.Id", "unique in the table", field.field_id, "give it its own id")
        seen.add(field.field_id)
        if field.field_id in current:
            _check_kept(current[field.field_id], field)
        else:
            _check_added(
                field, history, metadata.last_column_id, parent_known=_has_known_parent(field, declared, current)
            )


def _has_known_parent(field: NestedField, declared: Schema, current: Mapping[int, NestedField]) -> bool:
    """Whether the field is added to something rows exist for; the parts of what is wholly new may be required."""
    parents = (parent for parent in fields_of(declared) if parent.field_id in current)
    return field in declared.fields or any(field in _parts(parent.field_type) for parent in parents)


def _check_kept(was: NestedField, now: NestedField) -> None:
    same_kind = _shape(was.field_type) == _shape(now.field_type)
    if was.name != now.name and not same_kind:
        raise _reused(now, f"{was.name} ({was.field_type})")
    if not same_kind and not _widens(was.field_type, now.field_type):
        raise refuse(
            f"Schema.Fields.{now.name}.Type", f"{was.field_type} or wider", str(now.field_type), "add a column"
        )
    if now.required and not was.required:
        raise refuse(
            f"Schema.Fields.{now.name}.Required", "false", True, "rows without a value may exist; keep it optional"
        )


def _check_added(
    field: NestedField, history: dict[int, list[NestedField]], last_id: int, *, parent_known: bool
) -> None:
    if field.field_id <= last_id:
        past = history.get(field.field_id, [])
        if not any(p.name == field.name and _shape(p.field_type) == _shape(field.field_type) for p in past):
            raise _reused(field, ", ".join(sorted({p.name for p in past})) or "a column that is gone")
    elif field.required and parent_known:
        raise refuse(
            f"Schema.Fields.{field.name}.Required", "false", True, "a column added later has no value in old rows"
        )


def _reused(field: NestedField, owner: str) -> Exception:
    return refuse(
        f"Schema.Fields.{field.name}.Id", f"unused before (it is {owner}'s)", field.field_id, "take the next id"
    )


def _shape(kind: IcebergType) -> str:
    """A type without what is inside it: nested fields are compared by their own ids."""
    return type(kind).__name__ if isinstance(kind, StructType | ListType | MapType) else str(kind)


def _widens(was: IcebergType, now: IcebergType) -> bool:
    try:
        promote(was, now)
    except (ResolveError, TypeError):
        return False
    return True


def _check_partition_fields(metadata: TableMetadata, declared: PartitionSpec) -> None:
    known = {field.field_id: field for spec in metadata.partition_specs for field in spec.fields}
    for field in declared.fields:
        was = known.get(field.field_id)
        if was is not None and (was.source_id, str(was.transform)) != (field.source_id, str(field.transform)):
            raise refuse(
                f"PartitionSpec.Fields.{field.name}.FieldId",
                f"unused before (it is {was.name}'s)",
                field.field_id,
                "take the next id",
            )


def _check_sources(declared: TableDefinition) -> None:
    ids = {field.field_id for field in fields_of(declared.schema)}
    parts: list[tuple[str, Callable[[], list[int]]]] = [
        ("PartitionSpec", lambda: [field.source_id for field in declared.partition_spec.fields]),
        ("WriteOrder", lambda: [field.source_id for field in declared.sort_order.fields]),
        ("Schema.IdentifierFieldIds", lambda: list(declared.schema.identifier_field_ids)),
    ]
    for name, sources in parts:
        lost = sorted(set(sources()) - ids)
        if lost:
            raise refuse(name, "made of the schema's field ids", lost, "drop it from there first, or keep the column")
