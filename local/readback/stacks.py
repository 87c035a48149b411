"""Walks a deployed stack and its nested stacks: templates and resources by the API, properties resolved."""

from __future__ import annotations

import json
from typing import Any

import yaml

from readback.aws import Aws
from readback.model import ANYTHING, Live, Properties, Resource
from readback.readers import READERS
from readback.resolve import Scope, condition, resolve

NESTED = "AWS::CloudFormation::Stack"


class DeployedStack:
    """One stack: its resources with resolved properties, each read at most once."""

    def __init__(self, aws: Aws, name: str, recorded: set[tuple[str, str]], tags: dict[str, str] | None = None) -> None:
        self.aws = aws
        described = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        self.name: str = described["StackName"]
        self.tags = {**(tags or {}), **{t["Key"]: t["Value"] for t in described.get("Tags") or []}}
        self._template = _template(aws, name)
        self._deployed = {
            item["LogicalResourceId"]: item
            for item in aws.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=name)
        }
        self._recorded = recorded
        self._live: dict[str, Live | None] = {}
        self._resources: dict[str, Resource] = {}
        self._scope = Scope(
            aws=aws,
            stack_name=self.name,
            stack_id=described["StackId"],
            parameters=self._parameters(described),
            physical_ids={key: item["PhysicalResourceId"] for key, item in self._deployed.items()},
            attribute=self._attribute,
            mappings=self._template.get("Mappings") or {},
            conditions=self._template.get("Conditions") or {},
        )

    def resources(self) -> list[Resource]:
        """Every resource the template declares (and its conditions admit), this stack's only."""
        declared = self._template.get("Resources") or {}
        return [self.resource(key) for key, body in declared.items() if self._admitted(body)]

    def nested(self) -> list[DeployedStack]:
        """The stacks inside, one level down."""
        inner = [resource for resource in self.resources() if resource.type == NESTED]
        return [DeployedStack(self.aws, item.physical_id, self._recorded, self.tags) for item in inner]

    def resource(self, logical_id: str) -> Resource:
        """One resource with its properties resolved."""
        if logical_id not in self._resources:
            body = self._template["Resources"][logical_id]
            expected = resolve(self._scope, body.get("Properties") or {})
            physical = self._deployed.get(logical_id, {}).get("PhysicalResourceId", "")
            self._resources[logical_id] = Resource(
                self.name, logical_id, body["Type"], physical, expected, stack_tags=self.tags
            )
        return self._resources[logical_id]

    def live(self, logical_id: str) -> Live | None:
        """The resource as the API describes it; nothing when it is not there."""
        if logical_id not in self._live:
            resource = self.resource(logical_id)
            self._live[logical_id] = READERS[resource.type](self.aws, resource)
        return self._live[logical_id]

    def is_recorded(self, resource: Resource) -> bool:
        """Whether the endpoint only recorded it."""
        return (resource.stack, resource.logical_id) in self._recorded

    def _admitted(self, body: Properties) -> bool:
        return "Condition" not in body or condition(self._scope, body["Condition"])

    def _attribute(self, logical_id: str, name: str) -> Any:
        if (self.name, logical_id) in self._recorded:
            return ANYTHING
        live = self.live(logical_id)
        if live is None or name not in live.attributes:
            kind = self._template["Resources"][logical_id]["Type"]
            raise KeyError(f"'Fn::GetAtt' must be an attribute the reader of {kind} gives, got {logical_id}.{name}")
        return live.attributes[name]

    def _parameters(self, described: Properties) -> dict[str, Any]:
        given = {
            p["ParameterKey"]: p.get("ResolvedValue", p["ParameterValue"]) for p in described.get("Parameters") or []
        }
        declared = self._template.get("Parameters") or {}
        values = {name: given.get(name, body.get("Default")) for name, body in declared.items()}
        return {name: self._parameter(declared[name]["Type"], value) for name, value in values.items()}

    def _parameter(self, kind: str, value: Any) -> Any:
        if kind.startswith("AWS::SSM::Parameter::Value") and isinstance(value, str) and value.startswith("/"):
            return self.aws.client("ssm").get_parameter(Name=value)["Parameter"]["Value"]
        return str(value).split(",") if kind.startswith(("List<", "CommaDelimited")) else value


def _template(aws: Aws, name: str) -> Properties:
    body = aws.client("cloudformation").get_template(StackName=name)["TemplateBody"]
    if isinstance(body, dict):
        return body
    loaded: Properties = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, Loader=_YamlLoader)
    return loaded


class _YamlLoader(yaml.SafeLoader):
    """Templates in YAML write functions as tags (`!Sub`); the CDK's bootstrap template does."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Properties:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_YamlLoader.add_multi_constructor("!", _function)
