"""What the operations of the completed MSK API share: requests, answers and refusals."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import msk

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


class RefusedError(Exception):
    """What the service answers instead of doing it."""

    def __init__(self, message: str, code: str = "BadRequestException", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def answer(members: dict[str, Any]) -> Answer:
    """Members as they are: keys of maps belong to the user and keep their capitals."""
    return 200, {"Content-Type": "application/json"}, json.dumps(members).encode()


def need(request: Request, name: str) -> Any:
    """A member that must be there."""
    if request.get(name) is None:
        raise RefusedError(f"{name} is required.")
    return request[name]


def cluster_of(request: Request) -> Request:
    """The record of the cluster that a request names."""
    record: Request | None = msk._clusters.get(request["clusterArn"])
    if record is None:
        raise RefusedError(f"Cluster {request['clusterArn']} not found.", "NotFoundException", 404)
    return record
