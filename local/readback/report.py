"""The whole read-back of a stack: how many properties were compared, what differs, what could not be."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import asdict, dataclass, field
from typing import Any

from readback.aws import Aws
from readback.compare import differences, tag_differences
from readback.model import ABSENT, Live, Mismatch, Resource
from readback.readers import READERS
from readback.stacks import DeployedStack
from readback.unheld import reason


@dataclass
class Report:
    """Counts and findings; a stack is proven when `mismatches` is empty."""

    resources: int = 0
    properties: int = 0
    types: dict[str, dict[str, int]] = field(default_factory=dict)
    """How many resources and properties of each type were read."""
    recorded: list[dict[str, str]] = field(default_factory=list)
    unheld: list[dict[str, str]] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)

    def count(self, resource_type: str, resources: int = 0, properties: int = 0) -> None:
        """Add to the counts, in all and of the type."""
        counts = self.types.setdefault(resource_type, {"resources": 0, "properties": 0})
        counts["resources"] += resources
        counts["properties"] += properties
        self.resources += resources
        self.properties += properties

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {
            "resources": self.resources,
            "properties": self.properties,
            "types": self.types,
            "recorded": self.recorded,
            "unheld": self.unheld,
            "mismatches": [asdict(mismatch) for mismatch in self.mismatches],
        }


def read_back(endpoint: str, stack: str, region: str, types: str = "") -> Report:
    """Read the stack and its nested stacks back from the endpoint and compare every property.

    `types` is what the names of types begin with, for example `AWS::MSK`; empty for all.
    """
    aws = Aws(endpoint, region)
    recorded = _recorded(endpoint)
    report = Report()
    root = DeployedStack(aws, stack, {(item["stack"], item["logicalId"]) for item in recorded})
    names = _read_stack(root, report, types)
    report.recorded = [item for item in recorded if item["stack"] in names and item["type"].startswith(types)]
    return report


def _read_stack(stack: DeployedStack, report: Report, types: str) -> set[str]:
    names = {stack.name}
    for resource in stack.resources():
        if not resource.type.startswith(types):
            continue
        report.count(resource.type, resources=1)
        if stack.is_recorded(resource):
            continue
        if resource.type not in READERS:
            report.mismatches.append(_mismatch(resource, "", "a reader of the type", ABSENT))
            continue
        _read_resource(resource, stack.live(resource.logical_id), report)
    for inner in stack.nested():
        names |= _read_stack(inner, report, types)
    return names


def _read_resource(resource: Resource, live: Live | None, report: Report) -> None:
    if live is None:
        report.mismatches.append(_mismatch(resource, "", "deployed", ABSENT))
        return
    held = {}
    for name, value in resource.expected.items():
        why = reason(resource.type, name)
        if why is None:
            held[name] = value
        elif not any((u["type"], u["property"]) == (resource.type, name) for u in report.unheld):
            report.unheld.append({"type": resource.type, "property": name, "reason": why})
    report.count(resource.type, properties=len(held))
    report.mismatches.extend(compare_resource(resource, held, live))


def compare_resource(resource: Resource, expected: dict[str, Any], live: Live) -> list[Mismatch]:
    """The mismatches of one resource's properties."""
    found: list[Mismatch] = []
    for name, value in expected.items():
        if name in ("Tags", "HostedZoneTags"):
            different = tag_differences(value, live.properties.get(name), resource.stack_tags)
        elif name not in live.properties:
            different = [(name, value, ABSENT)] if value not in ({}, [], None) else []
        else:
            different = differences(name, value, live.properties[name])
        found.extend(_mismatch(resource, path, want, got) for path, want, got in different)
    return found


def _mismatch(resource: Resource, path: str, expected: Any, actual: Any) -> Mismatch:
    shown = (expected, actual)
    plain = tuple(json.loads(json.dumps(value, default=str)) for value in shown)
    return Mismatch(resource.stack, resource.logical_id, resource.type, path, plain[0], plain[1])


def _recorded(endpoint: str) -> list[dict[str, str]]:
    """What the endpoint says it only recorded; AWS itself records nothing."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_lakehouse/recorded", timeout=10) as response:
            listed: list[dict[str, str]] = json.load(response)["recorded"]
            return listed
    except (OSError, ValueError, KeyError):
        return []
