"""What the readers share: the register, dropping empty members, tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from readback.model import Properties, Reader

READERS: dict[str, Reader] = {}


def reader(resource_type: str) -> Callable[[Reader], Reader]:
    """Register the reader of one type."""

    def register(function: Reader) -> Reader:
        READERS[resource_type] = function
        return function

    return register


def present(**members: Any) -> Properties:
    """The members that hold something: what a service leaves out, a property must not pretend to have."""
    return {key: value for key, value in members.items() if value not in (None, "", [], {})}


def found(call: Callable[[], Any]) -> Any:
    """A call's answer, or nothing when the service says the thing does not exist."""
    try:
        return call()
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = error.response["Error"]["Code"]
        if (
            status == 404
            or any(word in code for word in ("NotFound", "NoSuch", "InvalidRequest", "DoesNotExist"))
            or (code == "ValidationError" and "does not exist" in str(error))
        ):
            return None
        raise


def first(items: Any) -> Any:
    """The first of a listing, or nothing."""
    return next(iter(items or []), None)


def capitalized(value: Any) -> Any:
    """Members of an answer with CloudFormation's capitals, at every depth."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: capitalized(item) for key, item in value.items()}
    return [capitalized(item) for item in value] if isinstance(value, list) else value
