"""State machines as CloudFormation and the API make them: changed in place, refused, started by rules and schedules."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from readback.report import read_back
from tests.machines import ROLE, ended, machine, start
from tests.support import REGION, Endpoint, until
from tests.templates import Template

DEPLOYED: Template = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {
        "DefinitionString": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}}),
        "RoleArn": ROLE,
    },
}


def deployed(endpoint: Endpoint, resource: Template, status: str) -> dict[str, str]:
    """Deploy a machine alone, read it back, and give what `Ref` and `Fn::GetAtt` say of it."""
    said = {"Ref": {"Ref": "It"}, **{name: {"Fn::GetAtt": ["It", name]} for name in ATTRIBUTES}}
    outputs = {name.removeprefix("StateMachine"): {"Value": value} for name, value in said.items()}
    assert endpoint.deploy("machine", {"Resources": {"It": resource}, "Outputs": outputs}) == status
    assert read_back(endpoint.url, "machine", REGION).mismatches == []
    [stack] = endpoint.client("cloudformation").describe_stacks(StackName="machine")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


ATTRIBUTES = ("Arn", "Name", "StateMachineRevisionId")


def test_a_deployed_machine_changes_in_place_and_ends_with_its_executions(endpoint: Endpoint) -> None:
    before = deployed(endpoint, DEPLOYED, "CREATE_COMPLETE")
    assert before["Ref"] == before["Arn"] == f"arn:aws:states:us-east-1:000000000000:stateMachine:{before['Name']}"
    execution = start(endpoint, before["Arn"])
    client = endpoint.client("stepfunctions")
    until(lambda: len(client.get_execution_history(executionArn=execution)["events"]) > 1, 5, "the first state")
    changed = copy.deepcopy(DEPLOYED)
    definition = {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
    changed["Properties"]["DefinitionString"] = json.dumps(definition)
    after = deployed(endpoint, changed, "UPDATE_COMPLETE")
    assert after["Arn"] == before["Arn"]
    assert after["RevisionId"] != before["RevisionId"]
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert ended(endpoint, start(endpoint, after["Arn"]))["status"] == "SUCCEEDED"
    wrong = copy.deepcopy(changed)
    wrong["Properties"]["DefinitionString"] = "{}"
    deployed(endpoint, wrong, "UPDATE_ROLLBACK_COMPLETE")
    assert "SCHEMA_VALIDATION_FAILED" in endpoint.why("machine")
    assert endpoint.destroy("machine") == "DELETE_COMPLETE"
    assert client.list_executions(stateMachineArn=after["Arn"])["executions"] == []


def test_a_rule_and_a_schedule_start_a_machine(endpoint: Endpoint) -> None:
    done = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    by_rule, by_schedule = machine(endpoint, "by-rule", done), machine(endpoint, "by-schedule", done)
    at = datetime.now(UTC) + timedelta(seconds=1)
    schedule = {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": by_schedule, "RoleArn": ROLE},
        },
    }
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": ["tests"]},
            "Targets": [{"Id": "machine", "Arn": by_rule, "RoleArn": ROLE, "Input": '{"by":"rule"}'}],
        },
    }
    assert endpoint.deploy("starters", {"Resources": {"Rule": rule, "Schedule": schedule}}) == "CREATE_COMPLETE"
    endpoint.client("events").put_events(Entries=[{"Source": "tests", "DetailType": "x", "Detail": "{}"}])
    client = endpoint.client("stepfunctions")

    def started(arn: str) -> Any:
        return client.list_executions(stateMachineArn=arn)["executions"]

    [execution] = until(lambda: started(by_rule), 5, "the rule's execution")
    assert client.describe_execution(executionArn=execution["executionArn"])["input"] == '{"by":"rule"}'
    until(lambda: started(by_schedule), 15, "the schedule's execution")


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "Missing 'Next' target: B"),
        ({"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}, "Missing 'Next' target: B"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "One of 'Next' and 'End' is required"),
        ({"StartAt": "A", "States": {"A": {"Type": "Task", "End": True}}}, "not a valid resource ARN"),
        ({"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}, '"B" is not reachable'),
        ({"StartAt": "A", "States": {"A": {"Type": "Nap", "End": True}}}, "not a valid state type: Nap"),
    ],
)
def test_a_definition_that_leads_nowhere_is_refused(endpoint: Endpoint, definition: Any, message: str) -> None:
    with pytest.raises(endpoint.client("stepfunctions").exceptions.InvalidDefinition, match=message):
        machine(endpoint, "refused", definition)


def test_a_log_group_is_named_with_everything_in_it(endpoint: Endpoint) -> None:
    states = endpoint.client("stepfunctions")
    group = {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:x"}
    logging = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": group}]}
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    with pytest.raises(states.exceptions.InvalidLoggingConfiguration, match="ends with"):
        states.create_state_machine(name="x", definition=definition, roleArn=ROLE, loggingConfiguration=logging)
