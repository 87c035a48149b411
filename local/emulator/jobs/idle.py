"""What ends when it is idle: EMR clusters with an auto-termination policy, and whatever else is looked at every second.

Source: Amazon EMR Management Guide, "Using an auto-termination policy for cluster cleanup".
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger("emulator.jobs")

Record = dict[str, Any]
_PERIOD_SECONDS = 1.0


class IdleClusters:
    """Ends every cluster that waited for as long as its policy says, but no protected one."""

    def __init__(self, end: Callable[[Record], None]) -> None:
        self._end = end
        self._watched: list[tuple[contextvars.Context, Record]] = []
        self._since: dict[str, float] = {}

    def watch(self, cluster: Record) -> None:
        """Follow a new cluster, in the account and region of the request under way."""
        self._watched.append((contextvars.copy_context(), cluster))

    def look(self, now: float) -> None:
        """End those whose time has come."""
        for context, cluster in list(self._watched):
            if cluster["Status"]["State"] != "WAITING":
                self._since.pop(cluster["Id"], None)
                continue
            since = self._since.setdefault(cluster["Id"], now)
            limit = (cluster.get("AutoTerminationPolicy") or {}).get("IdleTimeout")
            if limit and now - since >= float(limit) and not cluster.get("TerminationProtected"):
                context.run(self._end, cluster)


class Clock:
    """Calls what it was given every second, until `stop`."""

    def __init__(self, *ticks: Callable[[], None]) -> None:
        self._ticks = ticks
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="idle-clock", daemon=True).start()

    def stop(self) -> None:
        """Call no more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(_PERIOD_SECONDS):
            for tick in self._ticks:
                try:
                    tick()
                except Exception:  # the clock goes on whatever one of them does
                    log.exception("idle check")
