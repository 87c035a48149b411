"""State machines of tests: made, started and waited for through the API."""

from __future__ import annotations

import json
from typing import Any

from tests.support import Endpoint, until

ROLE = "arn:aws:iam::000000000000:role/machine"


def machine(endpoint: Endpoint, name: str, definition: dict[str, Any]) -> str:
    """A state machine; gives its ARN."""
    states = endpoint.client("stepfunctions")
    arn = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
    return str(arn)


def start(endpoint: Endpoint, arn: str, given: dict[str, Any] | None = None) -> str:
    """An execution; gives its ARN."""
    states = endpoint.client("stepfunctions")
    return str(states.start_execution(stateMachineArn=arn, input=json.dumps(given or {}))["executionArn"])


def ended(endpoint: Endpoint, execution: str, seconds: float = 20) -> dict[str, Any]:
    """An execution once it has ended."""
    states = endpoint.client("stepfunctions")

    def over() -> Any:
        found = states.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    found: dict[str, Any] = until(over, seconds, "the execution's end")
    return found
