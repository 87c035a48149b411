"""Resources of every Step Functions and EMR Serverless type."""

from __future__ import annotations

import json

from tests.templates import Template, att, ref, tags


def definition(topic: str) -> str:
    """A machine that publishes its input."""
    states = {
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sns:publish",
            "Parameters": {"TopicArn": topic, "Message.$": "States.JsonToString($)"},
            "End": True,
        }
    }
    return json.dumps({"StartAt": "Publish", "States": states, "TimeoutSeconds": 60})


def workflows() -> dict[str, Template]:
    """A state machine with every property the library sets, and one with its definition as an object."""
    plain = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    return {
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": "tests",
                "StateMachineType": "STANDARD",
                "DefinitionString": {"Fn::Sub": definition("${Topic}")},
                "RoleArn": att("Role", "Arn"),
                "LoggingConfiguration": {
                    "Level": "ERROR",
                    "IncludeExecutionData": True,
                    "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": att("Logs", "Arn")}}],
                },
                "TracingConfiguration": {"Enabled": True},
                "EncryptionConfiguration": {
                    "Type": "CUSTOMER_MANAGED_KMS_KEY",
                    "KmsKeyId": att("Key", "Arn"),
                    "KmsDataKeyReusePeriodSeconds": 600,
                },
                "Tags": tags("machine"),
            },
        },
        "Small": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"Definition": plain, "RoleArn": att("Role", "Arn"), "StateMachineType": "EXPRESS"},
        },
    }


def serverless() -> dict[str, Template]:
    """An application with every property, and one with as few as can be."""
    worker = {"Cpu": "4vCPU", "Memory": "16GB", "Disk": "20GB", "DiskType": "SHUFFLE_OPTIMIZED"}
    image = {"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/spark:1"}
    inner = {"Classification": "export", "Properties": {"A": "b"}}
    application = {
        "Name": "tests",
        "Type": "Spark",
        "ReleaseLabel": "emr-7.14.0",
        "Architecture": "ARM64",
        "AutoStartConfiguration": {"Enabled": False},
        "AutoStopConfiguration": {"Enabled": True, "IdleTimeoutMinutes": 5},
        "InitialCapacity": [
            {"Key": key, "Value": {"WorkerCount": count, "WorkerConfiguration": worker}}
            for key, count in (("Driver", 1), ("Executor", 2))
        ],
        "MaximumCapacity": {"Cpu": "32vCPU", "Memory": "128GB", "Disk": "500GB"},
        "NetworkConfiguration": {"SubnetIds": [ref("Subnet")], "SecurityGroupIds": [att("Group", "GroupId")]},
        "ImageConfiguration": image,
        "WorkerTypeSpecifications": {"Driver": {"ImageConfiguration": image}},
        "RuntimeConfiguration": [
            {"Classification": "spark-defaults", "Properties": {"spark.sql.session.timeZone": "UTC"}},
            {"Classification": "spark-env", "Properties": {"B": "c"}, "Configurations": [inner]},
        ],
        "MonitoringConfiguration": {
            "S3MonitoringConfiguration": {
                "LogUri": {"Fn::Sub": "s3://${Lake}/logs/"},
                "EncryptionKeyArn": att("Key", "Arn"),
            },
            "ManagedPersistenceMonitoringConfiguration": {"Enabled": True, "EncryptionKeyArn": att("Key", "Arn")},
            "CloudWatchLoggingConfiguration": {
                "Enabled": True,
                "LogGroupName": ref("Logs"),
                "LogStreamNamePrefix": "tests",
                "EncryptionKeyArn": att("Key", "Arn"),
                "LogTypeMap": [{"Key": "SPARK_DRIVER", "Value": ["STDOUT", "STDERR"]}],
            },
            "PrometheusMonitoringConfiguration": {"RemoteWriteUrl": "https://aps.example.com/api/v1/remote_write"},
        },
        "InteractiveConfiguration": {"LivyEndpointEnabled": True, "StudioEnabled": True},
        "SchedulerConfiguration": {"QueueTimeoutMinutes": 60, "MaxConcurrentRuns": 3},
        "Tags": tags("application"),
    }
    return {
        "Application": {"Type": "AWS::EMRServerless::Application", "Properties": application},
        "Plain": {
            "Type": "AWS::EMRServerless::Application",
            "Properties": {"Type": "SPARK", "ReleaseLabel": "emr-7.14.0"},
        },
    }
