"""Resources of every Lambda type, as the CDK's own deployment of files emits them."""

from __future__ import annotations

import io
import zipfile

from tests.support import Endpoint
from tests.templates import Template, att, ref, tags


def functions(endpoint: Endpoint) -> dict[str, Template]:
    """A function with a layer, and who may call it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {}\n")
    endpoint.upload("code.zip", packed.getvalue())
    code = {"S3Bucket": "test-assets", "S3Key": "code.zip"}
    return {
        "Layer": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {
                "LayerName": "tests",
                "Description": "/opt/awscli/aws",
                "Content": code,
                "CompatibleRuntimes": ["python3.13"],
                "CompatibleArchitectures": ["x86_64"],
                "LicenseInfo": "Apache-2.0",
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "tests",
                "Description": "copies files",
                "Handler": "index.handler",
                "Runtime": "python3.13",
                "Architectures": ["x86_64"],
                "Code": code,
                "Role": att("Role", "Arn"),
                "Timeout": 900,
                "MemorySize": 512,
                "Layers": [ref("Layer")],
                "EphemeralStorage": {"Size": 1024},
                "Environment": {"Variables": {"AWS_CA_BUNDLE": "/etc/pki/ca.pem"}},
                "KmsKeyArn": att("Key", "Arn"),
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": ref("Logs"), "ApplicationLogLevel": "WARN"},
                "ReservedConcurrentExecutions": 2,
                "TracingConfig": {"Mode": "Active"},
                "DeadLetterConfig": {"TargetArn": att("DeadLetters", "Arn")},
                "VpcConfig": {"SubnetIds": [ref("Subnet")], "SecurityGroupIds": [att("Group", "GroupId")]},
                "Tags": tags("function"),
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": att("Function", "Arn"),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": att("Scheduled", "Arn"),
                "SourceAccount": ref("AWS::AccountId"),
            },
        },
    }
