"""AWS Lambda: what the endpoint's CloudFormation drops of a function."""

from __future__ import annotations

from typing import Any

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Completed

_DROPPED: dict[str, tuple[str, Any]] = {
    "KmsKeyArn": ("KMSKeyArn", ""),
    "DeadLetterConfig": ("DeadLetterConfig", {"TargetArn": ""}),
    "VpcConfig": ("VpcConfig", {"SubnetIds": [], "SecurityGroupIds": []}),
}
"""Property → the member of UpdateFunctionConfiguration, and what empties it."""


class Function(Completed):
    """`AWS::Lambda::Function`."""

    resource_type = "AWS::Lambda::Function"

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Set what the template declares; empty what it no longer does."""
        request = {
            member: properties.get(name) or empty
            for name, (member, empty) in _DROPPED.items()
            if name in properties or name in old
        }
        if request:
            aws.call("lambda", "update_function_configuration", request, FunctionName=physical_id)
        service, name = aws.client("lambda"), "ReservedConcurrentExecutions"
        if name in properties:
            service.put_function_concurrency(FunctionName=physical_id, **{name: int(properties[name])})
        elif name in old:
            service.delete_function_concurrency(FunctionName=physical_id)
