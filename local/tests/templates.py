"""Small CloudFormation templates of the tests' own."""

from __future__ import annotations

import json
from typing import Any

from tests.support import Endpoint

Template = dict[str, Any]

CHILD = json.dumps(
    {
        "Parameters": {"Word": {"Type": "String", "Default": "untold"}},
        "Resources": {
            "Said": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Word"}}},
        },
        "Outputs": {"Said": {"Value": {"Ref": "Said"}}},
    }
).encode()


def ref(name: str) -> dict[str, str]:
    """`Ref`."""
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    """`Fn::GetAtt`."""
    return {"Fn::GetAtt": [name, attribute]}


def tags(name: str) -> list[dict[str, str]]:
    """A tag."""
    return [{"Key": "part", "Value": name}]


def field(number: int, name: str, kind: Any, *, required: bool = False, doc: str | None = None) -> Template:
    """A column as CloudFormation writes it; a nested type is its Iceberg JSON."""
    text = kind if isinstance(kind, str) else json.dumps(kind)
    return {"Id": number, "Name": name, "Type": text, "Required": required, **({"Doc": doc} if doc else {})}


def iceberg_table(database: Any, name: str, location: Any, fields: list[Template], **parts: Any) -> Template:
    """An Iceberg table without `TableInput`; `parts`: PartitionSpec, WriteOrder, Properties, Version, identifiers."""
    version = parts.pop("Version", "2")
    identifiers = parts.pop("IdentifierFieldIds", None)
    schema: Template = {"Type": "struct", "SchemaId": 0, "Fields": fields}
    if identifiers:
        schema["IdentifierFieldIds"] = identifiers
    table = {"Location": location, "Schema": schema, **parts}
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": ref("AWS::AccountId"),
            "DatabaseName": database,
            "Name": name,
            "OpenTableFormatInput": {
                "IcebergInput": {"MetadataOperation": "CREATE", "Version": version, "IcebergTableInput": table}
            },
        },
    }


def spec(*fields: tuple[int, int, str, str]) -> Template:
    """A partition spec of (field id, source id, transform, name)."""
    return {
        "SpecId": 0,
        "Fields": [{"FieldId": f, "SourceId": s, "Transform": t, "Name": n} for f, s, t, n in fields],
    }


def order(*fields: tuple[int, str, str]) -> Template:
    """A sort order of (source id, direction, null order)."""
    return {
        "OrderId": 1,
        "Fields": [{"SourceId": s, "Transform": "identity", "Direction": d, "NullOrder": n} for s, d, n in fields],
    }


def bucket_and_database() -> dict[str, Template]:
    """Where tables live."""
    return {
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake-of-tests"}},
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": ref("AWS::AccountId"), "DatabaseInput": {"Name": "silver", "Description": "d"}},
        },
    }


def everything(endpoint: Endpoint) -> Template:
    """One or more of every type there is a reader for, with the properties the library uses or is about to."""
    url = endpoint.upload("child.json", CHILD)
    return {
        "Resources": {
            **_network(),
            **_security(),
            **_storage(),
            **_tables(),
            **_messages(),
            **_monitoring(),
            **_emr(),
            "Child": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": url, "Parameters": {"Word": "told"}},
            },
            "NotEmulated": {"Type": "AWS::LakeFormation::Tag", "Properties": {"TagKey": "k", "TagValues": ["v"]}},
        },
        "Outputs": {"Recorded": {"Value": ref("NotEmulated")}, "Said": {"Value": att("Child", "Outputs.Said")}},
    }


