"""The EMR Serverless API, which the endpoint lacks: applications; what runs on them is the runner's.

An application is created and started at once. Capacity limits are kept, not enforced.

Source: Amazon EMR Serverless API reference; Amazon EMR Serverless User Guide, "Application states", "Job run states",
"Job concurrency and queuing for an EMR Serverless application".
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from typing import Any, Protocol

from ministack import app as served
from ministack.core.responses import AccountRegionScopedDict, get_account_id

from emulator import aws
from emulator.completions.rest_json import Answer, Operation, RefusedError, Request, answer, refusal, routed, routes

Record = dict[str, Any]

_CHANGEABLE = (
    *("releaseLabel", "architecture", "initialCapacity", "maximumCapacity", "autoStartConfiguration"),
    *("autoStopConfiguration", "networkConfiguration", "imageConfiguration", "workerTypeSpecifications"),
    *("runtimeConfiguration", "monitoringConfiguration", "diskEncryptionConfiguration", "interactiveConfiguration"),
    *("schedulerConfiguration", "identityCenterConfiguration", "jobLevelCostAllocationConfiguration"),
)
_DEFAULTS: Record = {
    "architecture": "X86_64",
    "autoStartConfiguration": {"enabled": True},
    "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 15},
}
_STILL = ("CREATED", "STOPPED")
_RELEASE = re.compile(r"^emr-\d+\.\d+\.\d+$")
_JOB_RUN = ("applicationId", "jobRunId", "name", "mode", "arn", "createdBy", "createdAt", "updatedAt")
_SUMMARY = (*_JOB_RUN, "executionRole", "state", "stateDetails", "releaseLabel", "attempt")

applications: Any = AccountRegionScopedDict()
job_runs: Any = AccountRegionScopedDict()
"""Application id → its job runs, oldest first."""


class Runner(Protocol):
    """What runs job runs; it writes their states."""

    def submit(self, application: Record, run: Record) -> None:
        """Take a new job run."""

    def cancel(self, run: Record) -> None:
        """End one that has not ended."""


runner: Runner | None = None


def install() -> None:
    """Answer for the service."""
    table = routes("emr-serverless", _OPERATIONS, resourceArn=".+")

    async def handling(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Answer:
        found = routed(table, method, path)
        if found is None:
            return refusal(RefusedError(f"{method} {path} is not emulated.", "ValidationException"))
        operation, labels = found
        asked = {name: values if name in _LISTS else values[0] for name, values in (query or {}).items()}
        request = {**asked, **(json.loads(body) if body else {}), **labels}
        try:
            return answer(await asyncio.to_thread(operation, request))
        except RefusedError as refused:
            return refusal(refused)

    served.SERVICE_HANDLERS["emr-serverless"] = handling


_LISTS = ("states", "tagKeys")


def _invalid(message: str) -> RefusedError:
    return RefusedError(message, "ValidationException")


def _identifier() -> str:
    return "00" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(14))


# --- applications


def _create(request: Request) -> dict[str, Any]:
    before = next((a for a in applications.values() if a["clientToken"] == request.get("clientToken")), None)
    if before:
        return _named(before)
    if not _RELEASE.match(str(request.get("releaseLabel"))):
        raise _invalid(f"Invalid release label: {request.get('releaseLabel')}")
    if str(request.get("type")).upper() not in ("SPARK", "HIVE"):
        raise _invalid(f"Invalid application type: {request.get('type')}")
    identifier, now = _identifier(), time.time()
    applications[identifier] = {
        **_DEFAULTS,
        **{name: request[name] for name in ("name", *_CHANGEABLE) if request.get(name) is not None},
        "applicationId": identifier,
        "arn": aws.arn("emr-serverless", f"/applications/{identifier}"),
        "type": {"SPARK": "Spark", "HIVE": "Hive"}[request["type"].upper()],
        "state": "CREATED",
        "stateDetails": "",
        "createdAt": now,
        "updatedAt": now,
        "tags": dict(request.get("tags") or {}),
        "clientToken": request.get("clientToken"),
    }
    job_runs[identifier] = []
    return _named(applications[identifier])


def application_of(request: Request) -> Record:
    """The record of the application that a request names."""
    found: Record | None = applications.get(request["applicationId"])
    if found is None:
        message = f"Application {request['applicationId']} does not exist"
        raise RefusedError(message, "ResourceNotFoundException", 404)
    return found


def move(application: Record, state: str) -> None:
    """To another state."""
    application.update(state=state, updatedAt=time.time())


def _get(request: Request) -> dict[str, Any]:
    return {"application": _shown(application_of(request))}


def _update(request: Request) -> dict[str, Any]:
    application = _in(application_of(request), *_STILL)
    application.update({name: request[name] for name in _CHANGEABLE if request.get(name) is not None})
    move(application, application["state"])
    return {"application": _shown(application)}


def _list(request: Request) -> dict[str, Any]:
    wanted = request.get("states")
    names = ("name", "arn", "releaseLabel", "type", "state", "stateDetails", "createdAt", "updatedAt", "architecture")
    found = [
        {"id": a["applicationId"], **{name: a[name] for name in names if name in a}}
        for a in applications.values()
        if not wanted or a["state"] in wanted
    ]
    return _page(request, "applications", found)


def _start(request: Request) -> dict[str, Any]:
    move(_in(application_of(request), *_STILL, "STARTED"), "STARTED")
    return {}


def _stop(request: Request) -> dict[str, Any]:
    application = _in(application_of(request), *_STILL, "STARTED")
    if any(not has_ended(run) for run in job_runs[application["applicationId"]]):
        raise _invalid("All scheduled and running jobs must be completed or cancelled before the application stops.")
    move(application, "STOPPED")
    return {}


def _delete(request: Request) -> dict[str, Any]:
    move(_in(application_of(request), *_STILL), "TERMINATED")
    return {}


def _in(application: Record, *states: str) -> Record:
    if application["state"] not in states:
        name, state = application["applicationId"], application["state"]
        message = f"Application {name} must be in one of the following statuses [{', '.join(states)}]. "
        raise _invalid(f"{message}Current status: {state}")
    return application


def _named(application: Record) -> dict[str, Any]:
    return {name: application[name] for name in ("applicationId", "name", "arn") if name in application}


def _shown(application: Record) -> dict[str, Any]:
    return {name: value for name, value in application.items() if name != "clientToken"}


# --- job runs


def has_ended(run: Record) -> bool:
    """Whether nothing more happens to a job run."""
    return run["state"] in ("SUCCESS", "FAILED", "CANCELLED")


def _start_run(request: Request) -> dict[str, Any]:
    application = application_of(request)
    runs = job_runs[application["applicationId"]]
    before = next((run for run in runs if run["clientToken"] == request.get("clientToken")), None)
    if before:
        return _run_named(before)
    driver = request.get("jobDriver") or {}
    if not (driver.get("sparkSubmit") or {}).get("entryPoint"):
        raise _invalid("jobDriver.sparkSubmit.entryPoint is required; other drivers are not emulated")
    if application["state"] in _STILL and application["autoStartConfiguration"].get("enabled", True):
        move(application, "STARTED")
    _in(application, "STARTED")
    run = _new_run(application, request)
    runs.append(run)
    if runner is None:
        raise _invalid("this endpoint runs no jobs")
    runner.submit(application, run)
    return _run_named(run)


def _new_run(application: Record, request: Request) -> Record:
    identifier, now = _identifier(), time.time()
    place = f"/applications/{application['applicationId']}/jobruns/{identifier}"
    names = ("name", "configurationOverrides", "jobDriver", "retryPolicy")
    return {
        **{name: request[name] for name in names if request.get(name) is not None},
        "applicationId": application["applicationId"],
        "jobRunId": identifier,
        "arn": aws.arn("emr-serverless", place),
        "createdBy": f"arn:aws:iam::{get_account_id()}:root",
        "createdAt": now,
        "updatedAt": now,
        "attempt": 1,
        "executionRole": request["executionRoleArn"],
        "executionTimeoutMinutes": int(request.get("executionTimeoutMinutes", 720)),
        "mode": request.get("mode", "BATCH"),
        "state": "SUBMITTED",
        "stateDetails": "",
        "releaseLabel": application["releaseLabel"],
        "tags": dict(request.get("tags") or {}),
        "clientToken": request.get("clientToken"),
    }


def _run_of(request: Request) -> Record:
    runs: list[Record] = job_runs[application_of(request)["applicationId"]]
    found = next((run for run in runs if run["jobRunId"] == request["jobRunId"]), None)
    if found is None:
        raise RefusedError(f"JobRun {request['jobRunId']} does not exist", "ResourceNotFoundException", 404)
    return found


def _get_run(request: Request) -> dict[str, Any]:
    return {"jobRun": _shown(_run_of(request))}


def _list_runs(request: Request) -> dict[str, Any]:
    wanted = request.get("states")
    runs = reversed(job_runs[application_of(request)["applicationId"]])
    found = [
        {"id": run["jobRunId"], "type": "SPARK", **{name: run[name] for name in _SUMMARY if name in run}}
        for run in runs
        if not wanted or run["state"] in wanted
    ]
    return _page(request, "jobRuns", found)


def _cancel_run(request: Request) -> dict[str, Any]:
    run = _run_of(request)
    if has_ended(run):
        raise _invalid(f"Job run {run['jobRunId']} has ended. Current status: {run['state']}")
    if runner is not None:
        runner.cancel(run)
    return {name: run[name] for name in ("applicationId", "jobRunId")}


def _run_named(run: Record) -> dict[str, Any]:
    return {name: run[name] for name in ("applicationId", "jobRunId", "arn")}


def _page(request: Request, key: str, found: list[Record]) -> dict[str, Any]:
    start, size = int(request.get("nextToken") or 0), int(request.get("maxResults") or 50)
    more = {"nextToken": str(start + size)} if len(found) > start + size else {}
    return {key: found[start : start + size], **more}


# --- tags


def _tags_of(request: Request) -> dict[str, str]:
    everything = [*applications.values(), *(run for runs in job_runs.values() for run in runs)]
    found = next((record for record in everything if record["arn"] == request["resourceArn"]), None)
    if found is None:
        raise RefusedError(f"{request['resourceArn']} does not exist", "ResourceNotFoundException", 404)
    tags: dict[str, str] = found["tags"]
    return tags


def _tag(request: Request) -> dict[str, Any]:
    _tags_of(request).update(request["tags"])
    return {}


def _untag(request: Request) -> dict[str, Any]:
    tags = _tags_of(request)
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


_OPERATIONS: dict[str, Operation] = {
    "CreateApplication": _create,
    "GetApplication": _get,
    "UpdateApplication": _update,
    "ListApplications": _list,
    "StartApplication": _start,
    "StopApplication": _stop,
    "DeleteApplication": _delete,
    "StartJobRun": _start_run,
    "GetJobRun": _get_run,
    "ListJobRuns": _list_runs,
    "CancelJobRun": _cancel_run,
    "ListTagsForResource": lambda request: {"tags": _tags_of(request)},
    "TagResource": _tag,
    "UntagResource": _untag,
}
