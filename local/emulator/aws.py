"""The endpoint's own AWS API, as the provisioners call it: clients, and CloudFormation values fitted to API shapes."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.model import Shape
from ministack.core.responses import get_account_id, get_region

Properties = dict[str, Any]

_session = boto3.session.Session()
_clients: dict[tuple[str, str, str], Any] = {}
_lock = threading.Lock()


def endpoint() -> str:
    """The URL this process serves."""
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"


def account_id() -> str:
    """The account of the request (or stack operation) under way."""
    return str(get_account_id())


def region() -> str:
    """The region of the request (or stack operation) under way."""
    return str(get_region())


def arn(service: str, resource: str, *, regional: bool = True) -> str:
    """An ARN in the account and region under way."""
    return f"arn:aws:{service}:{region() if regional else ''}:{account_id()}:{resource}"


def client(service: str) -> Any:
    """A boto3 client of this endpoint for the account and region under way (made once: creation is not thread-safe)."""
    key = (service, account_id(), region())
    with _lock:
        if key not in _clients:
            _clients[key] = _session.client(
                service,  # type: ignore[call-overload]
                endpoint_url=endpoint(),
                region_name=key[2],
                aws_access_key_id=key[1],
                aws_secret_access_key="test",
                config=Config(
                    inject_host_prefix=False,
                    retries={"max_attempts": 1},
                    read_timeout=120,
                    max_pool_connections=32,
                    s3={"addressing_style": "path"},
                ),
            )
        return _clients[key]


def call(service: str, operation: str, properties: Properties, **extra: Any) -> Any:
    """Call an operation with CloudFormation properties fitted to its input, plus arguments given as they are."""
    target = client(service)
    shape = target.meta.service_model.operation_model(target.meta.method_to_api_mapping[operation]).input_shape
    return getattr(target, operation)(**{**fit(shape, properties), **extra})


def fit(shape: Shape | None, value: Any) -> Any:
    """Fit a CloudFormation value to an API input shape: members the API lacks are dropped, scalars coerced.

    CloudFormation sends numbers and booleans as strings at times, and spells members with other capitals
    (`EBSStorageInfo`); a tag list becomes a map where the API wants one.
    """
    if shape is None:
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return _fit_members(shape, value)
    if kind == "list" and isinstance(value, list):
        return [fit(getattr(shape, "member", None), item) for item in value]
    if kind == "map":
        pairs = {t["Key"]: t.get("Value", "") for t in value} if isinstance(value, list) else value
        return {str(k): fit(getattr(shape, "value", None), v) for k, v in pairs.items()}
    return _fit_scalar(kind, value)


def _fit_members(shape: Shape, value: Properties) -> Properties:
    members: dict[str, Shape] = getattr(shape, "members", {})
    names = {name.lower(): name for name in members}
    return {
        names[key.lower()]: fit(members[names[key.lower()]], item)
        for key, item in value.items()
        if key.lower() in names and item is not None
    }


def _fit_scalar(kind: str, value: Any) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return truthy(value)
    if kind == "string" and not isinstance(value, str):
        return text(value)
    return value


def truthy(value: Any) -> bool:
    """A CloudFormation boolean, which may travel as the string `true`."""
    return str(value).lower() == "true"


def text(value: Any) -> str:
    """A CloudFormation scalar or document as the string an API field holds."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def tag_list(properties: Properties) -> list[dict[str, str]]:
    """The `Tags` of a resource as Key/Value pairs, empty when there are none."""
    return [{"Key": t["Key"], "Value": str(t.get("Value", ""))} for t in properties.get("Tags") or []]


def tag_specification(resource: str, properties: Properties) -> list[dict[str, Any]]:
    """EC2's way to tag at creation."""
    tags = tag_list(properties)
    return [{"ResourceType": resource, "Tags": tags}] if tags else []
