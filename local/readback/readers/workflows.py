"""AWS Step Functions."""

from __future__ import annotations

from readback.aws import Aws
from readback.model import Live, Resource
from readback.readers.common import capitalized, found, present, reader


@reader("AWS::StepFunctions::StateMachine")
def state_machine(aws: Aws, resource: Resource) -> Live | None:
    """DescribeStateMachine, ListTagsForResource."""
    states, arn = aws.client("stepfunctions"), resource.physical_id
    live = found(lambda: states.describe_state_machine(stateMachineArn=arn))
    if live is None:
        return None
    members = present(
        StateMachineName=live["name"],
        StateMachineType=live["type"],
        DefinitionString=live["definition"],
        Definition=live["definition"],
        RoleArn=live["roleArn"],
        LoggingConfiguration=capitalized(live.get("loggingConfiguration")),
        TracingConfiguration=capitalized(live.get("tracingConfiguration")),
        EncryptionConfiguration=capitalized(live.get("encryptionConfiguration")),
        Tags=capitalized(states.list_tags_for_resource(resourceArn=arn)["tags"]),
    )
    attributes = {"Arn": arn, "Name": live["name"], "StateMachineRevisionId": live["revisionId"]}
    return Live(members, attributes)
