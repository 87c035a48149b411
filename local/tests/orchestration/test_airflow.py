"""Airflow environments and the copying of their DAGs: made, changed, refused and taken away through the endpoint."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from readback.report import read_back
from tests.airflow_resources import ASSETS, DAGS, PLUGINS, REQUIREMENTS, alone, archive, upload_dags
from tests.support import REGION, Endpoint
from tests.templates import Template


@pytest.fixture
def stack(endpoint: Endpoint) -> Iterator[Template]:
    """The template of a stack that is deployed."""
    upload_dags(endpoint)
    template = alone()
    assert endpoint.deploy("airflow", template) == "CREATE_COMPLETE", endpoint.why("airflow")
    try:
        yield copy.deepcopy(template)
    finally:
        empty(endpoint)
        endpoint.destroy("airflow")
        assert endpoint.client("mwaa").list_environments()["Environments"] == []
        for group in endpoint.client("logs").describe_log_groups()["logGroups"]:
            endpoint.client("logs").delete_log_group(logGroupName=group["logGroupName"])


def bucket_of(endpoint: Endpoint) -> str:
    environment = live(endpoint)
    return str(environment["SourceBucketArn"].rpartition(":")[2])


def empty(endpoint: Endpoint) -> None:
    """A bucket with objects is not deleted."""
    resource = endpoint.client("cloudformation").describe_stack_resource(StackName="airflow", LogicalResourceId="Files")
    bucket, s3 = resource["StackResourceDetail"]["PhysicalResourceId"], endpoint.client("s3")
    versions = s3.list_object_versions(Bucket=bucket)
    for item in [*(versions.get("Versions") or []), *(versions.get("DeleteMarkers") or [])]:
        s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])


def live(endpoint: Endpoint) -> Any:
    return endpoint.client("mwaa").get_environment(Name="tests")["Environment"]


def keys(endpoint: Endpoint) -> set[str]:
    listed = endpoint.client("s3").list_objects_v2(Bucket=bucket_of(endpoint))
    return {item["Key"] for item in listed.get("Contents") or []}


def text(endpoint: Endpoint, key: str) -> str:
    body: bytes = endpoint.client("s3").get_object(Bucket=bucket_of(endpoint), Key=key)["Body"].read()
    return body.decode()


def change(template: Template, resource: str, **properties: Any) -> None:
    template["Resources"][resource]["Properties"].update(properties)


def test_a_stack_is_read_back_whole(endpoint: Endpoint, stack: Template) -> None:
    report = read_back(endpoint.url, "airflow", REGION)
    assert (report.resources, report.mismatches, report.recorded) == (len(stack["Resources"]), [], [])


def test_an_environment_tells_where_it_is(endpoint: Endpoint, stack: Template) -> None:
    described = endpoint.client("cloudformation").describe_stacks(StackName="airflow")["Stacks"][0]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in described["Outputs"]}
    environment = live(endpoint)
    assert environment["Status"] == "AVAILABLE"
    assert outputs["Url"] == environment["WebserverUrl"]
    assert ":airflow-celery-" in outputs["Queue"]
    assert outputs["Database"].startswith("com.amazonaws.vpce.us-east-1.")
    assert outputs["Tasks"].endswith(":log-group:airflow-tests-Task")
    names = {group["logGroupName"] for group in endpoint.client("logs").describe_log_groups()["logGroups"]}
    kinds = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    assert {f"airflow-tests-{kind}" for kind in kinds} <= names


def test_the_files_are_in_the_bucket_without_what_is_excluded(endpoint: Endpoint, stack: Template) -> None:
    assert keys(endpoint) == {f"{DAGS}first.py", f"{DAGS}shared.py", REQUIREMENTS, PLUGINS}
    assert text(endpoint, f"{DAGS}first.py") == "# who: tests"
    head = endpoint.client("s3").head_object(Bucket=bucket_of(endpoint), Key=f"{DAGS}first.py")
    assert (head["Metadata"], head["CacheControl"]) == ({"part": "dags"}, "no-cache")


def test_plugins_are_there_as_the_archive_that_they_were(endpoint: Endpoint, stack: Template) -> None:
    assert live(endpoint)["PluginsS3Path"] == PLUGINS
    body = endpoint.client("s3").get_object(Bucket=bucket_of(endpoint), Key=PLUGINS)["Body"].read()
    assert body == endpoint.client("s3").get_object(Bucket=ASSETS, Key="plugins.zip")["Body"].read()


def test_other_plugins_come_to_another_path_and_the_old_ones_stay(endpoint: Endpoint, stack: Template) -> None:
    endpoint.upload("plugins-2.zip", archive(plugin__py="x = 2"), ASSETS)
    change(stack, "Plugins", SourceObjectKeys=["plugins-2.zip"])
    change(stack, "Airflow", PluginsS3Path="airflow/plugins/plugins-2.zip")
    assert endpoint.deploy("airflow", stack) == "UPDATE_COMPLETE", endpoint.why("airflow")
    assert live(endpoint)["PluginsS3Path"] == "airflow/plugins/plugins-2.zip"
    assert {PLUGINS, "airflow/plugins/plugins-2.zip"} <= keys(endpoint)
    report = read_back(endpoint.url, "airflow", REGION)
    assert (report.resources, report.mismatches) == (len(stack["Resources"]), [])


def test_only_in_its_own_folder_a_deployment_removes_what_is_gone(endpoint: Endpoint, stack: Template) -> None:
    endpoint.client("s3").put_object(Bucket=bucket_of(endpoint), Key="airflow/dags/others/theirs.py", Body=b"")
    endpoint.upload("dags-2.zip", archive(second__py="# new"), ASSETS)
    endpoint.upload("requirements-2.zip", archive(**{"2__txt": "six==1.16.0"}), ASSETS)
    change(stack, "Dags", SourceObjectKeys=["dags-2.zip", "shared.zip"], SourceMarkers=[])
    change(stack, "Requirements", SourceObjectKeys=["requirements-2.zip"])
    change(stack, "Airflow", RequirementsS3Path="airflow/requirements/2.txt")
    assert endpoint.deploy("airflow", stack) == "UPDATE_COMPLETE", endpoint.why("airflow")
    assert keys(endpoint) == {
        *(f"{DAGS}second.py", f"{DAGS}shared.py", "airflow/dags/others/theirs.py"),
        *(REQUIREMENTS, "airflow/requirements/2.txt", PLUGINS),
    }
    assert live(endpoint)["RequirementsS3Path"] == "airflow/requirements/2.txt"


def test_a_failed_update_brings_the_old_files_back(endpoint: Endpoint, stack: Template) -> None:
    endpoint.upload("dags-2.zip", archive(second__py="# new"), ASSETS)
    change(stack, "Dags", SourceObjectKeys=["dags-2.zip", "shared.zip"], SourceMarkers=[])
    change(stack, "Airflow", Schedulers=9)
    assert endpoint.deploy("airflow", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Schedulers must be between 2 and 5 for mw1.small, got 9" in endpoint.why("airflow")
    assert keys(endpoint) == {f"{DAGS}first.py", f"{DAGS}shared.py", REQUIREMENTS, PLUGINS}
    assert live(endpoint)["Schedulers"] == 2


def test_a_deployment_that_leaves_takes_its_folder_with_it(endpoint: Endpoint, stack: Template) -> None:
    for name in ("Dags", "Requirements", "Plugins", "Airflow"):
        del stack["Resources"][name]
    bucket = bucket_of(endpoint)
    change(stack, "Files", Tags=[])
    assert endpoint.deploy("airflow", {"Resources": stack["Resources"]}) == "UPDATE_COMPLETE", endpoint.why("airflow")
    listed = endpoint.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert {item["Key"] for item in listed} == {REQUIREMENTS, PLUGINS}


def test_a_deployment_that_another_has_taken_over_leaves_the_files(endpoint: Endpoint, stack: Template) -> None:
    taken = copy.deepcopy(stack["Resources"]["Dags"])
    del stack["Resources"]["Dags"]
    stack["Resources"]["TakenOver"] = taken
    stack["Resources"]["Airflow"]["DependsOn"] = ["TakenOver", "Requirements", "Plugins"]
    assert endpoint.deploy("airflow", stack) == "UPDATE_COMPLETE", endpoint.why("airflow")
    assert f"{DAGS}first.py" in keys(endpoint)


def test_the_read_back_finds_an_object_that_is_not_the_archives(endpoint: Endpoint, stack: Template) -> None:
    endpoint.client("s3").put_object(Bucket=bucket_of(endpoint), Key=f"{DAGS}first.py", Body=b"other")
    endpoint.client("s3").put_object(Bucket=bucket_of(endpoint), Key=f"{DAGS}stray.py", Body=b"")
    found = [m for m in read_back(endpoint.url, "airflow", REGION).mismatches if m.logical_id == "Dags"]
    assert [(mismatch.property, mismatch.actual) for mismatch in found] == [
        ("DestinationBucketName", f"{bucket_of(endpoint)} where first.py: other content; stray.py: left over")
    ]


@pytest.mark.parametrize(
    "properties",
    [
        {"AirflowVersion": "3.2.1"},
        {"EnvironmentClass": "mw1.medium", "MaxWorkers": 9},
        {"WebserverAccessMode": "PRIVATE_ONLY"},
        {"AirflowConfigurationOptions": {"core.parallelism": "8"}},
        {"WeeklyMaintenanceWindowStart": "MON:00:00"},
        {"WorkerReplacementStrategy": "GRACEFUL"},
        {"Tags": {"Other": "tag"}},
    ],
)
def test_an_environment_changes_in_place(endpoint: Endpoint, stack: Template, properties: dict[str, Any]) -> None:
    before = live(endpoint)
    change(stack, "Airflow", **properties)
    assert endpoint.deploy("airflow", stack) == "UPDATE_COMPLETE", endpoint.why("airflow")
    after = live(endpoint)
    assert (after["Arn"], after["CreatedAt"]) == (before["Arn"], before["CreatedAt"])
    assert [m for m in read_back(endpoint.url, "airflow", REGION).mismatches if m.logical_id == "Airflow"] == []


def test_what_the_template_no_longer_says_is_cleared(endpoint: Endpoint, stack: Template) -> None:
    for name in ("RequirementsS3Path", "PluginsS3Path", "AirflowConfigurationOptions"):
        del stack["Resources"]["Airflow"]["Properties"][name]
    assert endpoint.deploy("airflow", stack) == "UPDATE_COMPLETE", endpoint.why("airflow")
    environment = live(endpoint)
    assert not {"RequirementsS3Path", "PluginsS3Path"} & set(environment)
    assert environment.get("AirflowConfigurationOptions", {}) == {}


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"AirflowVersion": "2.10.3"}, "Upgrading from 3.0.6 to 2.10.3 is not supported"),
        ({"EnvironmentClass": "mw1.micro"}, "MaxWorkers must be between 1 and 1 for mw1.micro, got 5"),
        ({"MinWorkers": 6}, "MinWorkers must not be greater than MaxWorkers"),
        ({"WebserverAccessMode": "PUBLIC_AND_PRIVATE"}, "available from Apache Airflow v3.2 on"),
        ({"RequirementsS3Path": "airflow/none.txt"}, "airflow/none.txt cannot be found or read"),
        ({"PluginsS3Path": "airflow/none.zip"}, "airflow/none.zip cannot be found or read"),
        ({"DagS3Path": "elsewhere"}, "Unable to read the DAGs folder"),
        (
            {"ExecutionRoleArn": "arn:aws:iam::000000000000:role/none"},
            "Execution role arn:aws:iam::000000000000:role/none",
        ),
        ({"EndpointManagement": "CUSTOMER"}, "An environment with name tests already exists"),
    ],
)
def test_an_impossible_change_is_refused(
    endpoint: Endpoint, stack: Template, properties: dict[str, Any], reason: str
) -> None:
    before = live(endpoint)
    change(stack, "Airflow", **properties)
    assert endpoint.deploy("airflow", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in endpoint.why("airflow")
    assert {k: v for k, v in live(endpoint).items() if k not in ("LastUpdate", "ResponseMetadata")} == {
        k: v for k, v in before.items() if k != "LastUpdate"
    }


@pytest.mark.parametrize(
    ("property_name", "reason"),
    [
        ("VersioningConfiguration", "Versioning is not enabled on bucket"),
        ("PublicAccessBlockConfiguration", "Provided bucket does not have BlockPublicAccess set"),
    ],
)
def test_a_bucket_that_mwaa_would_refuse_is_refused(endpoint: Endpoint, property_name: str, reason: str) -> None:
    upload_dags(endpoint)
    template = alone()
    template["Resources"]["Files"]["Properties"].pop(property_name)
    # the bucket has the files already, so it stays
    assert endpoint.deploy(f"refused-{property_name}", template) == "ROLLBACK_FAILED"
    assert reason in endpoint.why(f"refused-{property_name}")


def test_two_zones_are_required(endpoint: Endpoint, stack: Template) -> None:
    environment = live(endpoint)
    network = {
        **environment["NetworkConfiguration"],
        "SubnetIds": environment["NetworkConfiguration"]["SubnetIds"][:1] * 2,
    }
    names = ("DagS3Path", "ExecutionRoleArn", "SourceBucketArn")
    same = {name: environment[name] for name in names}
    with pytest.raises(ClientError, match="two different Availability Zones"):
        endpoint.client("mwaa").create_environment(Name="other", NetworkConfiguration=network, **same)


def test_an_environment_is_tagged_by_the_api(endpoint: Endpoint, stack: Template) -> None:
    mwaa, arn = endpoint.client("mwaa"), live(endpoint)["Arn"]
    mwaa.tag_resource(ResourceArn=arn, Tags={"more": "yes"})
    mwaa.untag_resource(ResourceArn=arn, tagKeys=["Part"])
    tags = mwaa.list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert {key: value for key, value in tags.items() if not key.startswith("aws:")} == {"more": "yes"}
