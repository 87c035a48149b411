"""The schema registry of AWS Glue: registries, schemas and their versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator import aws
from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.provisioner import Identity, Provisioned, Provisioner


class Registry(Provisioner):
    """`AWS::Glue::Registry`; `Ref` is the ARN."""

    resource_type = "AWS::Glue::Registry"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Its name is the template's, and taken while another has it."""
        arn = str(aws.call("glue", "create_registry", properties, RegistryName=properties["Name"])["RegistryArn"])
        return arn, {"Arn": arn}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Description and tags in place; another name is another registry."""
        if old["Name"] != new["Name"]:
            return self.create(identity, new)
        if old.get("Description") != new.get("Description"):
            named = {"RegistryArn": physical_id}
            aws.client("glue").update_registry(RegistryId=named, Description=new.get("Description", ""))
        _retag(physical_id, old, new)
        return physical_id, {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """With the schemas in it."""
        _gone(lambda: aws.client("glue").delete_registry(RegistryId={"RegistryArn": physical_id}))


class Schema(Provisioner):
    """`AWS::Glue::Schema`; `Ref` is the ARN."""

    resource_type = "AWS::Glue::Schema"
    tag_shape = "list"

    _CREATE_ONLY = ("DataFormat", "Name", "Registry", "SchemaDefinition")

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """With its first version where the template has one."""
        registry = properties.get("Registry") or {}
        where = {f"Registry{name}": value for name, value in registry.items()}
        made = aws.call("glue", "create_schema", properties, SchemaName=properties["Name"], RegistryId=where)
        arn = str(made["SchemaArn"])
        return arn, {"Arn": arn, "InitialSchemaVersionId": made.get("SchemaVersionId", "")}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Compatibility, description and tags in place; the rest makes another schema, whose name may be taken."""
        if any(old.get(name) != new.get(name) for name in self._CREATE_ONLY):
            return self.create(identity, new)
        changed = {
            name: new[name] for name in ("Compatibility", "Description") if name in new and old.get(name) != new[name]
        }
        if changed:
            aws.client("glue").update_schema(SchemaId={"SchemaArn": physical_id}, **changed)
        _retag(physical_id, old, new)
        return physical_id, {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """With its versions."""
        _gone(lambda: aws.client("glue").delete_schema(SchemaId={"SchemaArn": physical_id}))


class SchemaVersion(Provisioner):
    """`AWS::Glue::SchemaVersion`; `Ref` is its identifier."""

    resource_type = "AWS::Glue::SchemaVersion"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Registered, unless the registry finds that it breaks consumers."""
        made = aws.call(
            "glue", "register_schema_version", properties, SchemaId=_schema_id(properties.get("Schema") or {})
        )
        if made["Status"] != "AVAILABLE":
            remedy = "add columns that may be empty, or make another topic"
            raise refuse("SchemaDefinition", "compatible with the version before", made["Status"], remedy)
        version = str(made["SchemaVersionId"])
        return version, {"VersionId": version}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """A version goes with its schema: records that were written with it refer to it."""


def _schema_id(schema: Properties) -> dict[str, str]:
    return {name: schema[name] for name in ("SchemaArn", "SchemaName", "RegistryName") if name in schema}


def _retag(arn: str, old: Properties, new: Properties) -> None:
    before, after = ({tag["Key"]: tag["Value"] for tag in aws.tag_list(tagged)} for tagged in (old, new))
    gone = sorted(set(before) - set(after))
    if gone:
        aws.client("glue").untag_resource(ResourceArn=arn, TagsToRemove=gone)
    if after:
        aws.client("glue").tag_resource(ResourceArn=arn, TagsToAdd=after)


def _gone(delete: Callable[[], Any]) -> None:
    glue = aws.client("glue")
    try:
        delete()
    except glue.exceptions.EntityNotFoundException:
        return
