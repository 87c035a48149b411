"""A step on a standing cluster, from its beginning to its end."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import boto3

from .exceptions import OrchestrationError

_LOGGER = logging.getLogger(__name__)
_UNENDED = ("PENDING", "CANCEL_PENDING", "RUNNING")


class StepFailedError(OrchestrationError):
    """A step ended in another way than well."""


def run_step(cluster_id: str, step: Mapping[str, Any], poll_seconds: float) -> str:
    """Add a step and wait for its end; gives its id.

    A step of its name that has not ended is waited for instead: whoever added it was lost, and the step was not. Beside
    it, the same run would read its source twice, and one of the two would fail.

    :raises StepFailedError: it did not end well; says why and where its log is.
    """
    emr = boto3.client("emr")
    step_id = _unended(emr, cluster_id, step["Name"])
    if step_id is None:
        step_id = emr.add_job_flow_steps(JobFlowId=cluster_id, Steps=[dict(step)])["StepIds"][0]
        _LOGGER.info("added step '%s' to %s as %s", step["Name"], cluster_id, step_id)
    else:
        _LOGGER.info("step '%s' runs on %s already, waiting for %s", step["Name"], cluster_id, step_id)
    while True:
        status = emr.describe_step(ClusterId=cluster_id, StepId=step_id)["Step"]["Status"]
        if status["State"] not in _UNENDED:
            break
        time.sleep(poll_seconds)
    if status["State"] != "COMPLETED":
        raise StepFailedError(_reason(step["Name"], status))
    return step_id


def _unended(emr: Any, cluster_id: str, name: str) -> str | None:
    # its name has the run's id, so no other run has it
    pages = emr.get_paginator("list_steps").paginate(ClusterId=cluster_id, StepStates=list(_UNENDED))
    return next((step["Id"] for page in pages for step in page["Steps"] if step["Name"] == name), None)


def _reason(name: str, status: Mapping[str, Any]) -> str:
    details = status.get("FailureDetails") or {}
    reason = details.get("Message") or details.get("Reason") or "no reason given"
    log = f"; log: {details['LogFile']}" if details.get("LogFile") else ""
    return f"step '{name}' ended {status['State']}: {reason}{log}"
