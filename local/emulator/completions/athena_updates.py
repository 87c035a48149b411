"""What Athena's UpdateWorkGroup removes by a flag, which the endpoint passes over.

Source: Athena API reference, WorkGroupConfigurationUpdates, RemoveBytesScannedCutoffPerQuery.
"""

from __future__ import annotations

from typing import Any

from ministack.services import athena

Response = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Remove the limit after the endpoint's own update."""
    update = athena._update_workgroup

    def updating(request: dict[str, Any]) -> Response:
        answer: Response = update(request)
        group = athena._workgroups.get(request.get("WorkGroup"))
        if group and (request.get("ConfigurationUpdates") or {}).get("RemoveBytesScannedCutoffPerQuery"):
            group.get("Configuration", {}).pop("BytesScannedCutoffPerQuery", None)
        return answer

    athena._update_workgroup = updating
