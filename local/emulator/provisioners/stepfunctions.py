"""AWS Step Functions: state machines."""

from __future__ import annotations

import json
from typing import Any

from emulator import aws
from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.provisioner import Identity, Provisioned, Provisioner

_DEFAULT_LOGGING = {"level": "OFF", "includeExecutionData": False}


class StateMachine(Provisioner):
    """`AWS::StepFunctions::StateMachine`; `Ref` is the ARN."""

    resource_type = "AWS::StepFunctions::StateMachine"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create it under its own or CloudFormation's name."""
        name = properties.get("StateMachineName") or identity.physical_name(80)
        request = {**_request(properties), "type": properties.get("StateMachineType", "STANDARD")}
        tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in aws.tag_list(properties)]
        arn = str(
            aws.call("stepfunctions", "create_state_machine", {**request, "name": name, "tags": tags})[
                "stateMachineArn"
            ]
        )
        return arn, self._attributes(arn)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """All but name and type in place; executions under way go on as they began."""
        if any(old.get(name) != new.get(name) for name in ("StateMachineName", "StateMachineType")):
            return self.create(identity, new)
        request = _request(new)
        # what the template no longer says returns to its default, encryption excepted, which stays as it is on AWS
        request.setdefault("loggingConfiguration", _DEFAULT_LOGGING)
        request.setdefault("tracingConfiguration", {"enabled": False})
        aws.call("stepfunctions", "update_state_machine", {**request, "stateMachineArn": physical_id})
        self._retag(physical_id, old, new)
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error; its executions end with it."""
        states = aws.client("stepfunctions")
        try:
            running = states.list_executions(stateMachineArn=physical_id, statusFilter="RUNNING")["executions"]
            for execution in running:
                states.stop_execution(executionArn=execution["executionArn"], cause="the state machine is deleted")
            states.delete_state_machine(stateMachineArn=physical_id)
        except states.exceptions.StateMachineDoesNotExist:
            return

    @staticmethod
    def _attributes(arn: str) -> dict[str, str]:
        live = aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        return {"Arn": arn, "Name": live["name"], "StateMachineRevisionId": live["revisionId"]}

    @staticmethod
    def _retag(arn: str, old: Properties, new: Properties) -> None:
        states = aws.client("stepfunctions")
        gone = sorted({t["Key"] for t in aws.tag_list(old)} - {t["Key"] for t in aws.tag_list(new)})
        if gone:
            states.untag_resource(resourceArn=arn, tagKeys=gone)
        if aws.tag_list(new):
            tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in aws.tag_list(new)]
            states.tag_resource(resourceArn=arn, tags=tags)


def _request(properties: Properties) -> Properties:
    """The members that creation and update share."""
    given = {
        "definition": _definition(properties),
        "roleArn": properties["RoleArn"],
        "loggingConfiguration": properties.get("LoggingConfiguration"),
        "tracingConfiguration": properties.get("TracingConfiguration"),
        "encryptionConfiguration": properties.get("EncryptionConfiguration"),
    }
    return {name: value for name, value in given.items() if value is not None}


def _definition(properties: Properties) -> str:
    """The definition, wherever the template has it, with its substitutions made."""
    given: Any = properties.get("DefinitionString") or properties.get("Definition")
    if properties.get("DefinitionS3Location"):
        place = properties["DefinitionS3Location"]
        version = {"VersionId": place["Version"]} if place.get("Version") else {}
        given = aws.client("s3").get_object(Bucket=place["Bucket"], Key=place["Key"], **version)["Body"].read().decode()
    if not given:
        raise refuse("DefinitionString", "given", None, "give the state machine a definition")
    text = given if isinstance(given, str) else json.dumps(given)
    for name, value in (properties.get("DefinitionSubstitutions") or {}).items():
        text = text.replace(f"${{{name}}}", aws.text(value))
    return text
