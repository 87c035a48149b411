"""What the operations of the completed MSK API share: requests, and the clusters they name."""

from __future__ import annotations

from typing import Any

from ministack.services import msk

from emulator.completions.rest_json import Answer, RefusedError, Request, answer

__all__ = ["Answer", "RefusedError", "Request", "answer", "camel", "cluster_of", "need"]


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


def camel(name: str) -> str:
    """The name as the API writes it, of a name as the endpoint keeps it."""
    return name[0].lower() + name[1:]
