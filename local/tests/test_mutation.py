"""The read-back is proven: one property at a time is kept from the provisioner, and the read-back must report it.

Runs on the really deployed development stack: its resources' resolved properties are given, one property less, to the
same provisioner again, and what it made is read back and compared with the full properties. Where a property's value
is what the service takes by default, dropping changes nothing; then another value takes its place.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from readback.model import Resource
from readback.readers import READERS
from readback.report import compare_resource, read_back
from readback.stacks import NESTED, DeployedStack
from readback.unheld import unheld
from tests import mutations, synthesized
from tests.everything import everything
from tests.mutations import Mutation
from tests.support import REGION, Endpoint
from tests.templates import CHILD

_IN_PLACE_OF = frozenset(
    {"AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::EC2::Route", "AWS::IAM::Policy"}
    | {"AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPCGatewayAttachment", "AWS::Glue::TableOptimizer"}
    | {"AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress", "AWS::SQS::QueuePolicy"}
    | {"AWS::Lambda::Permission", "AWS::ApplicationAutoScaling::ScalableTarget"}
)
"""Types that are a part of another resource: the mutant takes the original's place for a moment."""
_NAMES: dict[str, mutations.Path] = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("PolicyName",),
    "AWS::Athena::WorkGroup": ("Name",),
    "AWS::Budgets::Budget": ("Budget", "BudgetName"),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::EMR::SecurityConfiguration": ("Name",),
    "AWS::Events::Rule": ("Name",),
    "AWS::Glue::Database": ("DatabaseInput", "Name"),
    "AWS::Glue::Registry": ("Name",),
    "AWS::Glue::Schema": ("Name",),
    "AWS::Glue::Table": ("Name",),
    "AWS::IAM::InstanceProfile": ("InstanceProfileName",),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::KMS::Alias": ("AliasName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::MSK::Cluster": ("ClusterName",),
    "AWS::MSK::Configuration": ("Name",),
    "AWS::MSK::Topic": ("TopicName",),
    "AWS::MWAA::Environment": ("Name",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SQS::Queue": ("QueueName",),
    "AWS::SSM::Parameter": ("Name",),
    "AWS::ECR::Repository": ("RepositoryName",),
    "AWS::EMRServerless::Application": ("Name",),
    "AWS::Lambda::Function": ("FunctionName",),
    "AWS::Lambda::LayerVersion": ("LayerName",),
    "AWS::Scheduler::Schedule": ("Name",),
    "AWS::Scheduler::ScheduleGroup": ("Name",),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
}
"""Where a type is named by its template: a mutant beside the original needs a name of its own."""