def _network() -> dict[str, Template]:
    vpc = ref("Vpc")
    return {
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "Properties": {
                "CidrBlock": "10.3.0.0/16",
                "EnableDnsHostnames": True,
                "EnableDnsSupport": True,
                "InstanceTenancy": "default",
                "Tags": tags("vpc"),
            },
        },
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": vpc,
                "CidrBlock": "10.3.1.0/24",
                "AvailabilityZone": "us-east-1b",
                "MapPublicIpOnLaunch": True,
                "Tags": tags("subnet"),
            },
        },
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": vpc, "Tags": tags("routes")}},
        "Association": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": ref("Routes"), "SubnetId": ref("Subnet")},
        },
        "Internet": {"Type": "AWS::EC2::InternetGateway", "Properties": {"Tags": tags("internet")}},
        "Attachment": {
            "Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": vpc, "InternetGatewayId": ref("Internet")},
        },
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc", "Tags": tags("address")}},
        "Nat": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {
                "AllocationId": att("Address", "AllocationId"),
                "SubnetId": ref("Subnet"),
                "Tags": tags("nat"),
            },
        },
        "Out": {
            "Type": "AWS::EC2::Route",
            "Properties": {
                "RouteTableId": ref("Routes"),
                "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": ref("Nat"),
            },
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {
                "GroupDescription": "of tests",
                "VpcId": vpc,
                "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "Description": "all"}],
                "Tags": tags("group"),
            },
        },
        "In": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": att("Group", "GroupId"),
                "IpProtocol": "tcp",
                "FromPort": 9443,
                "ToPort": 9444,
                "SourceSecurityGroupId": att("Group", "GroupId"),
                "Description": "from itself",
            },
        },
        "Away": {
            "Type": "AWS::EC2::SecurityGroupEgress",
            "Properties": {
                "GroupId": att("Group", "GroupId"),
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "CidrIp": "10.0.0.0/8",
                "Description": "inside",
            },
        },
        "Gateway": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": vpc,
                "ServiceName": "com.amazonaws.us-east-1.s3",
                "VpcEndpointType": "Gateway",
                "RouteTableIds": [ref("Routes")],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
                },
                "Tags": tags("gateway"),
            },
        },
        "Interface": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": vpc,
                "ServiceName": "com.amazonaws.us-east-1.kms",
                "VpcEndpointType": "Interface",
                "SubnetIds": [ref("Subnet")],
                "SecurityGroupIds": [att("Group", "GroupId")],
                "PrivateDnsEnabled": True,
            },
        },
        "Flow": {
            "Type": "AWS::EC2::FlowLog",
            "Properties": {
                "DeliverLogsPermissionArn": att("Role", "Arn"),
                "LogDestinationType": "cloud-watch-logs",
                "LogGroupName": ref("Logs"),
                "MaxAggregationInterval": 60,
                "ResourceId": vpc,
                "ResourceType": "VPC",
                "TrafficType": "REJECT",
                "Tags": tags("flow"),
            },
        },
    }


def _document(action: str, resource: Any) -> Template:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


def _trust(service: str) -> Template:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _security() -> dict[str, Template]:
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


def _storage() -> dict[str, Template]:
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
    }


def _tables() -> dict[str, Template]:
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
    optimizer = {
        "Type": "AWS::Glue::TableOptimizer",
        "Properties": {
            "CatalogId": ref("AWS::AccountId"),
            "DatabaseName": ref("Database"),
            "TableName": ref("Orders"),
            "Type": "retention",
            "TableOptimizerConfiguration": {
                "RoleArn": att("Role", "Arn"),
                "Enabled": True,
                "RetentionConfiguration": {
                    "IcebergConfiguration": {"SnapshotRetentionPeriodInDays": 7, "NumberOfSnapshotsToRetain": 3}
                },
            },
        },
    }
    return {**bucket_and_database(), "Orders": table, "Optimizer": optimizer}


def _messages() -> dict[str, Template]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": ref("Topic"),
    }
    return {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": "Tests", "KmsMasterKeyId": att("Key", "Arn"), "Tags": tags("topic")},
        },
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [ref("Topic")],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 45}},
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": ref("Topic"),
                "Protocol": "sqs",
                "Endpoint": att("Queue", "Arn"),
                "RawMessageDelivery": True,
                "FilterPolicy": {"level": ["critical"]},
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": "steps",
                "EventPattern": {"source": ["aws.emr"]},
                "State": "ENABLED",
                "Targets": [{"Id": "topic", "Arn": ref("Topic")}],
            },
        },
    }


