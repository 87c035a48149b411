"""The schema registry of Glue, which the endpoint lacks: registries, schemas, and versions that fit those before.

Of compatibility it knows BACKWARD for JSON Schema, at the top of a record: no property is newly required, none has
fewer types.

Source: AWS Glue API reference, Schema registry; AWS Glue Developer Guide, "Schema versioning and compatibility".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response, new_uuid, now_iso
from ministack.services import glue

from emulator import aws
from emulator.completions.rest_json import RefusedError

Request = dict[str, Any]

_registries: Any = AccountRegionScopedDict()
"""ARN -> registry."""
_schemas: Any = AccountRegionScopedDict()
"""ARN -> schema, with its versions, the oldest first."""


def install() -> None:
    """Answer these operations before the endpoint's Glue sees them."""
    handle = glue._handle_request_sync

    def handling(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Any:
        operation = _OPERATIONS.get(headers.get("x-amz-target", "").split(".")[-1])
        if operation is None:
            return handle(method, path, headers, body, query)
        try:
            return json_response(operation(json.loads(body or b"{}")))
        except RefusedError as refused:
            return error_response_json(refused.code, str(refused), refused.status)

    glue._handle_request_sync = handling
    glue._ALL_STATE.update(schema_registries=_registries, registered_schemas=_schemas)


# --- registries


def _create_registry(request: Request) -> Request:
    name = request["RegistryName"]
    arn = aws.arn("glue", f"registry/{name}")
    if arn in _registries:
        raise RefusedError(f"Registry {name} already exists.", "AlreadyExistsException")
    described = {"RegistryName": name, "RegistryArn": arn, "Description": request.get("Description", "")}
    _registries[arn] = {**described, "Status": "AVAILABLE", "CreatedTime": now_iso(), "UpdatedTime": now_iso()}
    glue._tags[arn] = dict(request.get("Tags") or {})
    return {**described, "Tags": glue._tags[arn]}


def _registry_of(request: Request) -> Request:
    given = request.get("RegistryId") or {}
    arn = given.get("RegistryArn") or aws.arn("glue", f"registry/{given.get('RegistryName')}")
    if arn not in _registries:
        raise RefusedError(f"Registry {arn} is not found.", "EntityNotFoundException")
    registry: Request = _registries[arn]
    return registry


def _update_registry(request: Request) -> Request:
    registry = _registry_of(request)
    registry.update(Description=request["Description"], UpdatedTime=now_iso())
    return {name: registry[name] for name in ("RegistryName", "RegistryArn")}


def _delete_registry(request: Request) -> Request:
    registry = _registry_of(request)
    arn = registry["RegistryArn"]
    for schema in [schema for schema in _schemas.values() if schema["RegistryArn"] == arn]:
        del _schemas[schema["SchemaArn"]]
    del _registries[arn]
    glue._tags.pop(arn, None)
    return {"RegistryName": registry["RegistryName"], "RegistryArn": arn, "Status": "DELETING"}


# --- schemas


def _create_schema(request: Request) -> Request:
    registry = _registry_of(request)
    name = request["SchemaName"]
    arn = aws.arn("glue", f"schema/{registry['RegistryName']}/{name}")
    if arn in _schemas:
        raise RefusedError(f"Schema {name} already exists.", "AlreadyExistsException")
    schema = {
        **{part: registry[part] for part in ("RegistryName", "RegistryArn")},
        "SchemaName": name,
        "SchemaArn": arn,
        "Description": request.get("Description", ""),
        "DataFormat": request["DataFormat"],
        "Compatibility": request.get("Compatibility", "NONE"),
        "SchemaStatus": "AVAILABLE",
        "CreatedTime": now_iso(),
        "UpdatedTime": now_iso(),
        "versions": [],
    }
    definition = request.get("SchemaDefinition")
    first = _registered(schema, definition) if definition else {}
    _schemas[arn] = schema
    glue._tags[arn] = dict(request.get("Tags") or {})
    made = {"SchemaVersionId": first["SchemaVersionId"], "SchemaVersionStatus": first["Status"]} if first else {}
    return {**_described(schema), "Tags": glue._tags[arn], **made}


def _schema_of(request: Request) -> Request:
    given = request.get("SchemaId") or {}
    arn = given.get("SchemaArn") or aws.arn("glue", f"schema/{given.get('RegistryName')}/{given.get('SchemaName')}")
    if arn not in _schemas:
        raise RefusedError(f"Schema {arn} is not found.", "EntityNotFoundException")
    schema: Request = _schemas[arn]
    return schema


def _described(schema: Request) -> Request:
    """The first version is the checkpoint, the one that later ones are held against where more than one is."""
    members = {name: value for name, value in schema.items() if name != "versions"}
    latest = len(schema["versions"])
    numbers = {"LatestSchemaVersion": latest, "NextSchemaVersion": latest + 1, "SchemaCheckpoint": min(1, latest)}
    return {**members, **numbers}


def _update_schema(request: Request) -> Request:
    schema = _schema_of(request)
    given: Request = {name: request[name] for name in ("Compatibility", "Description") if name in request}
    schema.update(given, UpdatedTime=now_iso())
    return {name: schema[name] for name in ("SchemaArn", "SchemaName", "RegistryName")}


def _delete_schema(request: Request) -> Request:
    schema = _schema_of(request)
    del _schemas[schema["SchemaArn"]]
    glue._tags.pop(schema["SchemaArn"], None)
    return {"SchemaArn": schema["SchemaArn"], "SchemaName": schema["SchemaName"], "Status": "DELETING"}


# --- versions


def _register(request: Request) -> Request:
    version = _registered(_schema_of(request), request["SchemaDefinition"])
    return {name: version[name] for name in ("SchemaVersionId", "VersionNumber", "Status")}


def _registered(schema: Request, definition: str) -> Request:
    """The version of a definition: the one it has already, or a new one."""
    versions = schema["versions"]
    for version in versions:
        if version["SchemaDefinition"] == definition:
            found: Request = version
            return found
    parsed = _parsed(schema, definition)
    usable = [version for version in versions if version["Status"] == "AVAILABLE"]
    broken = schema["Compatibility"] == "BACKWARD" and usable and _breaks(usable[-1]["SchemaDefinition"], parsed)
    version = {
        "SchemaVersionId": new_uuid(),
        "SchemaDefinition": definition,
        "VersionNumber": len(versions) + 1,
        "Status": "FAILURE" if broken else "AVAILABLE",
        "CreatedTime": now_iso(),
    }
    versions.append(version)
    return version


def _parsed(schema: Request, definition: str) -> Request:
    if schema["DataFormat"] != "JSON":
        raise RefusedError(f"Schemas in {schema['DataFormat']} are not emulated.", "InvalidInputException")
    try:
        parsed = json.loads(definition)
    except ValueError as error:
        raise RefusedError(f"Schema definition is not JSON: {error}", "InvalidInputException") from error
    draft = str(parsed.get("$schema", "")) if isinstance(parsed, dict) else ""
    if not any(known in draft for known in ("draft-04", "draft-06", "draft-07")):
        raise RefusedError(f"Schema definition must be of draft 4, 6 or 7, got {draft!r}.", "InvalidInputException")
    result: Request = parsed
    return result


def _breaks(before: str, after: Request) -> bool:
    """Whether records of the schema before could not be read by the one after."""
    old = json.loads(before)
    if not set(after.get("required", [])) <= set(old.get("required", [])):
        return True
    had, has = old.get("properties", {}), after.get("properties", {})
    return any(not _types(had[name]) <= _types(has[name]) for name in had.keys() & has.keys())


def _types(schema: Request) -> set[str]:
    kinds = schema.get("type", [])
    named = {kinds} if isinstance(kinds, str) else set(kinds)
    # a number that may have a fraction may have none
    return named | ({"integer"} if "number" in named else set())


def _get_version(request: Request) -> Request:
    wanted = request.get("SchemaVersionId")
    for schema in _schemas.values():
        for version in schema["versions"]:
            if wanted == version["SchemaVersionId"]:
                return {**version, **{name: schema[name] for name in ("DataFormat", "SchemaArn")}}
    raise RefusedError(f"Schema version {wanted} is not found.", "EntityNotFoundException")


_OPERATIONS: dict[str, Callable[[Request], Request]] = {
    "CreateRegistry": _create_registry,
    "GetRegistry": lambda request: dict(_registry_of(request)),
    "UpdateRegistry": _update_registry,
    "DeleteRegistry": _delete_registry,
    "CreateSchema": _create_schema,
    "GetSchema": lambda request: _described(_schema_of(request)),
    "UpdateSchema": _update_schema,
    "DeleteSchema": _delete_schema,
    "RegisterSchemaVersion": _register,
    "GetSchemaVersion": _get_version,
}
