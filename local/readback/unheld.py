"""Properties that cannot be read back, each with its reason. Keep this list as short as possible.

Everything else the stack emits must read back equal, or the read-back fails.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unheld:
    """One property no describe operation returns."""

    type: str
    property: str
    reason: str


UNHELD: tuple[Unheld, ...] = (
    Unheld(
        "AWS::KMS::Key",
        "PendingWindowInDays",
        "given to ScheduleKeyDeletion by CloudFormation when it deletes the key; no AWS API returns it before that",
    ),
    Unheld(
        "AWS::CloudFormation::Stack",
        "TemplateURL",
        "no AWS API returns it; the nested template itself is read by GetTemplate and compared resource by resource",
    ),
)


def reason(resource_type: str, name: str) -> str | None:
    """Why a property cannot be read back, or nothing when it can."""
    return next((entry.reason for entry in UNHELD if (entry.type, entry.property) == (resource_type, name)), None)
