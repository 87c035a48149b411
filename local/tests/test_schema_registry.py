"""Registries of schemas: made, evolved and refused through the endpoint's own API."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from readback.report import read_back
from tests.kafka_resources import record_schema, schemas
from tests.support import REGION, Endpoint
from tests.templates import Template

FIRST = record_schema("flight", flight="integer", delay="integer")


@pytest.fixture
def stack(endpoint: Endpoint) -> Iterator[Template]:
    """The template of a stack that is deployed."""
    template: Template = {"Resources": schemas(FIRST)}
    assert endpoint.deploy("schemas", template) == "CREATE_COMPLETE", endpoint.why("schemas")
    try:
        yield copy.deepcopy(template)
    finally:
        endpoint.destroy("schemas")


def schema_of(endpoint: Endpoint) -> Any:
    named = {"RegistryName": "tests", "SchemaName": "departures"}
    return endpoint.client("glue").get_schema(SchemaId=named)


def define(stack: Template, definition: str) -> None:
    stack["Resources"]["Version"]["Properties"]["SchemaDefinition"] = definition


def test_a_schema_is_read_back_whole(endpoint: Endpoint, stack: Template) -> None:
    report = read_back(endpoint.url, "schemas", REGION)
    assert (report.resources, report.mismatches, report.recorded) == (3, [], [])


def test_another_definition_is_another_version_and_the_old_one_stays(endpoint: Endpoint, stack: Template) -> None:
    define(stack, record_schema("flight", flight="integer", delay=["integer", "null"], tail=["string", "null"]))
    assert endpoint.deploy("schemas", stack) == "UPDATE_COMPLETE", endpoint.why("schemas")
    assert schema_of(endpoint)["LatestSchemaVersion"] == 2
    assert read_back(endpoint.url, "schemas", REGION).mismatches == []
    define(stack, FIRST)
    assert endpoint.deploy("schemas", stack) == "UPDATE_COMPLETE", endpoint.why("schemas")
    assert schema_of(endpoint)["LatestSchemaVersion"] == 2


@pytest.mark.parametrize(
    "definition",
    [
        record_schema("flight", "delay", flight="integer", delay="integer"),
        record_schema("flight", flight="string", delay="integer"),
    ],
    ids=["requires what was optional", "takes another type"],
)
def test_a_definition_that_breaks_consumers_is_refused(endpoint: Endpoint, stack: Template, definition: str) -> None:
    define(stack, definition)
    assert endpoint.deploy("schemas", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "must be compatible with the version before" in endpoint.why("schemas")
    assert read_back(endpoint.url, "schemas", REGION).mismatches == []


@pytest.mark.parametrize("definition", ["{", record_schema().replace("draft-07", "draft/2020-12")])
def test_a_definition_that_the_registry_cannot_read_is_refused(
    endpoint: Endpoint, stack: Template, definition: str
) -> None:
    define(stack, definition)
    assert endpoint.deploy("schemas", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Schema definition" in endpoint.why("schemas")


def test_a_definition_in_the_schema_itself_cannot_change(endpoint: Endpoint, stack: Template) -> None:
    stack["Resources"]["Schema"]["Properties"]["SchemaDefinition"] = FIRST
    assert endpoint.deploy("schemas", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Schema departures already exists" in endpoint.why("schemas")


def test_compatibility_description_and_tags_change_in_place(endpoint: Endpoint, stack: Template) -> None:
    tags = [{"Key": "Other", "Value": "tag"}]
    stack["Resources"]["Schema"]["Properties"].update(Compatibility="FULL", Description="more", Tags=tags)
    stack["Resources"]["Registry"]["Properties"].update(Description="less", Tags=tags)
    assert endpoint.deploy("schemas", stack) == "UPDATE_COMPLETE", endpoint.why("schemas")
    assert read_back(endpoint.url, "schemas", REGION).mismatches == []