class Mutants:
    """Makes a resource again with a property less, reads it back, and takes it away."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._count = 0

    def reported(self, resource: Resource, given: dict[str, Any], name_at: mutations.Path | None) -> bool:
        """Whether the read-back (or the provisioner itself) notices that `given` is not what the template says."""
        in_place = resource.type in _IN_PLACE_OF
        self._count += 1
        expected = copy.deepcopy(resource.expected)
        if name_at and _has(expected, name_at):
            renamed = f"{mutations.value_at(expected, name_at)}m{self._count}"
            for properties in (expected, given):
                if _has(properties, name_at) and mutations.value_at(properties, name_at) == mutations.value_at(
                    resource.expected, name_at
                ):
                    _set(properties, name_at, renamed)
        if in_place:
            self._operate(resource, "delete", resource.expected, physicalId=resource.physical_id)
        try:
            return self._made_and_read(replace(resource, expected=expected), given)
        finally:
            if in_place:
                made = self._operate(resource, "create", resource.expected)
                assert "error" not in made, made

    def _made_and_read(self, resource: Resource, given: dict[str, Any]) -> bool:
        made = self._operate(resource, "create", given, logicalId=f"{resource.logical_id}M{self._count}")
        if "error" in made:
            return True
        mutant = replace(resource, physical_id=made["physicalId"])
        try:
            live = READERS[resource.type](self.endpoint.aws, mutant)
            held = {k: v for k, v in mutant.expected.items() if not _unheld(resource.type, k)}
            return live is None or bool(compare_resource(mutant, held, live))
        finally:
            self._operate(resource, "delete", given, physicalId=made["physicalId"])

    def _operate(self, resource: Resource, operation: str, properties: dict[str, Any], **more: Any) -> Any:
        request = {
            "operation": operation,
            "type": resource.type,
            "logicalId": resource.logical_id,
            "stack": resource.stack,
            "properties": properties,
            **more,
        }
        return self.endpoint.post("/_tests/provision", request)


def _unheld(resource_type: str, name: str) -> bool:
    return any((entry.type, entry.property) == (resource_type, name) for entry in unheld())


def _has(properties: dict[str, Any], path: mutations.Path) -> bool:
    try:
        mutations.value_at(properties, path)
    except (KeyError, TypeError):
        return False
    return True


def _set(properties: dict[str, Any], path: mutations.Path, value: Any) -> None:
    for part in path[:-1]:
        properties = properties[str(part)]
    properties[str(path[-1])] = value


def _all_resources(stack: DeployedStack) -> Iterator[Resource]:
    yield from stack.resources()
    for inner in stack.nested():
        yield from _all_resources(inner)


def _plan(resources: list[Resource]) -> dict[Mutation, Resource]:
    """Each property of each type once, on the first resource that has it."""
    planned: dict[tuple[str, str], tuple[Mutation, Resource]] = {}
    for resource in resources:
        for path in mutations.paths(resource.expected):
            mutation = Mutation(resource.type, path)
            planned.setdefault((resource.type, mutation.name), (mutation, resource))
    return dict(planned.values())


_PROVEN: set[tuple[str, str]] = set()
"""What an earlier stack has proven of a type and property: once is enough."""


@pytest.fixture(params=["own", "dev", "staging", "prod"])
def deployed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Endpoint, str]]:
    """An endpoint with the stack on it: a small template of every type, and the stack of each environment."""
    assembly = None if request.param == "own" else synthesized.Assembly(request.param)
    module = "tests.mutation_launcher"
    endpoint = assembly.endpoint(tmp_path, module) if assembly else Endpoint(tmp_path, module=module)
    try:
        if assembly:
            assert assembly.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(assembly.name)
            yield endpoint, assembly.name
        else:
            assert endpoint.deploy("own", everything(endpoint)) == "CREATE_COMPLETE", endpoint.why("own")
            yield endpoint, "own"
    finally:
        endpoint.stop()


def _sampled(endpoint: Endpoint, resources: list[Resource]) -> list[Resource]:
    """A nested stack made again would make its tables again: a small one stands for the type."""
    url = endpoint.upload("child.json", CHILD)
    sample = {"TemplateURL": url, "Parameters": {"Word": "told"}}
    nested = next((r for r in resources if r.type == NESTED), None)
    others = [r for r in resources if r.type != NESTED]
    return others + ([replace(nested, expected=sample)] if nested else [])


def test_the_read_back_reports_every_property_that_is_dropped(deployed: tuple[Endpoint, str]) -> None:
    """For every type of the stack, every property at every depth."""
    endpoint, stack = deployed
    report = read_back(endpoint.url, stack, REGION)
    assert report.mismatches == []
    recorded = {(item["stack"], item["logicalId"]) for item in report.recorded}
    root = DeployedStack(endpoint.aws, stack, recorded)
    resources = [r for r in _all_resources(root) if (r.stack, r.logical_id) not in recorded]
    plan = {m: r for m, r in _plan(_sampled(endpoint, resources)).items() if (m.type, m.name) not in _PROVEN}
    mutants = Mutants(endpoint)
    for resource in {id(r): r for r in plan.values()}.values():
        name_at = _NAMES.get(resource.type)
        assert not mutants.reported(resource, copy.deepcopy(resource.expected), name_at), (
            f"{resource} is not made alike"
        )
    undetected = []
    for mutation, resource in plan.items():
        name_at = _NAMES.get(resource.type)
        dropped = mutants.reported(resource, mutations.without(resource.expected, mutation.path), name_at)
        if not dropped and not mutants.reported(
            resource, mutations.with_another(resource.expected, mutation.path), name_at
        ):
            undetected.append((mutation.type, mutation.name))
    listed = {(entry.type, entry.property) for entry in unheld()}
    unnoticed = [" ".join(found) for found in undetected if found not in listed]
    assert not unnoticed, "the read-back does not notice:\n" + "\n".join(unnoticed)
    _PROVEN.update((mutation.type, mutation.name) for mutation in plan)
    types = {resource.type for resource in resources}
    assert {name for name, _ in _PROVEN} >= types - {r.type for r in resources if not r.expected}
    if os.environ.get("LAKEHOUSE_SHOW"):
        print(f"{len(plan)} properties of {len(types)} types, {mutants._count} mutants")
