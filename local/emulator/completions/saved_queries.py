"""The saved queries of CloudWatch Logs Insights, which the endpoint lacks.

Source: Amazon CloudWatch Logs API reference, PutQueryDefinition, DescribeQueryDefinitions, DeleteQueryDefinition.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response
from ministack.services import cloudwatch_logs as logs

Request = dict[str, Any]
_definitions: Any = AccountRegionScopedDict()


def install() -> None:
    """Answer the three operations before the endpoint's Logs sees them."""
    stock = logs.handle_request

    async def handling(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Any:
        action = _ACTIONS.get(headers.get("x-amz-target", "").split(".")[-1])
        if action is None:
            return await stock(method, path, headers, body, query)
        return action(json.loads(body or b"{}"))

    logs.handle_request = handling


def _put(request: Request) -> Any:
    identifier = request.get("queryDefinitionId")
    if identifier is not None and identifier not in _definitions:
        return _missing()
    unknown = [name for name in request.get("logGroupNames") or [] if name not in logs._log_groups]
    if unknown:
        return error_response_json("ResourceNotFoundException", f"Log group does not exist: {unknown[0]}", 400)
    identifier = identifier or str(uuid.uuid4())
    kept = {name: request[name] for name in _MEMBERS if request.get(name) is not None}
    _definitions[identifier] = {
        "queryLanguage": "CWLI",
        **kept,
        "queryDefinitionId": identifier,
        "lastModified": int(time.time() * 1000),
    }
    return json_response({"queryDefinitionId": identifier})


_MEMBERS = ("name", "queryString", "logGroupNames", "queryLanguage", "parameters")


def _describe(request: Request) -> Any:
    """At most `maxResults` (1000 where none is given), the next page by a token."""
    prefix, start = request.get("queryDefinitionNamePrefix") or "", int(request.get("nextToken") or 0)
    found = [one for one in _definitions.values() if one["name"].startswith(prefix)]
    end = start + int(request.get("maxResults") or 1000)
    more = {"nextToken": str(end)} if end < len(found) else {}
    return json_response({"queryDefinitions": found[start:end], **more})


def _delete(request: Request) -> Any:
    if request.get("queryDefinitionId") not in _definitions:
        return _missing()
    del _definitions[request["queryDefinitionId"]]
    return json_response({"success": True})


def _missing() -> Any:
    return error_response_json("ResourceNotFoundException", "The specified query definition does not exist.", 400)


_ACTIONS: dict[str, Callable[[Request], Any]] = {
    "PutQueryDefinition": _put,
    "DescribeQueryDefinitions": _describe,
    "DeleteQueryDefinition": _delete,
}
