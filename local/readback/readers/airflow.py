"""Amazon MWAA environments, and the files that CDK's BucketDeployment copied."""

from __future__ import annotations

import fnmatch
import io
import json
import zipfile
from functools import partial
from typing import Any

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import found, present, reader

_SAME = (
    *("AirflowConfigurationOptions", "AirflowVersion", "DagS3Path", "EndpointManagement", "EnvironmentClass"),
    *("ExecutionRoleArn", "KmsKey", "MaxWebservers", "MaxWorkers", "MinWebservers", "MinWorkers", "Name"),
    *("NetworkConfiguration", "PluginsS3ObjectVersion", "PluginsS3Path", "RequirementsS3ObjectVersion"),
    *("RequirementsS3Path", "Schedulers", "SourceBucketArn", "StartupScriptS3ObjectVersion", "StartupScriptS3Path"),
    *("Tags", "WebserverAccessMode", "WeeklyMaintenanceWindowStart", "LoggingConfiguration"),
)
_ATTRIBUTES = (
    *("Arn", "WebserverUrl", "CeleryExecutorQueue", "DatabaseVpcEndpointService", "WebserverVpcEndpointService"),
)


@reader("AWS::MWAA::Environment")
def environment(aws: Aws, resource: Resource) -> Live | None:
    """GetEnvironment; the log groups that it names must exist."""
    answer = found(lambda: aws.client("mwaa").get_environment(Name=resource.physical_id))
    if answer is None:
        return None
    live = answer["Environment"]
    logs = {kind: module for kind, module in live["LoggingConfiguration"].items() if _logged(aws, module)}
    strategy = (live.get("LastUpdate") or {}).get("WorkerReplacementStrategy")
    members = present(
        **{name: live.get(name) for name in _SAME if name != "LoggingConfiguration"},
        LoggingConfiguration=logs,
        WorkerReplacementStrategy=strategy,
    )
    groups = {
        f"LoggingConfiguration.{kind}.CloudWatchLogGroupArn": module.get("CloudWatchLogGroupArn")
        for kind, module in logs.items()
    }
    return Live(members, {**{name: live.get(name) for name in _ATTRIBUTES}, **groups})


def _logged(aws: Aws, module: Properties) -> bool:
    name = str(module.get("CloudWatchLogGroupArn", "")).rpartition("log-group:")[2]
    if not module["Enabled"]:
        return True
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


@reader("Custom::CDKBucketDeployment")
def bucket_deployment(aws: Aws, resource: Resource) -> Live | None:
    """What the function logged that it was told, and of it only what the bucket bears out, object by object."""
    told = _told(aws, resource)
    if told is None:
        return None
    wrong = _differences(aws, told)
    if wrong:
        return Live({**told, "DestinationBucketName": f"{told['DestinationBucketName']} where {'; '.join(wrong)}"})
    shown = str(told.get("OutputObjectKeys", True)).lower() == "true"
    attributes = {
        "DestinationBucketArn": told.get("DestinationBucketArn"),
        "SourceObjectKeys": told["SourceObjectKeys"] if shown else [],
    }
    return Live(told, attributes)


def _told(aws: Aws, resource: Resource) -> Properties | None:
    token = resource.expected["ServiceToken"]
    function = found(lambda: aws.client("lambda").get_function_configuration(FunctionName=token))
    if function is None:
        return None
    group = (function.get("LoggingConfig") or {}).get("LogGroup", f"/aws/lambda/{function['FunctionName']}")
    events = aws.pages("logs", "filter_log_events", "events", logGroupName=group)
    messages = [_event(event["message"]) for event in sorted(events, key=lambda event: int(event["timestamp"]))]
    own = [message for message in messages if message.get("PhysicalResourceId") == resource.physical_id]
    return dict(own[-1]["ResourceProperties"]) if own else None


def _event(message: str) -> Properties:
    try:
        event: Properties = json.loads(message)
    except ValueError:
        return {}
    return event


def _differences(aws: Aws, told: Properties) -> list[str]:
    """The objects that are not what they should be, each with what is wrong."""
    prefix = str(told.get("DestinationBucketKeyPrefix") or "").strip("/")
    prefix = f"{prefix}/" if prefix else ""
    wanted = {name: body for name, body in _files(aws, told).items() if _passes(told, name)}
    bucket, s3 = told["DestinationBucketName"], aws.client("s3")
    wrong = [] if wanted else ["the sources hold no file"]
    for name, body in wanted.items():
        answer = found(partial(s3.get_object, Bucket=bucket, Key=prefix + name))
        if answer is None:
            wrong.append(f"{name}: missing")
        elif answer["Body"].read() != body:
            wrong.append(f"{name}: other content")
        else:
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            wrong.extend(f"{name}: {key}" for key, value in _headers(told).items() if headers.get(key) != value)
    if str(told.get("Prune", True)).lower() == "true":
        listed = aws.pages("s3", "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix)
        names = (item["Key"].removeprefix(prefix) for item in listed)
        wrong.extend(f"{name}: left over" for name in names if name not in wanted and _passes(told, name))
    return wrong


def _files(aws: Aws, told: Properties) -> dict[str, bytes]:
    """What is in the sources, or the sources themselves; a later one wins."""
    files: dict[str, bytes] = {}
    for position, key in enumerate(told["SourceObjectKeys"]):
        bucket = told["SourceBucketNames"][position]
        answer = found(partial(aws.client("s3").get_object, Bucket=bucket, Key=key))
        body = answer["Body"].read() if answer else b""
        if str(told.get("Extract", True)).lower() != "true":
            files[key.rpartition("/")[2]] = body
            continue
        markers = dict(enumerate(told.get("SourceMarkers") or [])).get(position, {})
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in (name for name in archive.namelist() if not name.endswith("/")):
                files[name] = _marked(archive.read(name), markers)
    return files


def _marked(content: bytes, markers: Properties) -> bytes:
    """Plain texts only: the library sends no others."""
    for marker, value in markers.items():
        content = content.replace(marker.encode(), str(value).encode())
    return content


def _passes(told: Properties, name: str) -> bool:
    def matches(patterns: Any) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns or [])

    return not matches(told.get("Exclude")) or matches(told.get("Include"))


def _headers(told: Properties) -> dict[str, str]:
    """The metadata as an answer's headers."""
    names = {"sse": "x-amz-server-side-encryption", "storage-class": "x-amz-storage-class"}
    system = {names.get(key.lower(), key.lower()): value for key, value in (told.get("SystemMetadata") or {}).items()}
    user = {f"x-amz-meta-{key.lower()}": value for key, value in (told.get("UserMetadata") or {}).items()}
    return {**system, **user}
