"""What the CDK's command line is told while a stack is in progress."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
from botocore.config import Config

from tests.support import REGION, Endpoint
from tests.templates import ref

WAITING: dict[str, Any] = {
    "Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": ref("Handle"), "Timeout": "3"}},
    }
}


def test_the_command_line_is_answered_when_a_stack_has_ended_and_everybody_else_at_once(endpoint: Endpoint) -> None:
    endpoint.client("cloudformation").create_stack(StackName="waits", TemplateBody=json.dumps(WAITING))
    assert str(endpoint.status("waits")).endswith("_IN_PROGRESS")
    told = _command_line(endpoint).describe_stacks(StackName="waits")["Stacks"][0]["StackStatus"]
    assert told == "ROLLBACK_COMPLETE"


def test_the_command_line_is_answered_at_once_of_a_stack_under_review(endpoint: Endpoint) -> None:
    endpoint.client("cloudformation").create_change_set(
        StackName="reviewed", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=json.dumps(WAITING)
    )
    began = time.monotonic()
    told = _command_line(endpoint).describe_stacks(StackName="reviewed")["Stacks"][0]["StackStatus"]
    assert told == "REVIEW_IN_PROGRESS"
    assert time.monotonic() - began < 5


def _command_line(endpoint: Endpoint) -> Any:
    return boto3.client(
        "cloudformation",
        endpoint_url=endpoint.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(user_agent_extra="aws-cdk/2.1148.1"),
    )
