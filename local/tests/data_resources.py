"""Resources of every KMS, IAM, S3, ECR, SSM and Glue type."""

from __future__ import annotations

from typing import Any

from tests.templates import Template, att, bucket_and_database, field, iceberg_table, order, ref, spec, tags


def _document(action: str, resource: Any) -> Template:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


def _trust(service: str) -> Template:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def security() -> dict[str, Template]:
    everyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    return {
        "Key": {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "Description": "of tests",
                "EnableKeyRotation": True,
                "RotationPeriodInDays": 180,
                "PendingWindowInDays": 7,
                "KeyPolicy": {"Version": "2012-10-17", "Statement": [everyone]},
                "Tags": tags("key"),
            },
        },
        "Alias": {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": "alias/tests", "TargetKeyId": att("Key", "Arn")},
        },
        "Boundary": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": "what roles may do at most",
                "Path": "/tests/",
                "PolicyDocument": _document("s3:*", "*"),
            },
        },
        "Readers": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "ManagedPolicyName": "tests-readers",
                "PolicyDocument": _document("s3:GetObject", "*"),
                "Roles": [ref("Role")],
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _trust("ec2.amazonaws.com"),
                "Description": "of tests",
                "MaxSessionDuration": 7200,
                "Path": "/tests/",
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
                "PermissionsBoundary": ref("Boundary"),
                "Policies": [{"PolicyName": "own", "PolicyDocument": _document("s3:GetObject", "*")}],
                "Tags": tags("role"),
            },
        },
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": "beside",
                "PolicyDocument": _document("s3:PutObject", "*"),
                "Roles": [ref("Role")],
            },
        },
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Path": "/tests/", "Roles": [ref("Role")]}},
    }


def storage() -> dict[str, Template]:
    key_rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": att("Key", "Arn")}
    rules = [
        {
            "Id": "tier",
            "Status": "Enabled",
            "Prefix": "tables/",
            "ObjectSizeGreaterThan": 1024,
            "Transitions": [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 30}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
            "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": 3}],
        },
        {"Id": "parts", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"Id": "old", "Status": "Enabled", "Prefix": "raw/", "ExpirationInDays": 365},
        {"Id": "marks", "Status": "Enabled", "ExpiredObjectDeleteMarker": True},
    ]
    return {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": key_rule, "BucketKeyEnabled": True}
                    ]
                },
                "LifecycleConfiguration": {"Rules": rules},
                "LoggingConfiguration": {"DestinationBucketName": ref("Lake"), "LogFilePrefix": "logs/"},
                "MetricsConfigurations": [{"Id": "EntireBucket"}],
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                "Tags": tags("bucket"),
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": ref("Bucket"),
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": {"AWS": "*"},
                            "Action": "s3:*",
                            "Resource": [att("Bucket", "Arn"), {"Fn::Sub": "${Bucket.Arn}/*"}],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            },
        },
        "Repository": {
            "Type": "AWS::ECR::Repository",
            "Properties": {"ImageTagMutability": "IMMUTABLE", "Tags": tags("images")},
        },
        "Runtime": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": "/tests/runtime",
                "Type": "String",
                "Value": {"Fn::Join": ["", ['{"bucket":"', ref("Bucket"), '"}']]},
                "Description": "facts",
                "Tier": "Standard",
                "Tags": {"part": "facts"},
            },
        },
        "Large": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": "/tests/large",
                "Type": "StringList",
                "Value": "a,b",
                "Tier": "Advanced",
                "AllowedPattern": "^[a-z,]+$",
            },
        },
        "Tiered": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": "x", "Tier": "Intelligent-Tiering", "DataType": "text"},
        },
    }


def tables() -> dict[str, Template]:
    element = {"type": "list", "element-id": 5, "element": "string", "element-required": True}
    table = iceberg_table(
        ref("Database"),
        "orders",
        {"Fn::Sub": "s3://${Lake}/orders"},
        [
            field(1, "id", "long", required=True, doc="the key"),
            field(2, "at", "timestamptz", required=True),
            field(3, "amount", "decimal(10, 2)"),
            field(4, "words", element),
        ],
        IdentifierFieldIds=[1],
        PartitionSpec=spec((1000, 2, "day", "at_day"), (1001, 1, "bucket[4]", "id_bucket")),
        WriteOrder=order((2, "desc", "nulls-last"), (1, "asc", "nulls-first")),
        Properties={"write.format.default": "parquet", "comment": "orders of tests"},
    )
    retention = {
        "SnapshotRetentionPeriodInDays": 7,
        "NumberOfSnapshotsToRetain": 3,
        "CleanExpiredFiles": True,
    }
    compaction = {"Strategy": "sort", "MinInputFiles": 50, "DeleteFileThreshold": 2}
    orphans = {
        "OrphanFileRetentionPeriodInDays": 5,
        "Location": {"Fn::Sub": "s3://${Lake}/orders"},
    }
    optimizer = _optimizer("retention", RetentionConfiguration=retention)
    return {
        **bucket_and_database(),
        "Orders": table,
        "Optimizer": optimizer,
        "Compaction": _optimizer("compaction", CompactionConfiguration=compaction),
        "Orphans": _optimizer("orphan_file_deletion", OrphanFileDeletionConfiguration=orphans),
    }


def _optimizer(kind: str, **configuration: Template) -> Template:
    inner = {name: {"IcebergConfiguration": value} for name, value in configuration.items()}
    return {
        "Type": "AWS::Glue::TableOptimizer",
        "Properties": {
            "CatalogId": ref("AWS::AccountId"),
            "DatabaseName": ref("Database"),
            "TableName": ref("Orders"),
            "Type": kind,
            "TableOptimizerConfiguration": {"RoleArn": att("Role", "Arn"), "Enabled": False, **inner},
        },
    }
