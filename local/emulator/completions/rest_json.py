"""What the REST APIs completed here share: routes from botocore's own model, answers and refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import botocore.session

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Operation = Callable[[Request], dict[str, Any]]
Route = tuple[str, re.Pattern[str], Operation]


class RefusedError(Exception):
    """What the service answers instead of doing it."""

    def __init__(self, message: str, code: str = "BadRequestException", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def answer(members: dict[str, Any]) -> Answer:
    """Members as they are: keys of maps belong to the user and keep their capitals."""
    return 200, {"Content-Type": "application/json"}, json.dumps(members).encode()


def refusal(error: RefusedError) -> Answer:
    """A refusal as the AWS SDKs read it."""
    headers = {"Content-Type": "application/json", "x-amzn-errortype": error.code}
    return error.status, headers, json.dumps({"message": str(error)}).encode()


def routes(service: str, operations: Mapping[str, Operation], **labels: str) -> list[Route]:
    """Verb and path of each operation; a label matches what `labels` says, else all but a slash."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name, operation in operations.items():
        http = model.operation_model(name).http
        uri = re.sub(r"\{(\w+)\}", lambda label: f"(?P<{label[1]}>{labels.get(label[1], '[^/]+')})", http["requestUri"])
        found.append((http["method"], re.compile(f"^{uri}$"), operation))
    return found


def routed(table: list[Route], method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation of a request, and what its path says."""
    for verb, pattern, operation in table:
        found = pattern.match(path) if verb == method else None
        if found:
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return None
