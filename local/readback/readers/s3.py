"""Amazon S3 buckets and their policies."""

from __future__ import annotations

from typing import Any

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import found, present, reader


@reader("AWS::S3::Bucket")
def bucket(aws: Aws, resource: Resource) -> Live | None:
    """One Get operation per configuration."""
    s3, name = aws.client("s3"), resource.physical_id
    if found(lambda: s3.head_bucket(Bucket=name)) is None:
        return None

    def get(operation: str, key: str) -> Any:
        answer = found(lambda: getattr(s3, f"get_bucket_{operation}")(Bucket=name))
        return (answer or {}).get(key)

    block = found(lambda: s3.get_public_access_block(Bucket=name)) or {}
    rules = get("lifecycle_configuration", "Rules")
    encryption = get("encryption", "ServerSideEncryptionConfiguration")
    tiering = found(lambda: s3.list_bucket_intelligent_tiering_configurations(Bucket=name)) or {}
    members = present(
        BucketName=name,
        VersioningConfiguration=present(Status=get("versioning", "Status")),
        LifecycleConfiguration=rules and {"Rules": [_lifecycle(rule) for rule in rules]},
        BucketEncryption=encryption and {"ServerSideEncryptionConfiguration": _encryption(encryption)},
        LoggingConfiguration=_logging(get("logging", "LoggingEnabled")),
        OwnershipControls=get("ownership_controls", "OwnershipControls"),
        PublicAccessBlockConfiguration=block.get("PublicAccessBlockConfiguration"),
        IntelligentTieringConfigurations=tiering.get("IntelligentTieringConfigurationList"),
        MetricsConfigurations=_metrics(found(lambda: s3.list_bucket_metrics_configurations(Bucket=name)) or {}),
        CorsConfiguration=(cors := get("cors", "CORSRules")) and {"CorsRules": cors},
        Tags=get("tagging", "TagSet"),
    )
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{aws.region}.amazonaws.com"
    return Live(members, {"Arn": f"arn:aws:s3:::{name}", "DomainName": domain, "RegionalDomainName": regional})


@reader("AWS::S3::BucketPolicy")
def bucket_policy(aws: Aws, resource: Resource) -> Live | None:
    """GetBucketPolicy."""
    name = resource.expected["Bucket"]
    answer = found(lambda: aws.client("s3").get_bucket_policy(Bucket=name))
    return answer and Live({"Bucket": name, "PolicyDocument": answer["Policy"]})


def _logging(live: Properties | None) -> Properties:
    live = live or {}
    return present(
        DestinationBucketName=live.get("TargetBucket"),
        LogFilePrefix=live.get("TargetPrefix"),
        TargetObjectKeyFormat=live.get("TargetObjectKeyFormat"),
    )


def _metrics(live: Properties) -> list[Properties]:
    found = []
    for one in live.get("MetricsConfigurationList") or []:
        scope = one.get("Filter") or {}
        both = {**scope, **scope.get("And", {})}
        tags = both.get("Tags") or [tag for tag in [both.get("Tag")] if tag]
        members = {name: both[name] for name in ("Prefix", "AccessPointArn") if name in both}
        found.append({"Id": one["Id"], **members, **({"TagFilters": tags} if tags else {})})
    return found


def _encryption(live: Properties) -> list[Properties]:
    return [
        {
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            "ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
        }
        for rule in live["Rules"]
    ]


def _lifecycle(rule: Properties) -> Properties:
    scope = rule.get("Filter") or {}
    both = {**scope, **scope.get("And", {})}
    expiration = rule.get("Expiration") or {}
    return present(
        Id=rule.get("ID"),
        Status=rule["Status"],
        Prefix=both.get("Prefix") or rule.get("Prefix"),
        ObjectSizeGreaterThan=both.get("ObjectSizeGreaterThan"),
        ObjectSizeLessThan=both.get("ObjectSizeLessThan"),
        TagFilters=both.get("Tags") or ([both["Tag"]] if "Tag" in both else None),
        Transitions=[_transition(item) for item in rule.get("Transitions") or []],
        NoncurrentVersionTransitions=[_noncurrent(item) for item in rule.get("NoncurrentVersionTransitions") or []],
        NoncurrentVersionExpiration=rule.get("NoncurrentVersionExpiration"),
        AbortIncompleteMultipartUpload=rule.get("AbortIncompleteMultipartUpload"),
        ExpirationInDays=expiration.get("Days"),
        ExpirationDate=expiration.get("Date"),
        ExpiredObjectDeleteMarker=expiration.get("ExpiredObjectDeleteMarker"),
    )


def _transition(item: Properties) -> Properties:
    return present(
        StorageClass=item["StorageClass"], TransitionInDays=item.get("Days"), TransitionDate=item.get("Date")
    )


def _noncurrent(item: Properties) -> Properties:
    return present(
        StorageClass=item["StorageClass"],
        TransitionInDays=item.get("NoncurrentDays"),
        NewerNoncurrentVersions=item.get("NewerNoncurrentVersions"),
    )
