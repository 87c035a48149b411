"""Amazon S3: the bucket properties the endpoint's CloudFormation drops, and deletion as strict as S3's."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from emulator import aws
from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.provisioner import Completed
from emulator.provisioners.s3_lifecycle import to_api


class Bucket(Completed):
    """`AWS::S3::Bucket`: encryption, lifecycle, logging, ownership, tags and tiering go through the S3 API."""

    resource_type = "AWS::S3::Bucket"
    tag_shape = "list"

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Apply each configuration; one the template dropped is taken away."""
        s3 = aws.client("s3")
        self._lifecycle(s3, physical_id, properties, old)
        self._encryption(s3, physical_id, properties, old)
        self._ownership(s3, physical_id, properties, old)
        self._tags(s3, physical_id, properties, old)
        self._logging(s3, physical_id, properties)
        self._versioning(s3, physical_id, properties, old)
        self._metrics(s3, physical_id, properties, old)
        for tiering in properties.get("IntelligentTieringConfigurations") or []:
            s3.put_bucket_intelligent_tiering_configuration(
                Bucket=physical_id, Id=tiering["Id"], IntelligentTieringConfiguration=_tiering(tiering)
            )

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Refuse a bucket that holds anything, as S3 does; the endpoint alone would delete it with its objects."""
        try:
            held = aws.client("s3").list_object_versions(Bucket=physical_id, MaxKeys=1)
        except ClientError:
            held = {}
        if held.get("Versions") or held.get("DeleteMarkers"):
            remedy = "delete all versions in the bucket first (S3 409 BucketNotEmpty)"
            raise refuse(f"bucket {physical_id}", "empty to be deleted", "objects", remedy)
        super().delete(physical_id, properties)

    @staticmethod
    def _lifecycle(s3: Any, bucket: str, properties: Properties, old: Properties) -> None:
        given = properties.get("LifecycleConfiguration")
        if given:
            rules = [to_api(rule) for rule in given["Rules"]]
            minimum = given.get("TransitionDefaultMinimumObjectSize")
            extra = {"TransitionDefaultMinimumObjectSize": minimum} if minimum else {}
            s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules}, **extra)
        elif old.get("LifecycleConfiguration"):
            s3.delete_bucket_lifecycle(Bucket=bucket)

    @staticmethod
    def _encryption(s3: Any, bucket: str, properties: Properties, old: Properties) -> None:
        rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration") or []
        for rule in rules:
            _check_algorithm((rule.get("ServerSideEncryptionByDefault") or {}).get("SSEAlgorithm"))
        keyless = [r for r in rules if _needs_key(r.get("ServerSideEncryptionByDefault") or {})]
        if rules and not keyless:
            configuration = {"Rules": [_encryption_rule(rule) for rule in rules]}
            s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)
        elif old.get("BucketEncryption") and not rules:
            s3.delete_bucket_encryption(Bucket=bucket)

    @staticmethod
    def _ownership(s3: Any, bucket: str, properties: Properties, old: Properties) -> None:
        if properties.get("OwnershipControls"):
            s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=properties["OwnershipControls"])
        elif old.get("OwnershipControls"):
            s3.delete_bucket_ownership_controls(Bucket=bucket)

    @staticmethod
    def _tags(s3: Any, bucket: str, properties: Properties, old: Properties) -> None:
        tags = [tag for tag in aws.tag_list(properties) if not tag["Key"].startswith("aws:")]
        if tags:
            s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
        elif old.get("Tags"):
            s3.delete_bucket_tagging(Bucket=bucket)

    @staticmethod
    def _logging(s3: Any, bucket: str, properties: Properties) -> None:
        given = properties.get("LoggingConfiguration")
        enabled: dict[str, Any] = {}
        if given:
            enabled = {
                "TargetBucket": given.get("DestinationBucketName", bucket),
                "TargetPrefix": given.get("LogFilePrefix", ""),
            }
            if given.get("TargetObjectKeyFormat"):
                enabled["TargetObjectKeyFormat"] = given["TargetObjectKeyFormat"]
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled} if enabled else {})

    @staticmethod
    def _metrics(s3: Any, bucket: str, properties: Properties, old: Properties) -> None:
        now = properties.get("MetricsConfigurations") or []
        ids = {given["Id"] for given in now}
        for gone in old.get("MetricsConfigurations") or []:
            if gone["Id"] not in ids:
                s3.delete_bucket_metrics_configuration(Bucket=bucket, Id=gone["Id"])
        for given in now:
            s3.put_bucket_metrics_configuration(Bucket=bucket, Id=given["Id"], MetricsConfiguration=_metrics(given))

    @staticmethod
    def _versioning(s3: Any, bucket: str, properties: Properties, old: Properties) -> None:
        status = (properties.get("VersioningConfiguration") or {}).get("Status")
        if status or (old.get("VersioningConfiguration") or {}).get("Status"):
            # versioning can be suspended, never taken away
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status or "Suspended"})


def _metrics(given: Properties) -> dict[str, Any]:
    """A filter of one condition is that condition, of more an `And`."""
    scope = {name: given[name] for name in ("Prefix", "AccessPointArn") if given.get(name)}
    tags = given.get("TagFilters") or []
    if not scope and not tags:
        return {"Id": given["Id"]}
    if len(scope) + len(tags) == 1:
        return {"Id": given["Id"], "Filter": scope or {"Tag": tags[0]}}
    return {"Id": given["Id"], "Filter": {"And": {**scope, **({"Tags": tags} if tags else {})}}}


def _check_algorithm(algorithm: str | None) -> None:
    known = ("AES256", "aws:kms", "aws:kms:dsse")
    if algorithm not in known:
        raise refuse("SSEAlgorithm", " or ".join(known), algorithm, "name the algorithm of the default encryption")


def _needs_key(default: Properties) -> bool:
    """`aws:kms` without a key means the AWS managed key; the endpoint would then refuse every object."""
    return default.get("SSEAlgorithm") != "AES256" and not default.get("KMSMasterKeyID")


def _encryption_rule(rule: Properties) -> dict[str, Any]:
    return {
        "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
        "BucketKeyEnabled": aws.truthy(rule.get("BucketKeyEnabled", False)),
    }


def _tiering(given: Properties) -> dict[str, Any]:
    tiers = [{"AccessTier": tier["AccessTier"], "Days": int(tier["Days"])} for tier in given["Tierings"]]
    return {"Id": given["Id"], "Status": given["Status"], "Tierings": tiers}
