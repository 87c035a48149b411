"""How much a parameter holds, which the endpoint does not look at.

Source: AWS Systems Manager user guide, parameter-store-advanced-parameters: 4 KB in the standard tier, 8 KB in the
advanced one, which Intelligent-Tiering takes for what is larger.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ssm

Response = tuple[int, dict[str, str], bytes]

_LARGEST = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}


def install() -> None:
    """Refuse a value that is too large for its tier, whether CloudFormation puts it or a client."""
    put = ssm._put_parameter

    def putting(request: dict[str, Any]) -> Response:
        existing = ssm._parameters.get(request.get("Name"))
        tier = request.get("Tier") or ssm._default_tier(request, request.get("Value", ""), existing)
        if len(request.get("Value", "").encode()) > _LARGEST[tier]:
            message = f"{tier} tier parameters support a maximum parameter value of {_LARGEST[tier]} characters."
            refusal: Response = error_response_json("ValidationException", message, 400)
            return refusal
        answer: Response = put(request)
        return answer

    ssm._put_parameter = putting
