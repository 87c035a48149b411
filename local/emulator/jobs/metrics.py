"""The metrics EMR itself emits of a cluster: at the end of each application, and every minute while it lives.

Applications are totals since the cluster's start, as YARN counts them; each step is one.

Source: Amazon EMR Management Guide, "Monitoring Amazon EMR metrics with CloudWatch".
"""

from __future__ import annotations

import contextvars
import threading
from typing import Any

from ministack.services import cloudwatch, emr

from emulator.jobs import states

_NAMESPACE = "AWS/ElasticMapReduce"
_PERIOD_SECONDS = 60.0
_APPLICATIONS = {
    "AppsCompleted": "COMPLETED",
    "AppsFailed": "FAILED",
    "AppsKilled": "CANCELLED",
    "AppsPending": "PENDING",
    "AppsRunning": "RUNNING",
}


class ClusterMetrics:
    """Emits the state of every live cluster, so that alarms on a cluster that is gone mean what they say."""

    def __init__(self) -> None:
        self._clusters: list[tuple[contextvars.Context, dict[str, Any]]] = []
        self._ended = threading.Event()

    def start(self) -> None:
        """Emit until `stop`."""
        threading.Thread(target=self._run, name="cluster-metrics", daemon=True).start()

    def stop(self) -> None:
        """Emit no more."""
        self._ended.set()

    def watch(self, cluster: dict[str, Any]) -> None:
        """Follow a new cluster, in the account and region of the request under way."""
        context = contextvars.copy_context()
        self._clusters.append((context, cluster))
        context.run(_emit, cluster)

    def _run(self) -> None:
        while not self._ended.wait(_PERIOD_SECONDS):
            for context, cluster in list(self._clusters):
                context.run(_emit, cluster)


def count_applications(cluster: dict[str, Any]) -> None:
    """The totals once an application has ended; alarms on them are looked at at once."""
    steps = [step["Status"]["State"] for step in emr._steps.get(cluster["Id"], [])]
    for name, state in _APPLICATIONS.items():
        cloudwatch.record_metric(_NAMESPACE, name, steps.count(state), "Count", {"JobFlowId": cluster["Id"]})
    cloudwatch._evaluate_all_alarms()


def _emit(cluster: dict[str, Any]) -> None:
    if states.live(cluster):
        idle = int(cluster["Status"]["State"] == "WAITING")
        nodes = (("LiveDataNodes", 100, "Percent"), ("MissingBlocks", 0, "Count"), ("IsIdle", idle, "Count"))
        for name, value, unit in nodes:
            cloudwatch.record_metric(_NAMESPACE, name, value, unit, {"JobFlowId": cluster["Id"]})
        count_applications(cluster)
