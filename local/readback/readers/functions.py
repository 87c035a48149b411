"""AWS Lambda: functions, layers and permissions."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import first, found, present, reader

_SAME = (
    *("FunctionName", "Description", "Handler", "Runtime", "Role", "Timeout", "MemorySize", "Architectures"),
    *("Environment", "EphemeralStorage", "LoggingConfig", "TracingConfig", "DeadLetterConfig", "PackageType"),
    *("ImageConfig", "SnapStart", "FileSystemConfigs"),
)


@reader("AWS::Lambda::Function")
def function(aws: Aws, resource: Resource) -> Live | None:
    """GetFunction, GetFunctionConcurrency."""
    service, name = aws.client("lambda"), resource.physical_id
    answer = found(lambda: service.get_function(FunctionName=name))
    if answer is None:
        return None
    live = answer["Configuration"]
    network = live.get("VpcConfig") or {}
    members = present(
        **{key: live.get(key) for key in _SAME},
        Code=_code(aws, resource.expected.get("Code") or {}, live["CodeSha256"]),
        KmsKeyArn=live.get("KMSKeyArn"),
        Layers=[layer["Arn"] for layer in live.get("Layers") or []],
        VpcConfig=present(SubnetIds=network.get("SubnetIds"), SecurityGroupIds=network.get("SecurityGroupIds")),
        ReservedConcurrentExecutions=service.get_function_concurrency(FunctionName=name).get(
            "ReservedConcurrentExecutions"
        ),
        Tags=[{"Key": key, "Value": value} for key, value in (answer.get("Tags") or {}).items()],
    )
    return Live(members, {"Arn": live["FunctionArn"]})


@reader("AWS::Lambda::LayerVersion")
def layer_version(aws: Aws, resource: Resource) -> Live | None:
    """GetLayerVersionByArn."""
    arn = resource.physical_id
    live = found(lambda: aws.client("lambda").get_layer_version_by_arn(Arn=arn))
    if live is None:
        return None
    names = ("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
    content = _code(aws, resource.expected.get("Content") or {}, live["Content"]["CodeSha256"])
    members = present(LayerName=arn.split(":")[6], Content=content, **{name: live.get(name) for name in names})
    return Live(members, {"LayerVersionArn": arn})


@reader("AWS::Lambda::Permission")
def permission(aws: Aws, resource: Resource) -> Live | None:
    """The statement of that id in GetPolicy."""
    name = resource.expected["FunctionName"]
    answer = found(lambda: aws.client("lambda").get_policy(FunctionName=name))
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    live = first(item for item in statements if item["Sid"] == resource.physical_id)
    if live is None:
        return None
    condition = live.get("Condition") or {}
    principal = live["Principal"]
    members = present(
        FunctionName=name,
        Action=live["Action"],
        Principal=next(iter(principal.values())) if isinstance(principal, dict) else principal,
        SourceArn=_of(condition, "ArnLike", "AWS:SourceArn"),
        SourceAccount=_of(condition, "StringEquals", "AWS:SourceAccount"),
        PrincipalOrgID=_of(condition, "StringEquals", "aws:PrincipalOrgID"),
        EventSourceToken=_of(condition, "StringEquals", "lambda:EventSourceToken"),
        FunctionUrlAuthType=_of(condition, "StringEquals", "lambda:FunctionUrlAuthType"),
    )
    return Live(members, {"Id": resource.physical_id})


def _of(condition: Properties, operator: str, key: str) -> Any:
    return (condition.get(operator) or {}).get(key)


def _code(aws: Aws, wanted: Properties, live_sha256: str) -> Properties:
    """Where the template has the code, when that is the code that is live; no API tells where it came from."""
    if "ZipFile" in wanted:
        return wanted
    place = {"Bucket": wanted.get("S3Bucket"), "Key": wanted.get("S3Key")}
    if wanted.get("S3ObjectVersion"):
        place["VersionId"] = wanted["S3ObjectVersion"]
    answer = found(lambda: aws.client("s3").get_object(**place))
    body = answer["Body"].read() if answer else b""
    same = base64.b64encode(hashlib.sha256(body).digest()).decode() == live_sha256
    return wanted if same else {"CodeSha256": live_sha256}
