"""The control plane of MWAA: environments that are checked as the service checks them, and tagged; no container runs.

The endpoint's own starts Airflow in Docker and checks nothing. Routes come from botocore's own model of the API; the
endpoint's records of environments stay the only. Log groups that are missing are made, as the service makes them.

Source: Amazon MWAA API reference, CreateEnvironment, GetEnvironment, UpdateEnvironment, DeleteEnvironment,
ListEnvironments, TagResource, UntagResource, ListTagsForResource; Amazon MWAA user guide, airflow-versions,
environment-class, mwaa-s3-bucket, networking-about.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.session
from ministack.core.responses import AccountRegionScopedDict, error_response_json
from ministack.services import mwaa

from emulator import aws
from emulator.completions.mwaa_checks import RefusedError, check

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

_LOGS = {
    "DagProcessingLogs": "DAGProcessing",
    "SchedulerLogs": "Scheduler",
    "TaskLogs": "Task",
    "WebserverLogs": "WebServer",
    "WorkerLogs": "Worker",
}
"""The kinds of logs, and how their log groups end."""

_SERVICE_ACCOUNT = "111122223333"
"""Stands for the account in which the service keeps an environment's queue."""


def install() -> None:
    """Answer these operations before the endpoint's MWAA sees them."""
    stock = mwaa.handle_request
    routes = _routes()

    async def handling(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Answer:
        for verb, pattern, operation in routes:
            found = pattern.match(path) if verb == method else None
            if found:
                labels = {name: unquote(value) for name, value in found.groupdict().items()}
                request = {**_queried(query), **labels, **(json.loads(body) if body else {})}
                # the checks ask this very server, so they must not block the loop that answers
                return await asyncio.to_thread(_performed, operation, request)
        result: Answer = await stock(method, path, headers, body, query)
        return result

    mwaa.handle_request = handling


def _queried(query: Any) -> Request:
    return parse_qs(query) if isinstance(query, str) else dict(query or {})


def _performed(operation: Callable[[Request], dict[str, Any]], request: Request) -> Answer:
    try:
        body = json.dumps(operation(request)).encode()
    except RefusedError as refused:
        refusal: Answer = error_response_json(refused.code, str(refused), refused.status)
        return refusal
    return 200, {"Content-Type": "application/json"}, body


def _routes() -> list[tuple[str, re.Pattern[str], Callable[[Request], dict[str, Any]]]]:
    model = botocore.session.get_session().get_service_model("mwaa")
    found = []
    for name, operation in _OPERATIONS.items():
        http = model.operation_model(name).http
        uri = re.sub(r"\{(\w+)\}", lambda label: f"(?P<{label[1]}>{_LABELS[label[1]]})", http["requestUri"])
        found.append((http["method"], re.compile(f"^{uri}/?$"), operation))
    return found


_LABELS = {"Name": "[^/]+", "ResourceArn": ".+"}


# --- environments


def _environments() -> AccountRegionScopedDict:
    held: AccountRegionScopedDict = mwaa._environments
    return held


def _environment(name: str) -> Request:
    record: Request | None = _environments().get(name)
    if record is None:
        raise RefusedError(f"No environment with name {name} was found.", "ResourceNotFoundException", 404)
    return record


def _create(request: Request) -> dict[str, Any]:
    name = request["Name"]
    if name in _environments():
        raise RefusedError(f"An environment with name {name} already exists.")
    micro = request.get("EnvironmentClass") == "mw1.micro"
    defaults = {
        "AirflowVersion": "3.0.6",
        "EnvironmentClass": "mw1.small",
        "WebserverAccessMode": "PRIVATE_ONLY",
        "EndpointManagement": "SERVICE",
        "MinWorkers": 1,
        "MaxWorkers": 1 if micro else 10,
        "Schedulers": 1 if micro else 2,
        "MinWebservers": 1 if micro else 2,
        "MaxWebservers": 1 if micro else 2,
        "WeeklyMaintenanceWindowStart": "SUN:03:30",
        "AirflowConfigurationOptions": {},
        "Tags": {},
    }
    record = {**defaults, **request}
    check(record)
    identity = str(uuid.uuid4())
    region = aws.region()
    service = f"com.amazonaws.vpce.{region}.vpce-svc"
    record.update(
        Arn=aws.arn("airflow", f"environment/{name}"),
        Status="AVAILABLE",
        CreatedAt=time.time(),
        WebserverUrl=f"{identity}.c2.{region}.airflow.amazonaws.com",
        CeleryExecutorQueue=f"arn:aws:sqs:{region}:{_SERVICE_ACCOUNT}:airflow-celery-{identity}",
        DatabaseVpcEndpointService=f"{service}-{identity[:8]}0database",
        WebserverVpcEndpointService=f"{service}-{identity[:8]}webserver",
        ServiceRoleArn=aws.arn(
            "iam", "role/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA", regional=False
        ),
        LoggingConfiguration=_logging(record, {}),
    )
    _environments()[name] = record
    return {"Arn": record["Arn"]}


def _update(request: Request) -> dict[str, Any]:
    record = _environment(request["Name"])
    changes = {key: value for key, value in request.items() if key not in ("Name", "WorkerReplacementStrategy")}
    network = changes.pop("NetworkConfiguration", None)
    changed = {**record, **changes}
    if network:
        changed["NetworkConfiguration"] = {**record["NetworkConfiguration"], **network}
    check(changed, record)
    changed["LoggingConfiguration"] = _logging(changed, record["LoggingConfiguration"])
    strategy = request.get("WorkerReplacementStrategy", "FORCED")
    changed["LastUpdate"] = {
        "Status": "SUCCESS",
        "CreatedAt": time.time(),
        "Source": "UpdateEnvironment",
        "WorkerReplacementStrategy": strategy,
    }
    _environments()[request["Name"]] = changed
    return {"Arn": record["Arn"]}


def _get(request: Request) -> dict[str, Any]:
    record = _environment(request["Name"])
    return {"Environment": {key: value for key, value in record.items() if value not in (None, "")}}


def _delete(request: Request) -> dict[str, Any]:
    _environment(request["Name"])
    del _environments()[request["Name"]]
    return {}


def _list(request: Request) -> dict[str, Any]:
    return {"Environments": sorted(_environments().keys())}


def _logging(record: Request, before: Request) -> dict[str, Any]:
    """Every kind of log, those that nobody asked for disabled; the log groups of the others exist from now on."""
    asked = record.get("LoggingConfiguration") or {}
    told: dict[str, Any] = {}
    for kind, ending in _LOGS.items():
        module = {**{"Enabled": False, "LogLevel": "INFO"}, **before.get(kind, {}), **asked.get(kind, {})}
        if module["Enabled"]:
            group = f"airflow-{record['Name']}-{ending}"
            _make_log_group(group, record.get("KmsKey"))
            module["CloudWatchLogGroupArn"] = aws.arn("logs", f"log-group:{group}")
        told[kind] = module
    return told


def _make_log_group(name: str, key: str | None) -> None:
    logs = aws.client("logs")
    try:
        logs.create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}))
    except logs.exceptions.ResourceAlreadyExistsException:
        return


# --- tags


def _tagged(request: Request) -> Request:
    name = request["ResourceArn"].rpartition("/")[2]
    tags: Request = _environment(name).setdefault("Tags", {})
    return tags


def _tag(request: Request) -> dict[str, Any]:
    _tagged(request).update(request["Tags"])
    return {}


def _untag(request: Request) -> dict[str, Any]:
    keys = request.get("tagKeys") or []
    for key in keys if isinstance(keys, list) else [keys]:
        _tagged(request).pop(key, None)
    return {}


def _tags(request: Request) -> dict[str, Any]:
    return {"Tags": dict(_tagged(request))}


_OPERATIONS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "CreateEnvironment": _create,
    "GetEnvironment": _get,
    "UpdateEnvironment": _update,
    "DeleteEnvironment": _delete,
    "ListEnvironments": _list,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _tags,
}
