"""What is deployed, what is live, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from readback.aws import Aws

Properties = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One deployed resource, with its template's properties resolved."""

    stack: str
    logical_id: str
    type: str
    physical_id: str
    expected: Properties
    stack_tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Live:
    """A resource as the AWS API describes it now: CloudFormation-shaped properties, and what `Fn::GetAtt` gives."""

    properties: Properties
    attributes: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class Mismatch:
    """A property whose live value is not the template's."""

    stack: str
    logical_id: str
    type: str
    property: str
    expected: Any
    actual: Any


Reader = Callable[[Aws, Resource], Live | None]
"""Describes one resource; nothing when it does not exist."""

ABSENT = "<absent>"


class Anything:
    """Stands for a value no public API can tell (an attribute of a recorded resource); equals every value."""

    def __repr__(self) -> str:
        return "<recorded>"


ANYTHING = Anything()
