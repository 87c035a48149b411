"""What MWAA looks at before it creates or changes an environment.

Source: Amazon MWAA user guide: mwaa-s3-bucket (versions and public access of the bucket), networking-about (two subnets
in two zones), environment-class, airflow-versions (one major version), and the reports of failed creations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from emulator import aws

Request = dict[str, Any]

_VERSION = re.compile(r"^[23]\.\d+\.\d+$")
_CLASSES = ("mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge")


class RefusedError(Exception):
    """What the service answers instead of doing it."""

    def __init__(self, message: str, code: str = "ValidationException", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def check(environment: Request, before: Request | None = None) -> None:
    """Raise `RefusedError` for an environment that could not be; `before` is what an update changes."""
    _check_kind(environment, before)
    _check_counts(environment)
    _check_role(environment)
    _check_network(environment)
    _check_bucket(environment)
    if environment.get("KmsKey"):
        key = environment["KmsKey"]
        _exists(f"KMS key {key}", lambda: aws.client("kms").describe_key(KeyId=key))


def _check_kind(environment: Request, before: Request | None) -> None:
    version, size = environment["AirflowVersion"], environment["EnvironmentClass"]
    if not _VERSION.match(version):
        raise RefusedError(f"Airflow version {version} is not supported.")
    if size not in _CLASSES:
        raise RefusedError(f"Environment class {size} is not supported.")
    if before and before["AirflowVersion"].split(".")[0] != version.split(".")[0]:
        raise RefusedError(f"Upgrading from {before['AirflowVersion']} to {version} is not supported.")
    both = environment["WebserverAccessMode"] == "PUBLIC_AND_PRIVATE"
    if both and tuple(int(part) for part in version.split(".")[:2]) < (3, 2):
        raise RefusedError("WebserverAccessMode PUBLIC_AND_PRIVATE is available from Apache Airflow v3.2 on.")


def _check_counts(environment: Request) -> None:
    micro = environment["EnvironmentClass"] == "mw1.micro"
    limits = {
        "MinWorkers": (1, 1) if micro else (1, 25),
        "MaxWorkers": (1, 1) if micro else (1, 25),
        "Schedulers": (1, 1) if micro else (2, 5),
        "MinWebservers": (1, 1) if micro else (2, 5),
        "MaxWebservers": (1, 1) if micro else (2, 5),
    }
    for name, (least, most) in limits.items():
        if not least <= int(environment[name]) <= most:
            size = environment["EnvironmentClass"]
            raise RefusedError(f"{name} must be between {least} and {most} for {size}, got {environment[name]}.")
    for kind in ("Workers", "Webservers"):
        if int(environment[f"Min{kind}"]) > int(environment[f"Max{kind}"]):
            raise RefusedError(f"Min{kind} must not be greater than Max{kind}.")


def _check_role(environment: Request) -> None:
    arn = environment["ExecutionRoleArn"]
    _exists(f"Execution role {arn}", lambda: aws.client("iam").get_role(RoleName=arn.rpartition("/")[2]))


def _check_network(environment: Request) -> None:
    network = environment["NetworkConfiguration"]
    ids, groups = network.get("SubnetIds") or [], network.get("SecurityGroupIds") or []
    if len(ids) != 2:
        raise RefusedError(f"Exactly two subnets are required, got {len(ids)}.")
    ec2 = aws.client("ec2")
    subnets = _exists("Subnets", lambda: ec2.describe_subnets(SubnetIds=ids)["Subnets"])
    if len({subnet["AvailabilityZone"] for subnet in subnets}) != 2:
        raise RefusedError("The subnets must be in two different Availability Zones.")
    if not groups:
        raise RefusedError("At least one security group is required.")
    _exists("Security groups", lambda: ec2.describe_security_groups(GroupIds=groups))


def _check_bucket(environment: Request) -> None:
    bucket = environment["SourceBucketArn"].rpartition(":")[2]
    s3 = aws.client("s3")
    _exists(f"Bucket {bucket}", lambda: s3.head_bucket(Bucket=bucket))
    try:
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError:
        block = {}
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    if not all(block.get(name) for name in names):
        raise RefusedError("Provided bucket does not have BlockPublicAccess set.")
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise RefusedError(f"Versioning is not enabled on bucket {bucket}.")
    dags = environment["DagS3Path"].strip("/")
    if not s3.list_objects_v2(Bucket=bucket, Prefix=f"{dags}/", MaxKeys=1).get("KeyCount"):
        raise RefusedError(f"Unable to read the DAGs folder s3://{bucket}/{dags}: nothing is there.")
    for kind in ("Requirements", "Plugins", "StartupScript"):
        _check_object(bucket, environment.get(f"{kind}S3Path"), environment.get(f"{kind}S3ObjectVersion"))


def _check_object(bucket: str, key: str | None, version: str | None) -> None:
    if key:
        more = {"VersionId": version} if version else {}
        _exists(f"Object s3://{bucket}/{key}", lambda: aws.client("s3").head_object(Bucket=bucket, Key=key, **more))


def _exists(what: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        reason = error.response["Error"].get("Message", "")
        raise RefusedError(f"{what} cannot be found or read: {reason}") from error
