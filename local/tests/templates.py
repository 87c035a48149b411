"""Small CloudFormation templates of the tests' own."""

from __future__ import annotations

import json
from typing import Any

Template = dict[str, Any]

CHILD = json.dumps(
    {
        "Parameters": {"Word": {"Type": "String", "Default": "untold"}},
        "Resources": {
            "Said": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Word"}}},
        },
        "Outputs": {"Said": {"Value": {"Ref": "Said"}}},
    }
).encode()


def ref(name: str) -> dict[str, str]:
    """`Ref`."""
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    """`Fn::GetAtt`."""
    return {"Fn::GetAtt": [name, attribute]}


def tags(name: str) -> list[dict[str, str]]:
    """A tag."""
    return [{"Key": "part", "Value": name}]


def field(number: int, name: str, kind: Any, *, required: bool = False, doc: str | None = None) -> Template:
    """A column as CloudFormation writes it; a nested type is its Iceberg JSON."""
    text = kind if isinstance(kind, str) else json.dumps(kind)
    return {"Id": number, "Name": name, "Type": text, "Required": required, **({"Doc": doc} if doc else {})}


def iceberg_table(database: Any, name: str, location: Any, fields: list[Template], **parts: Any) -> Template:
    """An Iceberg table without `TableInput`; `parts`: PartitionSpec, WriteOrder, Properties, Version, identifiers."""
    version = parts.pop("Version", "2")
    identifiers = parts.pop("IdentifierFieldIds", None)
    schema: Template = {"Type": "struct", "SchemaId": 0, "Fields": fields}
    if identifiers:
        schema["IdentifierFieldIds"] = identifiers
    table = {"Location": location, "Schema": schema, **parts}
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": ref("AWS::AccountId"),
            "DatabaseName": database,
            "Name": name,
            "OpenTableFormatInput": {
                "IcebergInput": {"MetadataOperation": "CREATE", "Version": version, "IcebergTableInput": table}
            },
        },
    }


def spec(*fields: tuple[int, int, str, str]) -> Template:
    """A partition spec of (field id, source id, transform, name)."""
    return {
        "SpecId": 0,
        "Fields": [{"FieldId": f, "SourceId": s, "Transform": t, "Name": n} for f, s, t, n in fields],
    }


def order(*fields: tuple[int, str, str]) -> Template:
    """A sort order of (source id, direction, null order)."""
    return {
        "OrderId": 1,
        "Fields": [{"SourceId": s, "Transform": "identity", "Direction": d, "NullOrder": n} for s, d, n in fields],
    }


def bucket_and_database() -> dict[str, Template]:
    """Where tables live."""
    return {
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake-of-tests"}},
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": ref("AWS::AccountId"), "DatabaseInput": {"Name": "silver", "Description": "d"}},
        },
    }
