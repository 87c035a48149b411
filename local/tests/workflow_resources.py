"""Resources of every Step Functions type, and what starts them."""

from __future__ import annotations

import json

from tests.templates import Template, att, tags


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
