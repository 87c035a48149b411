"""A step on a standing cluster, from its beginning to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import boto3

from .exceptions import OrchestrationError

_ENDED = ("COMPLETED", "FAILED", "CANCELLED", "INTERRUPTED")


class StepFailedError(OrchestrationError):
    """A step ended in another way than well."""


def run_step(cluster_id: str, step: Mapping[str, Any], poll_seconds: float) -> str:
    """Add a step and wait for its end; gives its id.

    :raises StepFailedError: it did not end well; says why and where its log is.
    """
    emr = boto3.client("emr")
    step_id: str = emr.add_job_flow_steps(JobFlowId=cluster_id, Steps=[dict(step)])["StepIds"][0]
    while True:
        status = emr.describe_step(ClusterId=cluster_id, StepId=step_id)["Step"]["Status"]
        if status["State"] in _ENDED:
            break
        time.sleep(poll_seconds)
    if status["State"] != "COMPLETED":
        raise StepFailedError(_reason(step["Name"], status))
    return step_id


def _reason(name: str, status: Mapping[str, Any]) -> str:
    details = status.get("FailureDetails") or {}
    reason = details.get("Message") or details.get("Reason") or "no reason given"
    log = f"; log: {details['LogFile']}" if details.get("LogFile") else ""
    return f"step '{name}' ended {status['State']}: {reason}{log}"
