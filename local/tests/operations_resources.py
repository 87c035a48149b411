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
        "DeadLetters": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": "tests-dead",
                "MessageRetentionPeriod": 1209600,
                "KmsMasterKeyId": att("Key", "Arn"),
                "KmsDataKeyReusePeriodSeconds": 600,
                "DelaySeconds": 5,
                "MaximumMessageSize": 65536,
                "ReceiveMessageWaitTimeSeconds": 10,
                "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": [att("Queue", "Arn")]},
                "Tags": tags("letters"),
            },
        },
        "Redriven": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "SqsManagedSseEnabled": False,
                "RedrivePolicy": {"deadLetterTargetArn": att("DeadLetters", "Arn"), "maxReceiveCount": 3},
            },
        },
        "QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [ref("Queue")],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{**statement, "Action": "sqs:SendMessage", "Resource": att("Queue", "Arn")}],
                },
            },
        },
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": ref("Topic"),
                "Protocol": "email",
                "Endpoint": "on-call@example.com",
                "FilterPolicyScope": "MessageBody",
                "FilterPolicy": {"level": ["critical"]},
                "RedrivePolicy": {"deadLetterTargetArn": att("DeadLetters", "Arn")},
            },
        },
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
        "Scheduled": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Name": "tests-hourly",
                "ScheduleExpression": "rate(1 hour)",
                "State": "DISABLED",
                "Tags": tags("rule"),
                "Targets": [
                    {
                        "Id": "machine",
                        "Arn": att("Machine", "Arn"),
                        "RoleArn": att("Role", "Arn"),
                        "Input": '{"a":1}',
                        "DeadLetterConfig": {"Arn": att("DeadLetters", "Arn")},
                        "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 600},
                    },
                    {
                        "Id": "topic",
                        "Arn": ref("Topic"),
                        "InputTransformer": {"InputPathsMap": {"id": "$.id"}, "InputTemplate": '"<id>"'},
                    },
                ],
            },
        },
        "Schedules": {
            "Type": "AWS::Scheduler::ScheduleGroup",
            "Properties": {"Name": "tests", "Tags": tags("schedules")},
        },
        "Schedule": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "Name": "tests",
                "GroupName": ref("Schedules"),
                "Description": "every night",
                "ScheduleExpression": "cron(0 3 * * ? *)",
                "ScheduleExpressionTimezone": "Europe/Berlin",
                "State": "ENABLED",
                "StartDate": "2030-01-01T00:00:00Z",
                "EndDate": "2031-01-01T00:00:00Z",
                "KmsKeyArn": att("Key", "Arn"),
                "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
                "Target": {
                    "Arn": att("Machine", "Arn"),
                    "RoleArn": att("Role", "Arn"),
                    "Input": '{"a":1}',
                    "DeadLetterConfig": {"Arn": att("DeadLetters", "Arn")},
                    "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 600},
                },
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
        "Rare": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": "/tests/rare", "LogGroupClass": "INFREQUENT_ACCESS", "RetentionInDays": 365},
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
        "Ratio": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "tests-ratio",
                "ActionsEnabled": False,
                "ComparisonOperator": "LessThanThreshold",
                "DatapointsToAlarm": 2,
                "EvaluationPeriods": 3,
                "Threshold": 99.5,
                "TreatMissingData": "ignore",
                "InsufficientDataActions": [ref("Topic")],
                "Metrics": [
                    {"Id": "rate", "Expression": "100 * a / (a + FILL(b, 0))", "Period": 300, "ReturnData": True},
                    *(
                        {
                            "Id": identifier,
                            "ReturnData": False,
                            "Label": identifier,
                            "AccountId": ref("AWS::AccountId"),
                            "MetricStat": {
                                "Metric": {**metric, "Dimensions": [{"Name": "Side", "Value": identifier}]},
                                "Period": 300,
                                "Stat": "p90",
                                "Unit": "Count",
                            },
                        }
                        for identifier in ("a", "b")
                    ),
                ],
            },
        },
        "Percentile": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                **metric,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "EvaluateLowSampleCountPercentile": "ignore",
                "EvaluationPeriods": 1,
                "ExtendedStatistic": "p99",
                "Period": 60,
                "Threshold": 5,
                "Unit": "Milliseconds",
            },
        },
        "Storm": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {
                "AlarmName": "tests-storm",
                "AlarmRule": {"Fn::Sub": 'ALARM("${Failures}") AND NOT (ALARM("${Math}") OR OK("${Ratio}"))'},
                "ActionsEnabled": False,
                "ActionsSuppressor": att("Percentile", "Arn"),
                "ActionsSuppressorExtensionPeriod": 60,
                "ActionsSuppressorWaitPeriod": 120,
                "AlarmActions": [ref("Topic")],
                "OKActions": [ref("Topic")],
                "InsufficientDataActions": [ref("Topic")],
                "AlarmDescription": "all of it",
                "Tags": tags("storm"),
            },
        },
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {
                "DashboardName": "tests",
                "Tags": tags("dashboard"),
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
    specification = {"OnDemandSpecification": {"AllocationStrategy": "lowest-price"}}
    standing = {
        "Name": "standing",
        "ReleaseLabel": "emr-7.14.0",
        "Instances": {
            "Ec2SubnetIds": [ref("Subnet")],
            "MasterInstanceFleet": {**_fleet("Primary", 1, 0), "LaunchSpecifications": specification},
            "CoreInstanceFleet": {**_fleet("Core", 3, 0), "LaunchSpecifications": specification},
            "UnhealthyNodeReplacement": True,
        },
        "JobFlowRole": ref("Profile"),
        "ServiceRole": ref("Role"),
        "StepConcurrencyLevel": 3,
        "LogEncryptionKmsKeyId": att("Key", "Arn"),
        "AutoScalingRole": ref("Role"),
        "EbsRootVolumeIops": 3000,
        "EbsRootVolumeThroughput": 125,
        "BootstrapActions": [
            {"Name": "tools", "ScriptBootstrapAction": {"Path": {"Fn::Sub": "s3://${Lake}/b.sh"}, "Args": ["a", "b"]}}
        ],
    }
    return {
        "Standing": {"Type": "AWS::EMR::Cluster", "Properties": standing},
        "Security": {"Type": "AWS::EMR::SecurityConfiguration", "Properties": {"SecurityConfiguration": security}},
        "Cluster": {"Type": "AWS::EMR::Cluster", "Properties": cluster},
    }
