"""The metrics EMR itself emits: of each application's end, and of each live cluster every minute.

Source: Amazon EMR Management Guide, "Metrics reported by Amazon EMR in CloudWatch".
"""

from __future__ import annotations

import contextvars
import threading
from typing import Any

from ministack.services import cloudwatch

from emulator.jobs import states

_NAMESPACE = "AWS/ElasticMapReduce"
_PERIOD_SECONDS = 60.0


def count_application(cluster_id: str, *, failed: bool) -> None:
    """`AppsFailed` and `AppsCompleted` of one ended application; alarms on them are looked at at once."""
    for name, value in (("AppsFailed", int(failed)), ("AppsCompleted", int(not failed))):
        cloudwatch.record_metric(_NAMESPACE, name, value, "Count", {"JobFlowId": cluster_id})
    cloudwatch._evaluate_all_alarms()


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


def _emit(cluster: dict[str, Any]) -> None:
    if states.live(cluster):
        core = [fleet for fleet in cluster["InstanceFleets"] if fleet["InstanceFleetType"] == "CORE"]
        nodes = sum(int(fleet["TargetOnDemandCapacity"]) + int(fleet["TargetSpotCapacity"]) for fleet in core)
        idle = int(cluster["Status"]["State"] == "WAITING")
        for name, value in (("LiveDataNodes", nodes), ("MissingBlocks", 0), ("IsIdle", idle)):
            cloudwatch.record_metric(_NAMESPACE, name, value, "Count", {"JobFlowId": cluster["Id"]})
    cloudwatch._evaluate_all_alarms()
