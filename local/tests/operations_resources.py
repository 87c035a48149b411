"""Resources of every SNS, SQS, EventBridge, CloudWatch, Logs and EMR type."""

from __future__ import annotations

from tests.templates import Template, att, ref, tags


def messages() -> dict[str, Template]:
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


def monitoring() -> dict[str, Template]:
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


def emr() -> dict[str, Template]:
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
