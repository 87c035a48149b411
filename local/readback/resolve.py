"""CloudFormation's intrinsic functions, resolved against what is deployed.

Source: CloudFormation User Guide, intrinsic function reference and pseudo parameters.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from readback.aws import Aws
from readback.model import ANYTHING

_NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
_DYNAMIC = re.compile(r"^\{\{resolve:(ssm|secretsmanager):([^}]+)\}\}$")


class UnresolvableError(Exception):
    """A template uses something this resolver does not know."""


@dataclass
class Scope:
    """Where references of one stack's template lead."""

    aws: Aws
    stack_name: str
    stack_id: str
    parameters: dict[str, Any]
    physical_ids: dict[str, str]
    attribute: Callable[[str, str], Any]
    mappings: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)


def resolve(scope: Scope, value: Any) -> Any:
    """A template value with every intrinsic function replaced by what it stands for."""
    if isinstance(value, list):
        items = [resolve(scope, item) for item in value]
        return [item for item in items if item is not _NO_VALUE]
    if isinstance(value, str):
        return _dynamic(scope, value)
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](scope, argument)
        if name.startswith("Fn::"):
            raise UnresolvableError(f"'{name}' must be a known function, got {argument!r}; add it to the resolver")
    members = {key: resolve(scope, item) for key, item in value.items()}
    return {key: item for key, item in members.items() if item is not _NO_VALUE}


def condition(scope: Scope, name: str) -> bool:
    """Whether a named condition of the template holds."""
    return bool(resolve(scope, scope.conditions[name]))


def _ref(scope: Scope, name: str) -> Any:
    pseudo = {
        "AWS::StackName": scope.stack_name,
        "AWS::StackId": scope.stack_id,
        "AWS::Region": scope.aws.region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::NoValue": _NO_VALUE,
        "AWS::NotificationARNs": [],
    }
    if name in pseudo:
        return pseudo[name]
    if name == "AWS::AccountId":
        return scope.aws.account_id()
    if name in scope.parameters:
        return scope.parameters[name]
    if name in scope.physical_ids:
        return scope.physical_ids[name]
    raise UnresolvableError(f"'Ref' must be a parameter or a deployed resource, got {name!r}; deploy the stack again")


def _get_att(scope: Scope, argument: Any) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    return scope.attribute(parts[0], resolve(scope, parts[1]))


def _join(scope: Scope, argument: Any) -> Any:
    separator, items = argument[0], resolve(scope, argument[1])
    if any(item is ANYTHING for item in items):
        return ANYTHING
    return separator.join(str(item) for item in items)


def _sub(scope: Scope, argument: Any) -> Any:
    text, local = (argument, {}) if isinstance(argument, str) else (argument[0], resolve(scope, argument[1]))
    unknown = False

    def replace(match: re.Match[str]) -> str:
        nonlocal unknown
        if match[1]:
            return f"${{{match[2]}}}"
        name = match[2].strip()
        value = local[name] if name in local else (_get_att if "." in name else _ref)(scope, name)
        unknown = unknown or value is ANYTHING
        return str(value)

    made = _VARIABLE.sub(replace, text)
    return ANYTHING if unknown else made


def _select(scope: Scope, argument: Any) -> Any:
    items = resolve(scope, argument[1])
    return ANYTHING if items is ANYTHING else items[int(resolve(scope, argument[0]))]


def _split(scope: Scope, argument: Any) -> Any:
    text = resolve(scope, argument[1])
    return ANYTHING if text is ANYTHING else str(text).split(argument[0])


def _find_in_map(scope: Scope, argument: Any) -> Any:
    name, first, second = (resolve(scope, part) for part in argument[:3])
    return resolve(scope, scope.mappings[name][first][second])


def _if(scope: Scope, argument: Any) -> Any:
    return resolve(scope, argument[1] if condition(scope, argument[0]) else argument[2])


def _get_azs(scope: Scope, argument: Any) -> Any:
    zones = scope.aws.client("ec2").describe_availability_zones()["AvailabilityZones"]
    return sorted(zone["ZoneName"] for zone in zones)


def _equals(scope: Scope, argument: Any) -> bool:
    return bool(resolve(scope, argument[0]) == resolve(scope, argument[1]))


def _dynamic(scope: Scope, value: str) -> Any:
    match = _DYNAMIC.match(value)
    if not match or match[1] != "ssm":
        # a secret's value never leaves the service: the reference itself is what the template says
        return ANYTHING if match else value
    return scope.aws.client("ssm").get_parameter(Name=match[2].split(":")[0])["Parameter"]["Value"]


_FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "Ref": _ref,
    "Condition": lambda scope, name: condition(scope, name),
    "Fn::GetAtt": _get_att,
    "Fn::Join": _join,
    "Fn::Sub": _sub,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::GetAZs": _get_azs,
    "Fn::Base64": lambda scope, text: base64.b64encode(str(resolve(scope, text)).encode()).decode(),
    "Fn::Equals": _equals,
    "Fn::And": lambda scope, parts: all(bool(resolve(scope, part)) for part in parts),
    "Fn::Or": lambda scope, parts: any(bool(resolve(scope, part)) for part in parts),
    "Fn::Not": lambda scope, parts: not resolve(scope, parts[0]),
}
