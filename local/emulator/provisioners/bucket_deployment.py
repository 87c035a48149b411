"""The custom resource of CDK's BucketDeployment, done here instead of by its Lambda function.

The function is a Python program around the AWS command line; what it does to the bucket is done the same way here, and
what it was told is in its log, as it writes it itself.

Source: aws-cdk-lib, custom-resource-handlers/aws-s3-deployment/bucket-deployment-handler/index.py; AWS CLI reference,
s3 sync.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from typing import Any

from botocore.exceptions import ClientError

from emulator import aws
from emulator.aws import Properties
from emulator.deployed_files import Files, content_type, included, read_sources, upload_arguments
from emulator.exceptions import ProvisioningError
from emulator.provisioner import Identity, Provisioned, Provisioner

_OWNER_TAG = "aws-cdk:cr-owned"


class BucketDeployment(Provisioner):
    """`Custom::CDKBucketDeployment`; the same resource whatever changes."""

    resource_type = "Custom::CDKBucketDeployment"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Copy the sources."""
        return self._deployed("Create", f"aws.cdk.s3deployment.{uuid.uuid4()}", properties)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Copy them again; another destination is emptied first, unless it shall stay."""
        moved = any(old.get(n) != new.get(n) for n in ("DestinationBucketName", "DestinationBucketKeyPrefix"))
        if moved and not _retained(new):
            _empty(old)
        return self._deployed("Update", physical_id, new)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Remove the files, unless they shall stay, or another deployment has taken the folder over."""
        if not _retained(properties) and not _owned(properties):
            _empty(properties)

    def _deployed(self, request: str, physical_id: str, properties: Properties) -> Provisioned:
        _log(request, physical_id, properties)
        files = _sources(properties)
        _synchronize(files, properties)
        keys = properties["SourceObjectKeys"] if _flag(properties, "OutputObjectKeys", default=True) else []
        attributes: dict[str, Any] = {
            "SourceObjectKeys": keys,
            "DestinationBucketArn": properties.get("DestinationBucketArn", ""),
        }
        if _flag(properties, "OutputObjectVersionIds", default=False):
            attributes["SourceObjectVersionIds"] = _versions(properties)
        return physical_id, attributes


def _flag(properties: Properties, name: str, *, default: bool) -> bool:
    return aws.truthy(properties.get(name, default))


def _retained(properties: Properties) -> bool:
    return _flag(properties, "RetainOnDelete", default=True)


def _prefix(properties: Properties) -> str:
    """`/` means no prefix; the command line puts a slash between a prefix and a name."""
    prefix = str(properties.get("DestinationBucketKeyPrefix") or "").removeprefix("/")
    return prefix if not prefix or prefix.endswith("/") else f"{prefix}/"


def _sources(properties: Properties) -> Files:
    def fetch(bucket: str, key: str) -> bytes:
        content: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    return read_sources(properties, fetch)


def _synchronize(files: Files, properties: Properties) -> None:
    """`aws s3 sync`: put all, and when pruning remove what is not in the sources; filters hold for both sides."""
    s3, bucket, prefix = aws.client("s3"), properties["DestinationBucketName"], _prefix(properties)
    exclude, include = properties.get("Exclude") or [], properties.get("Include") or []
    arguments = upload_arguments(properties)
    wanted = {name: body for name, body in files.items() if included(name, exclude, include)}
    for name, body in wanted.items():
        guessed = content_type(name)
        s3.put_object(Bucket=bucket, Key=prefix + name, Body=body, **{**guessed, **arguments})
    if _flag(properties, "Prune", default=True):
        for key in _keys(bucket, prefix):
            name = key.removeprefix(prefix)
            if name not in wanted and included(name, exclude, include):
                s3.delete_object(Bucket=bucket, Key=key)


def _keys(bucket: str, prefix: str) -> list[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents") or []]


def _versions(properties: Properties) -> list[str]:
    s3, bucket = aws.client("s3"), properties["DestinationBucketName"]
    names = [key.rpartition("/")[2] for key in properties["SourceObjectKeys"]]
    return [str(s3.head_object(Bucket=bucket, Key=_prefix(properties) + n).get("VersionId", "")) for n in names]


def _owned(properties: Properties) -> bool:
    """CDK tags a bucket with each folder that a deployment of the app owns."""
    prefix = properties.get("DestinationBucketKeyPrefix") or ""
    tag = f"{_OWNER_TAG}:{prefix}" if prefix else _OWNER_TAG
    try:
        tags = aws.client("s3").get_bucket_tagging(Bucket=properties["DestinationBucketName"])["TagSet"]
    except ClientError:
        return False
    return any(item["Key"].startswith(tag) for item in tags)


def _empty(properties: Properties) -> None:
    bucket = properties["DestinationBucketName"]
    try:
        for key in _keys(bucket, _prefix(properties)):
            aws.client("s3").delete_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _log(request: str, physical_id: str, properties: Properties) -> None:
    """What the function was told, in the log that its configuration names."""
    function, logs = properties["ServiceToken"], aws.client("logs")
    try:
        configuration = aws.client("lambda").get_function_configuration(FunctionName=function)
    except ClientError as error:
        raise ProvisioningError(f"the function {function} does not exist: {error}") from error
    default = f"/aws/lambda/{configuration['FunctionName']}"
    group = (configuration.get("LoggingConfig") or {}).get("LogGroup", default)
    stream = f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}"
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    told = {"RequestType": request, "PhysicalResourceId": physical_id, "ResourceProperties": properties}
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(told, default=str)}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
