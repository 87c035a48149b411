"""The schema registry of AWS Glue: registries, schemas and their versions."""

from __future__ import annotations

from readback.aws import Aws
from readback.model import Live, Resource
from readback.readers.common import found, present, reader


@reader("AWS::Glue::Registry")
def registry(aws: Aws, resource: Resource) -> Live | None:
    """GetRegistry, GetTags."""
    arn = resource.physical_id
    live = found(lambda: aws.client("glue").get_registry(RegistryId={"RegistryArn": arn}))
    if live is None:
        return None
    return Live(
        present(Name=live["RegistryName"], Description=live.get("Description"), Tags=_tags(aws, arn)), {"Arn": arn}
    )


@reader("AWS::Glue::Schema")
def schema(aws: Aws, resource: Resource) -> Live | None:
    """GetSchema, GetTags; of the registry what the template names it by."""
    arn = resource.physical_id
    live = found(lambda: aws.client("glue").get_schema(SchemaId={"SchemaArn": arn}))
    if live is None:
        return None
    members = present(
        Name=live["SchemaName"],
        Description=live.get("Description"),
        DataFormat=live["DataFormat"],
        Compatibility=live["Compatibility"],
        Registry={"Arn": live["RegistryArn"], "Name": live["RegistryName"]},
        Tags=_tags(aws, arn),
    )
    return Live(members, {"Arn": arn})


@reader("AWS::Glue::SchemaVersion")
def schema_version(aws: Aws, resource: Resource) -> Live | None:
    """GetSchemaVersion."""
    version = resource.physical_id
    live = found(lambda: aws.client("glue").get_schema_version(SchemaVersionId=version))
    if live is None:
        return None
    *_, registry_name, name = live["SchemaArn"].split("/")
    named = {"SchemaArn": live["SchemaArn"], "RegistryName": registry_name, "SchemaName": name}
    return Live({"Schema": named, "SchemaDefinition": live["SchemaDefinition"]}, {"VersionId": version})


def _tags(aws: Aws, arn: str) -> list[dict[str, str]]:
    tags: dict[str, str] = aws.client("glue").get_tags(ResourceArn=arn)["Tags"]
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
