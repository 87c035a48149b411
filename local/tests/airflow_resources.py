"""Resources of an Airflow environment, and of the copying of its DAGs."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.support import Endpoint
from tests.templates import Template, att, ref

ASSETS = "test-assets"
COPIER = "arn:aws:lambda:us-east-1:000000000000:function:copier"
DAGS = "airflow/dags/tests/"
REQUIREMENTS = "airflow/requirements/1.txt"
PLUGINS = "airflow/plugins/plugins.zip"


def archive(**files: str) -> bytes:
    """A zip with these files; two underscores stand for the dot of their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, text in files.items():
            opened.writestr(name.replace("__", "."), text)
    return packed.getvalue()


def upload_dags(endpoint: Endpoint) -> None:
    """The assets and the function that the templates name."""
    endpoint.upload("dags.zip", archive(first__py="# who: <<marker:0>>", notes__md="left out"), ASSETS)
    endpoint.upload("shared.zip", archive(shared__py="x = 1"), ASSETS)
    requirements = io.BytesIO()
    with zipfile.ZipFile(requirements, "w") as opened:
        opened.writestr("1.txt", "six==1.17.0")
    endpoint.upload("requirements.zip", requirements.getvalue(), ASSETS)
    endpoint.upload("plugins.zip", archive(plugin__py="x = 1"), ASSETS)
    _make_copier(endpoint)


def _make_copier(endpoint: Endpoint) -> None:
    """The function that CDK would make; it is never called, but must be there."""
    functions = endpoint.client("lambda")
    if any(item["FunctionArn"] == COPIER for item in functions.list_functions()["Functions"]):
        return
    functions.create_function(
        FunctionName="copier",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/copier",
        Code={"ZipFile": archive(index__py="def handler(event, context): ...")},
        LoggingConfig={"LogGroup": "copier"},
    )


def _deployment(keys: list[str], prefix: str, **more: Any) -> Template:
    properties = {
        "ServiceToken": COPIER,
        "SourceBucketNames": [ASSETS for _ in keys],
        "SourceObjectKeys": keys,
        "DestinationBucketName": ref("Files"),
        "DestinationBucketKeyPrefix": prefix,
        "WaitForDistributionInvalidation": True,
        "OutputObjectKeys": False,
    }
    return {"Type": "Custom::CDKBucketDeployment", "Properties": {**properties, **more}}


def copying() -> dict[str, Template]:
    """A bucket as MWAA wants it, and the deployments that CDK makes for three folders of it."""
    block = {
        name: True for name in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    }
    prefixes = (DAGS, "airflow/requirements/", "airflow/plugins/")
    tags = [{"Key": f"aws-cdk:cr-owned:{prefix}:1", "Value": "true"} for prefix in prefixes]
    return {
        "Files": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "PublicAccessBlockConfiguration": block,
                "VersioningConfiguration": {"Status": "Enabled"},
                "Tags": tags,
            },
        },
        "Dags": _deployment(
            ["dags.zip", "shared.zip"],
            DAGS,
            SourceMarkers=[{"<<marker:0>>": "tests"}, {}],
            Prune=True,
            RetainOnDelete=False,
            Exclude=["*.md"],
            UserMetadata={"part": "dags"},
            SystemMetadata={"cache-control": "no-cache"},
        ),
        "Requirements": _deployment(["requirements.zip"], "airflow/requirements/", Prune=False, RetainOnDelete=True),
        "Plugins": _deployment(["plugins.zip"], "airflow/plugins/", Extract=False, Prune=False, RetainOnDelete=True),
    }


def _runner() -> Template:
    services = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}


def environment(group: object, key: object) -> dict[str, Template]:
    """An environment on that bucket, in two subnets of the VPC `Vpc`."""
    warning = {"Enabled": True, "LogLevel": "WARNING"}
    kinds = ("DagProcessingLogs", "SchedulerLogs", "WebserverLogs", "WorkerLogs")
    subnets = {
        f"Airflow{zone.upper()}": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": ref("Vpc"),
                "CidrBlock": f"10.3.{number}.0/24",
                "AvailabilityZone": f"us-east-1{zone}",
            },
        }
        for number, zone in ((101, "a"), (102, "b"))
    }
    properties = {
        "Name": "tests",
        "AirflowVersion": "3.0.6",
        "EnvironmentClass": "mw1.small",
        "MinWorkers": 1,
        "MaxWorkers": 5,
        "Schedulers": 2,
        "MinWebservers": 2,
        "MaxWebservers": 3,
        "WebserverAccessMode": "PUBLIC_ONLY",
        "EndpointManagement": "SERVICE",
        "NetworkConfiguration": {"SubnetIds": [ref(name) for name in subnets], "SecurityGroupIds": [group]},
        "SourceBucketArn": att("Files", "Arn"),
        "DagS3Path": "airflow/dags",
        "RequirementsS3Path": REQUIREMENTS,
        "PluginsS3Path": PLUGINS,
        "AirflowConfigurationOptions": {"lakehouse.environment": "tests"},
        "ExecutionRoleArn": att("Runner", "Arn"),
        "KmsKey": key,
        "LoggingConfiguration": {
            **{kind: warning for kind in kinds},
            "TaskLogs": {"Enabled": True, "LogLevel": "INFO"},
        },
        "WeeklyMaintenanceWindowStart": "TUE:04:30",
        "Tags": {"Part": "airflow"},
    }
    waits = ["Dags", "Requirements", "Plugins"]
    return {
        "Runner": _runner(),
        **subnets,
        **copying(),
        "Airflow": {"Type": "AWS::MWAA::Environment", "Properties": properties, "DependsOn": waits},
    }


def alone() -> Template:
    """The same in a stack of its own."""
    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.3.0.0/16"}},
            "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d", "VpcId": ref("Vpc")}},
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": json.loads(_KEY_POLICY)}},
            **environment(att("Group", "GroupId"), att("Key", "Arn")),
        },
        "Outputs": {
            "Url": {"Value": att("Airflow", "WebserverUrl")},
            "Queue": {"Value": att("Airflow", "CeleryExecutorQueue")},
            "Database": {"Value": att("Airflow", "DatabaseVpcEndpointService")},
            "Tasks": {"Value": att("Airflow", "LoggingConfiguration.TaskLogs.CloudWatchLogGroupArn")},
        },
    }


_KEY_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}],
    }
)
