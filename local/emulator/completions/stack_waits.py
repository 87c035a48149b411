"""The CDK's command line is told of a stack's end when it comes, and not up to five seconds later.

It asks every five seconds, and no option changes that; a stack takes less here. So an answer that the stack is still in
progress is held back until it would be another, or for as long as nobody takes the endpoint for dead.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from ministack.services import cloudformation

_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.1
# a stack under review waits for its change set to be executed, by who asks
_IN_PROGRESS = re.compile(rb"<StackStatus>(?!REVIEW_)\w+_IN_PROGRESS</StackStatus>")


def install() -> None:
    """Hold answers to the command line back."""
    stock = cloudformation.handle_request

    async def handling(method: str, path: str, headers: dict[str, str], body: bytes, *args: Any) -> Any:
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = await stock(method, path, headers, body, *args)
            if not _waits(headers, body) or not _IN_PROGRESS.search(answer[2]) or time.monotonic() > until:
                return answer
            await asyncio.sleep(_LOOK_SECONDS)

    cloudformation.handle_request = handling


def _waits(headers: dict[str, str], body: bytes) -> bool:
    return b"Action=DescribeStacks&" in body and "aws-cdk" in headers.get("user-agent", "")
