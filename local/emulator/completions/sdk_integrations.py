"""Step Functions `aws-sdk:` tasks of the services the interpreter does not know: called by this endpoint's own API.

Parameters and answers have the names of the AWS SDK for Java 2, as on AWS; an error is `<Service>.<Exception>`, one the
service's model does not name is `<Service>.<Service>Exception`.

Source: AWS Step Functions Developer Guide, "Learning to use AWS service SDK integrations".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import stepfunctions

from emulator import aws

_RESOURCE = re.compile(r"^arn:aws:states:::aws-sdk:(?P<service>\w+):(?P<action>\w+)$")
_SERVICES = {
    "emr": ("emr", "Emr"),
    "emrserverless": ("emr-serverless", "EmrServerless"),
    "kafka": ("kafka", "Kafka"),
    "cloudwatch": ("cloudwatch", "CloudWatch"),
    "s3": ("s3", "S3"),
}
"""What stands in a resource → the API's name, and the name its errors begin with."""


def install() -> None:
    """Answer for these services before the interpreter does."""
    invoke = stepfunctions._invoke_aws_sdk_integration

    def invoking(resource: str, data: Any) -> Any:
        match = _RESOURCE.match(resource)
        if match and match["service"].lower() in _SERVICES:
            return _call(match["service"].lower(), match["action"], data)
        return invoke(resource, data)

    stepfunctions._invoke_aws_sdk_integration = invoking


@cache
def _model(service: str) -> Any:
    return botocore.session.Session().get_service_model(service)


def _call(service: str, action: str, data: Any) -> Any:
    name, prefix = _SERVICES[service]
    model, operation = _model(name), action[:1].upper() + action[1:]
    if operation not in model.operation_names:
        raise stepfunctions._ExecutionError("States.Runtime", f"The action {action} of {service} does not exist")
    client = aws.client(name)
    methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}
    shape = model.operation_model(operation)
    try:
        parameters = stepfunctions._sdk_json_param_value(data or {}, shape.input_shape) if shape.input_shape else {}
        answer = getattr(client, methods[operation])(**parameters)
    except ClientError as error:
        raise _refused(model, prefix, error) from error
    except BotoCoreError as error:
        raise stepfunctions._ExecutionError("States.Runtime", str(error)) from error
    answer.pop("ResponseMetadata", None)
    return _plain(stepfunctions._sdk_json_value(answer, shape.output_shape) if shape.output_shape else {})


def _refused(model: Any, prefix: str, error: ClientError) -> Exception:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    name = code if code in {shape.name for shape in model.error_shapes} else f"{prefix}Exception"
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    cause = f"{message} (Service: {prefix}, Status Code: {status})"
    raised: Exception = stepfunctions._ExecutionError(f"{prefix}.{name}", cause)
    return raised


def _plain(value: Any) -> Any:
    """Times as the SDK writes them into a state."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
