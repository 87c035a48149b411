"""What an update may do to a live Iceberg table, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import update_table_metadata

from emulator.exceptions import ProvisioningError
from emulator.iceberg import definition, evolution
from emulator.iceberg.catalog import _first_metadata
from tests.templates import Template, field, iceberg_table, order, spec

LIST = {"type": "list", "element-id": 4, "element": "int", "element-required": False}
BASE = [field(1, "id", "int", required=True), field(2, "name", "string"), field(3, "marks", LIST)]
SPEC = spec((1000, 1, "bucket[4]", "id_bucket"))


def declared(fields: list[Template] = BASE, **parts: Any) -> definition.TableDefinition:
    """A declared table."""
    location = parts.pop("Location", "s3://lake/t")
    return definition.read(iceberg_table("db", "t", location, fields, **parts)["Properties"])


def evolve(before: definition.TableDefinition, *afters: definition.TableDefinition, **more: Any) -> TableMetadata:
    """The metadata after a table made as `before` was updated to each of `afters`."""
    metadata, last = _first_metadata(before), before
    for after in afters:
        changes = evolution.updates(metadata, after, last.properties, **more)
        metadata = update_table_metadata(metadata, changes) if changes else metadata
        last = after
    return metadata


def schema_of(metadata: TableMetadata) -> list[tuple[int, str, str, bool]]:
    """The current columns: id, name, type, required."""
    return [(f.field_id, f.name, str(f.field_type), f.required) for f in metadata.schema().fields]


def test_nothing_changes_without_a_change() -> None:
    assert evolution.updates(_first_metadata(declared()), declared(), {}) == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([*BASE, field(5, "added", "date")], (5, "added", "date", False)),
        ([field(1, "id", "long", required=True), *BASE[1:]], (1, "id", "long", True)),
        ([BASE[0], field(2, "renamed", "string"), BASE[2]], (2, "renamed", "string", False)),
        ([field(1, "id", "int"), *BASE[1:]], (1, "id", "int", False)),
        ([BASE[2], BASE[0], BASE[1]], (3, "marks", "list<int>", False)),
        ([BASE[0], BASE[1], field(3, "marks", {**LIST, "element": "long"})], (3, "marks", "list<long>", False)),
    ],
    ids=["adds", "widens", "renames", "makes optional", "reorders", "widens inside a list"],
)
def test_a_legal_change_is_made_with_the_declared_ids(fields: list[Template], expected: Any) -> None:
    metadata = evolve(declared(), declared(fields))
    assert expected in schema_of(metadata)
    assert [f[0] for f in schema_of(metadata)] == [f["Id"] for f in fields]


def place(*inner: Template) -> Template:
    """A column of a struct with one number, and what is added to it."""
    x: Template = {"id": 5, "name": "x", "type": "int", "required": False}
    return field(4, "place", {"type": "struct", "fields": [x, *inner]})


def test_the_parts_of_what_is_wholly_new_in_a_struct_may_be_required() -> None:
    kind = {"type": "map", "key-id": 7, "key": "string", "value-id": 8, "value": "int", "value-required": False}
    names = {"id": 6, "name": "names", "type": kind, "required": False}
    before = [BASE[0], place()]
    metadata = evolve(declared(before), declared([BASE[0], place(names)]))
    assert str(metadata.schema().find_field("place.names").field_type) == "map<string, int>"
    with pytest.raises(ProvisioningError, match=r"names\.Required' must be false"):
        evolve(declared(before), declared([BASE[0], place({**names, "required": True})]))


def test_a_dropped_column_is_gone_and_its_id_stays_used() -> None:
    metadata = evolve(declared(), declared([BASE[0], BASE[2]]))
    assert [f[0] for f in schema_of(metadata)] == [1, 3]
    assert metadata.last_column_id == 4
    with pytest.raises(ProvisioningError, match="unused before"):
        evolve(declared(), declared([BASE[0], BASE[2]]), declared([BASE[0], BASE[2], field(2, "other", "date")]))


def test_doc_identifier_properties_partition_and_order_change() -> None:
    fields = [field(1, "id", "int", required=True, doc="key"), *BASE[1:]]
    after = declared(
        fields,
        IdentifierFieldIds=[1],
        PartitionSpec=SPEC,
        WriteOrder=order((1, "desc", "nulls-last")),
        Properties={"b": "2"},
    )
    metadata = evolve(declared(Properties={"a": "1", "b": "1"}), after)
    assert metadata.schema().fields[0].doc == "key"
    assert metadata.schema().identifier_field_ids == [1]
    assert [(f.field_id, f.name) for f in metadata.spec().fields] == [(1000, "id_bucket")]
    assert metadata.properties == {"b": "2"}
    back = evolve(declared(), after, declared())
    assert back.spec().fields == ()
    assert len(back.partition_specs) == 2
    assert back.default_sort_order_id == 0


def test_a_partition_column_may_be_dropped_once_the_spec_is_without_it() -> None:
    with pytest.raises(ProvisioningError, match="'PartitionSpec' must be made of the schema's field ids"):
        evolve(declared(PartitionSpec=SPEC), declared(BASE[1:], PartitionSpec=SPEC))
    assert [f[0] for f in schema_of(evolve(declared(PartitionSpec=SPEC), declared(BASE[1:])))] == [2, 3]


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (
            declared([field(1, "id", "string", required=True), *BASE[1:]]),
            "'Schema.Fields.id.Type' must be int or wider",
        ),
        (declared([BASE[0], field(2, "name", "string", required=True), BASE[2]]), "name.Required' must be false"),
        (declared([*BASE, field(5, "new", "date", required=True)]), "new.Required' must be false, got true"),
        (declared([BASE[0], field(2, "other", "date"), BASE[2]]), "other.Id' must be unused before"),
        (declared([*BASE, field(4, "new", "date")]), "unique in the table"),
        (declared(Location="s3://lake/elsewhere"), "'IcebergTableInput.Location' must be"),
        (declared(Version="1"), "'IcebergInput.Version' must be 2, got 1"),
        (
            declared(PartitionSpec=spec((1000, 2, "identity", "name"))),
            "'PartitionSpec.Fields.name.FieldId' must be unused",
        ),
    ],
    ids=["narrows", "requires", "adds required", "re-uses", "doubles", "moves", "version", "spec re-use"],
)
def test_an_illegal_change_is_refused(after: definition.TableDefinition, message: str) -> None:
    with pytest.raises(ProvisioningError, match=message):
        evolve(declared(PartitionSpec=SPEC), after)


def test_a_roll_back_returns_even_to_a_narrower_schema() -> None:
    wide = declared([field(1, "id", "long"), *BASE[1:], field(5, "added", "date")])
    metadata = evolve(declared(), wide)
    with pytest.raises(ProvisioningError, match="must be long or wider"):
        evolution.updates(metadata, declared(), {})
    back = update_table_metadata(metadata, evolution.updates(metadata, declared(), {}, rolling_back=True))
    assert schema_of(back) == schema_of(_first_metadata(declared()))
    assert back.current_schema_id == 0
    again = update_table_metadata(back, evolution.updates(back, wide, {}))
    assert (5, "added", "date", False) in schema_of(again)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MetadataOperation": "UPDATE"}, "'IcebergInput.MetadataOperation' must be CREATE"),
        ({"IcebergTableInput": {"Location": "s3://b/t"}}, "'IcebergTableInput.Schema' must be set"),
        (
            {"IcebergTableInput": {"Location": "s3://b/t", "Schema": {"Fields": BASE, "IdentifierFieldIds": [9]}}},
            "'IcebergTableInput' must be a valid Iceberg table, got \"t\"; .*Could not find field with id: 9",
        ),
        (
            {"IcebergTableInput": {"Location": "s3://b/t", "Schema": {"Fields": [field(1, "a", "varchar")]}}},
            "'IcebergTableInput' must be a valid Iceberg table",
        ),
    ],
)
def test_an_incomplete_definition_is_refused(change: Template, message: str) -> None:
    properties = iceberg_table("db", "t", "s3://b/t", BASE)["Properties"]
    properties["OpenTableFormatInput"]["IcebergInput"].update(change)
    with pytest.raises(ProvisioningError, match=message):
        definition.read(properties)


def test_table_input_beside_the_iceberg_form_is_refused() -> None:
    properties = iceberg_table("db", "t", "s3://b/t", BASE)["Properties"]
    with pytest.raises(ProvisioningError, match="'TableInput' must be absent beside OpenTableFormatInput"):
        definition.read({**properties, "TableInput": {"Name": "t"}})
