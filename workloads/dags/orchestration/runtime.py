"""Where the lake of an environment is: the parameter that its stack writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3

from .exceptions import OrchestrationError, problem

_NEEDED = ("batchCluster", "applications", "sources", "buckets")


def load_runtime(environment: str) -> dict[str, Any]:
    """What the stack of an environment says of itself: cluster, applications, sources, buckets, topics.

    :raises OrchestrationError: there is no cluster, or nothing to run.
    """
    name = f"/lakehouse/{environment}/runtime"
    value = boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    runtime: dict[str, Any] = json.loads(value)
    missing = [part for part in _NEEDED if not runtime.get(part)]
    if missing:
        raise OrchestrationError(problem(name, "be complete", f"no {', '.join(missing)}", "deploy the stack again"))
    return runtime


def topic_of(runtime: Mapping[str, Any], severity: str) -> str | None:
    """The ARN of the topic for alerts of a severity: `critical`, `warning` or `info`; None where there is none."""
    topic: str | None = (runtime.get("topics") or {}).get(severity)
    return topic
