"""Each environment's whole stack: deployed, changed, failed and rolled back, destroyed; read back after every step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from readback.model import Resource
from readback.readers import READERS
from readback.report import read_back
from readback.stacks import NESTED, DeployedStack
from tests.support import REGION, Endpoint
from tests.synthesized import Assembly, folder_of
from tests.templates import Template, field

ENVIRONMENTS = ["dev", "staging", "prod"]
KEPT = {"Retain", "RetainExceptOnCreate"}


@pytest.fixture(params=ENVIRONMENTS)
def deployed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Endpoint, Assembly]]:
    """The stack of an environment on an endpoint of its own."""
    assembly = Assembly(request.param)
    endpoint = assembly.endpoint(tmp_path)
    try:
        assert assembly.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(assembly.name)
        yield endpoint, assembly
    finally:
        endpoint.stop()


def test_is_deployed_changed_rolled_back_and_destroyed(deployed: tuple[Endpoint, Assembly]) -> None:
    """One test, because each step begins with what the one before has left."""
    endpoint, assembly = deployed
    created = _agrees(endpoint, assembly.name)

    assert assembly.deploy(endpoint, _changed) == "UPDATE_COMPLETE", endpoint.why(assembly.name)
    assert _agrees(endpoint, assembly.name) == created
    assert _threshold(endpoint) == [7.0]

    def fails(root: Template, nested: dict[str, Template]) -> None:
        _changed(root, nested)
        _alarm(root)["Threshold"] = 9
        # a column that narrows: Iceberg, and Glue, refuse it
        column = _columns(nested)[0]
        column["Type"] = "int" if column["Type"] != "int" else "boolean"

    assert assembly.deploy(endpoint, fails) == "UPDATE_ROLLBACK_COMPLETE"
    assert _agrees(endpoint, assembly.name) == created
    assert _threshold(endpoint) == [7.0]

    _destroyed(endpoint, assembly)


def test_first_deployment_that_fails_last_is_taken_back(tmp_path: Path) -> None:
    """By then buckets hold DAGs, tables their metadata, and what no policy keeps has to be deleted."""
    assembly = Assembly("staging")
    endpoint = assembly.endpoint(tmp_path)

    def fails(root: Template, nested: dict[str, Template]) -> None:
        # SSM keeps 4,096 characters in a parameter of the standard tier
        properties = {"Type": "String", "Value": "x" * 4097}
        root["Resources"]["Fails"] = {
            "Type": "AWS::SSM::Parameter",
            "DependsOn": list(root["Resources"]),
            "Properties": properties,
        }

    try:
        assert assembly.deploy(endpoint, fails) == "ROLLBACK_COMPLETE", endpoint.why(assembly.name)
        [artifacts] = [name for name in _buckets(endpoint) if "artifacts" in name]
        assert endpoint.client("s3").list_object_versions(Bucket=artifacts)["Versions"]
        # as `cdk deploy` does when it is said again
        assert endpoint.destroy(assembly.name) == "DELETE_COMPLETE"
        assert assembly.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(assembly.name)
    finally:
        endpoint.stop()


def _buckets(endpoint: Endpoint) -> list[str]:
    return [bucket["Name"] for bucket in endpoint.client("s3").list_buckets()["Buckets"]]


def _agrees(endpoint: Endpoint, stack: str) -> dict[str, int]:
    """Every property reads back; gives how many resources of each type there are."""
    report = read_back(endpoint.url, stack, REGION)
    assert report.mismatches == []
    assert report.recorded == []
    return {name: counts["resources"] for name, counts in report.types.items()}


def _destroyed(endpoint: Endpoint, assembly: Assembly) -> None:
    """What the template retains is there afterwards, and nothing else; a protected cluster stops it first."""
    before = _everything(DeployedStack(endpoint.aws, assembly.name, set()))
    policies = _policies(assembly)
    protected = [
        resource.physical_id
        for resource, _ in before
        if resource.type == "AWS::EMR::Cluster" and resource.expected["Instances"].get("TerminationProtected") is True
    ]
    if protected:
        assert endpoint.destroy(assembly.name) == "DELETE_FAILED"
        assert "BatchCluster" in endpoint.why(assembly.name)
        endpoint.client("emr").set_termination_protection(JobFlowIds=protected, TerminationProtected=False)
    assert endpoint.destroy(assembly.name) == "DELETE_COMPLETE", endpoint.why(assembly.name)
    left, gone = [], []
    for resource, stack in before:
        stays = policies[(stack, resource.logical_id)] in KEPT
        there = _exists(endpoint, resource)
        if there and not stays:
            left.append(f"{resource.type} {resource.logical_id}")
        if stays and not there:
            gone.append(f"{resource.type} {resource.logical_id}")
    assert {"left": left, "gone": gone} == {"left": [], "gone": []}


def _exists(endpoint: Endpoint, resource: Resource) -> bool:
    """Whether the service still has it; a part of something that is gone is gone too."""
    try:
        return READERS[resource.type](endpoint.aws, resource) is not None
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500:
            raise
        return False


def _everything(stack: DeployedStack, within: str = "") -> list[tuple[Resource, str]]:
    """Every resource with the logical id of the nested stack it is in."""
    found = [(resource, within) for resource in stack.resources() if resource.type != NESTED]
    by_id = {r.physical_id: r.logical_id for r in stack.resources() if r.type == NESTED}
    for inner in stack.nested():
        name = next(logical for physical, logical in by_id.items() if inner.name in physical)
        found += _everything(inner, name)
    return found


def _policies(assembly: Assembly) -> dict[tuple[str, str], str]:
    templates = {"": assembly.root, **assembly.nested}
    return {
        (stack, key): body.get("DeletionPolicy", "Delete")
        for stack, template in templates.items()
        for key, body in template["Resources"].items()
    }


def _changed(root: Template, nested: dict[str, Template]) -> None:
    """What a deployment most often changes: an alarm, a size, a tag, a column."""
    _alarm(root)["Threshold"] = 7
    for body in root["Resources"].values():
        if body["Type"] == "AWS::EMR::Cluster":
            body["Properties"]["ManagedScalingPolicy"]["ComputeLimits"]["MaximumCapacityUnits"] += 1
        if body["Type"] == "AWS::SNS::Topic":
            body["Properties"]["Tags"].append({"Key": "changed", "Value": "yes"})
    columns = _columns(nested)
    columns.append(field(max(column["Id"] for column in columns) + 900, "added_by_a_test", "string"))


def _alarm(root: Template) -> Template:
    """The alarm on runs that failed, which tells it; the one beside it only keeps others silent."""
    alarms = [body["Properties"] for body in root["Resources"].values() if body["Type"] == "AWS::CloudWatch::Alarm"]
    return next(alarm for alarm in alarms if _tells_of_failed_runs(alarm))


def _threshold(endpoint: Endpoint) -> list[float]:
    found = endpoint.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    return [alarm["Threshold"] for alarm in found if _tells_of_failed_runs(alarm)]


def _tells_of_failed_runs(alarm: Template) -> bool:
    return alarm.get("MetricName") == "RunsFailed" and bool(alarm.get("AlarmActions"))


def _columns(nested: dict[str, Template]) -> list[Template]:
    """The columns of the first table of the first nested stack; the first of them is of a type that can be narrowed."""
    template = nested[min(nested)]
    tables = [body for _, body in sorted(template["Resources"].items()) if body["Type"] == "AWS::Glue::Table"]
    iceberg = tables[0]["Properties"]["OpenTableFormatInput"]["IcebergInput"]["IcebergTableInput"]
    columns: list[Template] = iceberg["Schema"]["Fields"]
    return columns


def test_any_section_can_be_left_out(tmp_path: Path) -> None:
    """From the least there can be, to each stack that lacks one section, and back: every one reads back."""
    variants = sorted(path.name for path in folder_of("").glob("without-*"))
    assert len(variants) > 10
    least = Assembly("without-all")
    endpoint = least.endpoint(tmp_path)
    try:
        assert least.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(least.name)
        _agrees(endpoint, least.name)
        for variant in variants:
            assembly = Assembly(variant)
            assembly.provide(endpoint)
            assert assembly.deploy(endpoint) == "UPDATE_COMPLETE", (variant, endpoint.why(assembly.name))
            _agrees(endpoint, assembly.name)
    finally:
        endpoint.stop()


def test_what_is_only_recorded_is_listed_where_people_look(tmp_path: Path) -> None:
    """Lake Formation is the one room whose service nobody emulates."""
    assembly = Assembly("with-lakeFormation")
    endpoint = assembly.endpoint(tmp_path)
    try:
        assert assembly.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(assembly.name)
        report = read_back(endpoint.url, assembly.name, REGION)
    finally:
        endpoint.stop()
    assert report.mismatches == []
    recorded = {item["type"] for item in report.recorded}
    page = (Path(__file__).parents[2] / "docs" / "local.md").read_text(encoding="utf-8")
    block = page.split("<!-- recorded -->")[1].split("<!-- end -->")[0]
    assert set(re.findall(r"`(AWS::[^`]+)`", block)) == recorded
