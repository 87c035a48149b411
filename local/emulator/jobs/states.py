"""The states of steps and clusters, written on the endpoint's own records, which its API describes.

Source: Amazon EMR API reference, StepStatus, ClusterStatus, FailureDetails.
"""

from __future__ import annotations

from typing import Any

from ministack.services import emr

Record = dict[str, Any]


def pending(step: Record) -> bool:
    """Whether a step waits for its turn."""
    return bool(step["Status"]["State"] == "PENDING")


def running(step: Record) -> bool:
    """Whether a step is under way."""
    return bool(step["Status"]["State"] == "RUNNING")


def new_step(step: Record) -> Record:
    """A step as EMR accepts it, instead of the endpoint's completed at once."""
    timeline = {"CreationDateTime": emr._now_iso()}
    step["Status"] = {"State": "PENDING", "StateChangeReason": {}, "Timeline": timeline}
    return step


def start_step(step: Record) -> None:
    """PENDING → RUNNING."""
    step["Status"]["State"] = "RUNNING"
    step["Status"]["Timeline"]["StartDateTime"] = emr._now_iso()


def end_step(step: Record, state: str, failure: Record | None = None) -> None:
    """To COMPLETED, FAILED (with details) or CANCELLED."""
    status = step["Status"]
    status["State"] = state
    status["Timeline"]["EndDateTime"] = emr._now_iso()
    if failure:
        status["FailureDetails"] = failure


def live(cluster: Record) -> bool:
    """Whether the cluster takes steps."""
    return not str(cluster["Status"]["State"]).startswith("TERMINAT")


def set_cluster(cluster: Record, state: str, code: str = "", message: str = "") -> None:
    """Move the cluster, with the reason."""
    status = cluster["Status"]
    status["State"] = state
    status["StateChangeReason"] = {"Code": code, "Message": message}
    if state in ("TERMINATED", "TERMINATED_WITH_ERRORS"):
        status["Timeline"]["EndDateTime"] = emr._now_iso()
    else:
        status["Timeline"].pop("EndDateTime", None)


def settle(cluster: Record, steps: list[Record]) -> None:
    """The state of a cluster whose steps changed: running, waiting, or ended with its last step."""
    active = [step for step in steps if pending(step) or running(step)]
    state = cluster["Status"]["State"]
    if state == "TERMINATING":
        if not any(running(step) for step in steps):
            reason = cluster["Status"]["StateChangeReason"]
            failed = reason.get("Code") == "STEP_FAILURE"
            set_cluster(
                cluster, "TERMINATED_WITH_ERRORS" if failed else "TERMINATED", reason["Code"], reason["Message"]
            )
    elif not live(cluster):
        return
    elif active:
        if state != "RUNNING":
            set_cluster(cluster, "RUNNING", "", "Running step")
    elif cluster["AutoTerminate"]:
        failed = any(step["Status"]["State"] == "FAILED" for step in steps)
        message = "Steps completed with errors" if failed else "Steps completed"
        set_cluster(cluster, "TERMINATED", "ALL_STEPS_COMPLETED", message)
    else:
        set_cluster(cluster, "WAITING", "USER_REQUEST", "Cluster ready after last step completed.")


def fail_over(cluster: Record, steps: list[Record], step: Record) -> None:
    """What a failed step does to the others and the cluster: `ActionOnFailure`."""
    action = step["ActionOnFailure"]
    if action == "CONTINUE":
        return
    for other in steps:
        if pending(other):
            end_step(other, "CANCELLED")
    if action.startswith("TERMINATE"):
        set_cluster(cluster, "TERMINATING", "STEP_FAILURE", f"Shut down as step {step['Id']} failed")
