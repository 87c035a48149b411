"""The Step Functions API: tracing and revisions kept; definitions and log destinations refused as the service does.

Source: AWS Step Functions API reference, CreateStateMachine, UpdateStateMachine, DescribeStateMachine,
LoggingConfiguration; Amazon States Language specification, "States" and "Transitions".
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

Request = dict[str, Any]
Response = Any
Operation = Callable[[Request], Response]

_TYPES = frozenset({"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"})
_LAST = frozenset({"Succeed", "Fail", "Choice"})
"""States that need neither `Next` nor `End`."""
_DESTINATION = "cloudWatchLogsLogGroup"


def install() -> None:
    """Check what is sent before the endpoint keeps it, and keep what it drops."""
    stepfunctions._create_state_machine = _creating(stepfunctions._create_state_machine)
    stepfunctions._update_state_machine = _updating(stepfunctions._update_state_machine)


def _creating(create: Operation) -> Operation:
    def creating(request: Request) -> Response:
        refused = _refusal(request)
        if refused:
            return refused
        response = create(request)
        _keep(json.loads(response[2]).get("stateMachineArn"), request)
        return response

    return creating


def _updating(update: Operation) -> Operation:
    def updating(request: Request) -> Response:
        refused = _refusal(request)
        if refused:
            return refused
        response = update(request)
        if response[0] != 200:
            return response
        _keep(request["stateMachineArn"], request)
        machine = stepfunctions._state_machines[request["stateMachineArn"]]
        return json_response({**json.loads(response[2]), "revisionId": machine["revisionId"]})

    return updating


def _keep(arn: str | None, request: Request) -> None:
    machine = stepfunctions._state_machines.get(arn)
    if machine is not None and request.get("tracingConfiguration") is not None:
        machine["tracingConfiguration"] = copy.deepcopy(request["tracingConfiguration"])


def _refusal(request: Request) -> Response | None:
    found = list(_problems_of(request["definition"])) if "definition" in request else []
    if found:
        return error_response_json("InvalidDefinition", f"Invalid State Machine Definition: '{'; '.join(found)}'", 400)
    logging = request.get("loggingConfiguration") or {}
    if logging.get("level", "OFF") != "OFF" and not _destinations(logging):
        return error_response_json("InvalidLoggingConfiguration", "Invalid Logging Configuration: destinations", 400)
    for arn in _destinations(logging):
        if not arn.endswith(":*"):
            message = "Invalid Logging Configuration: must be an ARN of a CloudWatch log group that ends with ':*'"
            return error_response_json("InvalidLoggingConfiguration", message, 400)
    return None


def _destinations(logging: Request) -> list[str]:
    return [item.get(_DESTINATION, {}).get("logGroupArn", "") for item in logging.get("destinations") or []]


def _problems_of(definition: str) -> Iterator[str]:
    try:
        parsed = json.loads(definition)
    except ValueError as error:
        yield f"INVALID_JSON_DESCRIPTION: {error}"
        return
    if not isinstance(parsed, dict):
        yield "INVALID_JSON_DESCRIPTION: Value is not an object at ''"
        return
    yield from _machine_problems(parsed, "")


def _machine_problems(machine: Request, path: str) -> Iterator[str]:
    """What the service refuses of a machine, or of the one inside a Parallel branch or a Map."""
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        yield f"SCHEMA_VALIDATION_FAILED: These fields are required: [States] at '{path}/'"
        return
    if machine.get("StartAt") not in states:
        yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {machine.get('StartAt')} at '{path}/StartAt'"
    for name, state in states.items():
        yield from _state_problems(state, f"{path}/States/{name}", states)
    reached = {machine.get("StartAt")} | {target for state in states.values() for _, target in _transitions(state)}
    for name in states:
        if name not in reached:
            yield f"MISSING_TRANSITION_TARGET: State \"{name}\" is not reachable. at '{path}/States/{name}'"


def _state_problems(state: Request, path: str, states: Request) -> Iterator[str]:
    kind = state.get("Type")
    if kind not in _TYPES:
        yield f"SCHEMA_VALIDATION_FAILED: Value is not a valid state type: {kind} at '{path}/Type'"
    elif kind not in _LAST and ("Next" in state) == bool(state.get("End")):
        yield f"SCHEMA_VALIDATION_FAILED: One of 'Next' and 'End' is required at '{path}'"
    if kind == "Task" and not str(state.get("Resource", "")).startswith("arn:"):
        yield f"SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at '{path}/Resource'"
    for field, target in _transitions(state):
        if target not in states:
            yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at '{path}/{field}'"
    inner = [*(state.get("Branches") or []), *(state[k] for k in ("ItemProcessor", "Iterator") if k in state)]
    for position, machine in enumerate(inner):
        yield from _machine_problems(machine, f"{path}/Branches[{position}]" if kind == "Parallel" else f"{path}/Map")


def _transitions(state: Request) -> Iterator[tuple[str, str]]:
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        for position, rule in enumerate(state.get(field) or []):
            yield f"{field}[{position}]/Next", rule.get("Next")
