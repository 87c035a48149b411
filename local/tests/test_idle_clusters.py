"""Auto-termination policies: which cluster ends when, and that the endpoint looks."""

from __future__ import annotations

from typing import Any

from emulator.jobs.idle import IdleClusters
from tests.support import Endpoint, until


def cluster(**more: Any) -> dict[str, Any]:
    """The record of a cluster that waits, with a policy of ten minutes."""
    return {"Id": "j-1", "Status": {"State": "WAITING"}, "AutoTerminationPolicy": {"IdleTimeout": 600}, **more}


def ended_after(record: dict[str, Any], *times: float) -> bool:
    """Whether it has been ended when it was looked at at these times."""
    ended: list[Any] = []
    idle = IdleClusters(ended.append)
    idle.watch(record)
    for now in times:
        idle.look(now)
    return bool(ended)


def test_a_cluster_ends_once_it_was_idle_for_as_long_as_its_policy_says() -> None:
    assert not ended_after(cluster(), 0, 599)
    assert ended_after(cluster(), 0, 600)


def test_a_cluster_without_a_policy_or_with_protection_stays() -> None:
    assert not ended_after(cluster(AutoTerminationPolicy=None), 0, 10_000)
    assert not ended_after(cluster(TerminationProtected=True), 0, 10_000)


def test_the_time_begins_anew_after_a_step() -> None:
    ended: list[Any] = []
    idle, record = IdleClusters(ended.append), cluster()
    idle.watch(record)
    for state, now in (("WAITING", 0), ("RUNNING", 500), ("WAITING", 700), ("WAITING", 1200)):
        record["Status"]["State"] = state
        idle.look(now)
    assert ended == []
    idle.look(1300)
    assert ended == [record]


def test_an_idle_cluster_of_the_endpoint_is_terminated(endpoint: Endpoint) -> None:
    emr = endpoint.client("emr")
    request = {"ReleaseLabel": "emr-7.14.0", "Instances": {"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1}}
    identifier = emr.run_job_flow(Name="idle", **request)["JobFlowId"]
    emr.put_auto_termination_policy(ClusterId=identifier, AutoTerminationPolicy={"IdleTimeout": 1})

    def state() -> Any:
        return emr.describe_cluster(ClusterId=identifier)["Cluster"]["Status"]

    until(lambda: state()["State"] == "TERMINATED", 5, "the cluster's end")
    assert state()["StateChangeReason"]["Message"] == "Idle longer than its policy allows"