def _monitoring() -> dict[str, Template]:
    metric = {"Namespace": "Tests", "MetricName": "Failures"}
    total = {"Id": "total", "Expression": "one + two", "Label": "both", "ReturnData": True}
    parts = [
        {"Id": name, "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
        for name in ("one", "two")
    ]
    return {
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"RetentionInDays": 30, "KmsKeyId": att("Key", "Arn"), "Tags": tags("logs")},
        },
        "Failures": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                **metric,
                "AlarmDescription": "it failed",
                "AlarmActions": [ref("Topic")],
                "OKActions": [ref("Topic")],
                "ComparisonOperator": "GreaterThanThreshold",
                "DatapointsToAlarm": 1,
                "Dimensions": [{"Name": "Job", "Value": "ingest"}],
                "EvaluationPeriods": 2,
                "Period": 60,
                "Statistic": "Sum",
                "Threshold": 0.5,
                "TreatMissingData": "notBreaching",
                "Tags": tags("alarm"),
            },
        },
        "Math": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": 1,
                "Threshold": 2,
                "Metrics": [total, *parts],
            },
        },
        "Storm": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {
                "AlarmRule": {"Fn::Sub": 'ALARM("${Failures}")'},
                "AlarmActions": [ref("Topic")],
                "AlarmDescription": "all of it",
            },
        },
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {
                "DashboardName": "tests",
                "DashboardBody": {"Fn::Sub": '{"widgets":[{"type":"text","properties":{"markdown":"${Topic}"}}]}'},
            },
        },
    }


def _fleet(name: str, on_demand: int, spot: int) -> Template:
    volume = {"SizeInGB": 64, "VolumeType": "gp3", "Iops": 3000}
    return {
        "Name": name,
        "TargetOnDemandCapacity": on_demand,
        "TargetSpotCapacity": spot,
        "InstanceTypeConfigs": [
            {
                "InstanceType": kind,
                "WeightedCapacity": 2,
                "BidPriceAsPercentageOfOnDemandPrice": 60,
                "EbsConfiguration": {
                    "EbsBlockDeviceConfigs": [{"VolumeSpecification": volume, "VolumesPerInstance": 2}],
                    "EbsOptimized": True,
                },
            }
            for kind in ("m5.xlarge", "m6i.xlarge")
        ],
        "LaunchSpecifications": {
            "SpotSpecification": {
                "AllocationStrategy": "price-capacity-optimized",
                "TimeoutAction": "SWITCH_TO_ON_DEMAND",
                "TimeoutDurationMinutes": 15,
            }
        },
    }


def _emr() -> dict[str, Template]:
    at_rest = {"S3EncryptionConfiguration": {"EncryptionMode": "SSE-S3"}}
    security = {"EncryptionConfiguration": {"EnableAtRestEncryption": True, "AtRestEncryptionConfiguration": at_rest}}
    group = att("Group", "GroupId")
    cluster = {
        "Name": "tests",
        "ReleaseLabel": "emr-7.14.0",
        "Applications": [{"Name": "Spark"}],
        "AutoTerminationPolicy": {"IdleTimeout": 3600},
        "Configurations": [
            {"Classification": "iceberg-defaults", "ConfigurationProperties": {"iceberg.enabled": "true"}},
            {
                "Classification": "spark-env",
                "Configurations": [{"Classification": "export", "ConfigurationProperties": {"A": "b"}}],
            },
        ],
        "EbsRootVolumeSize": 40,
        "Instances": {
            "Ec2SubnetIds": [ref("Subnet")],
            "EmrManagedMasterSecurityGroup": group,
            "EmrManagedSlaveSecurityGroup": group,
            "ServiceAccessSecurityGroup": group,
            "KeepJobFlowAliveWhenNoSteps": True,
            "TerminationProtected": False,
            "MasterInstanceFleet": _fleet("Primary", 1, 0),
            "CoreInstanceFleet": _fleet("Core", 1, 0),
            "TaskInstanceFleets": [_fleet("Task", 0, 4)],
        },
        "JobFlowRole": ref("Profile"),
        "LogUri": {"Fn::Sub": "s3://${Lake}/logs/"},
        "ManagedScalingPolicy": {
            "ComputeLimits": {
                "UnitType": "InstanceFleetUnits",
                "MinimumCapacityUnits": 2,
                "MaximumCapacityUnits": 9,
                "MaximumCoreCapacityUnits": 2,
                "MaximumOnDemandCapacityUnits": 3,
            }
        },
        "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
        "SecurityConfiguration": ref("Security"),
        "ServiceRole": ref("Role"),
        "StepConcurrencyLevel": 2,
        "Tags": tags("cluster"),
        "VisibleToAllUsers": True,
    }
    return {
        "Security": {"Type": "AWS::EMR::SecurityConfiguration", "Properties": {"SecurityConfiguration": security}},
        "Cluster": {"Type": "AWS::EMR::Cluster", "Properties": cluster},
    }
