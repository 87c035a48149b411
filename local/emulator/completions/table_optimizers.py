"""The Glue TableOptimizer API, which the endpoint lacks.

Source: AWS Glue API reference, CreateTableOptimizer, GetTableOptimizer, UpdateTableOptimizer, DeleteTableOptimizer,
ListTableOptimizerRuns. Optimizers here never run by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, error_response_json, get_account_id, json_response
from ministack.services import glue

Response = Any
_optimizers: Any = AccountRegionScopedDict()


def install() -> None:
    """Answer the five operations before the endpoint's Glue sees them."""
    handle = glue._handle_request_sync

    def handling(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
        action = _ACTIONS.get(headers.get("x-amz-target", "").split(".")[-1])
        if action is None:
            return handle(method, path, headers, body, query)
        return _answer(action, json.loads(body or b"{}"))

    glue._handle_request_sync = handling
    glue._ALL_STATE["table_optimizers"] = _optimizers


def _answer(action: Callable[[str, dict[str, Any]], Response], request: dict[str, Any]) -> Response:
    table = f"{request.get('DatabaseName')}/{request.get('TableName')}"
    if table not in glue._tables:
        return error_response_json("EntityNotFoundException", f"Table {request.get('TableName')} not found.", 400)
    return action(f"{table}/{request.get('Type')}", request)


def _create(key: str, request: dict[str, Any]) -> Response:
    table = glue._tables[f"{request['DatabaseName']}/{request['TableName']}"]
    if not (table.get("Parameters") or {}).get("metadata_location"):
        return error_response_json(
            "InvalidInputException", "Table optimizers are supported for Iceberg tables only", 400
        )
    if key in _optimizers:
        return error_response_json("AlreadyExistsException", "Table optimizer already exists", 400)
    _optimizers[key] = {"type": request["Type"], "configuration": request.get("TableOptimizerConfiguration", {})}
    return json_response({})


def _update(key: str, request: dict[str, Any]) -> Response:
    if key not in _optimizers:
        return _missing(key)
    _optimizers[key]["configuration"] = request.get("TableOptimizerConfiguration", {})
    return json_response({})


def _delete(key: str, request: dict[str, Any]) -> Response:
    if _optimizers.pop(key, None) is None:
        return _missing(key)
    return json_response({})


def _get(key: str, request: dict[str, Any]) -> Response:
    if key not in _optimizers:
        return _missing(key)
    return json_response({**_named(request), "TableOptimizer": _optimizers[key]})


def _runs(key: str, request: dict[str, Any]) -> Response:
    return json_response({**_named(request), "TableOptimizerRuns": []})


def _named(request: dict[str, Any]) -> dict[str, str]:
    names = {name: request[name] for name in ("DatabaseName", "TableName")}
    return {"CatalogId": str(request.get("CatalogId") or get_account_id()), **names}


def _missing(key: str) -> Response:
    return error_response_json("EntityNotFoundException", f"Table optimizer {key} not found", 400)


_ACTIONS: dict[str, Callable[[str, dict[str, Any]], Response]] = {
    "CreateTableOptimizer": _create,
    "UpdateTableOptimizer": _update,
    "DeleteTableOptimizer": _delete,
    "GetTableOptimizer": _get,
    "ListTableOptimizerRuns": _runs,
}
