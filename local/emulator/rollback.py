"""Whether CloudFormation is taking an update back, for provisioners that must then return to what was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

_ROLLING_BACK: ContextVar[bool] = ContextVar("rolling_back", default=False)


def rolling_back() -> bool:
    """True in a handler called to revert a resource (nested stacks included: worker threads inherit the context)."""
    return _ROLLING_BACK.get()


def marking(revert: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The endpoint's revert function, marked for the time it runs."""

    async def marked(*args: Any, **kwargs: Any) -> Any:
        token = _ROLLING_BACK.set(True)
        try:
            return await revert(*args, **kwargs)
        finally:
            _ROLLING_BACK.reset(token)

    return marked
