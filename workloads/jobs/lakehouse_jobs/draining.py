"""How a run of a stream is asked to end, and how the next one takes its place.

A run is one supervision: its correlation id stays the same over restarts. All that runs and commands say to each other
is small objects in `<checkpoint>.runs/<correlation id>/`, beside the checkpoint: `asked.json` by whoever wants the run
to end, `up.json` by the run when it has read for the first time, `done.json` when it has ended between two batches.

A process on the cluster's primary node cannot be told instead: with YARN the driver runs elsewhere, and lives on when
the step that submitted it is killed. Exactly-once rests on none of this: who hears nothing is fenced by the tables.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pyspark.sql.streaming.query import StreamingQuery

from lakehouse_jobs.exceptions import JobError
from lakehouse_jobs.objects import ObjectStore, store_for

_LOGGER = logging.getLogger(__name__)
_ASKED, _UP, _DONE = "asked.json", "up.json", "done.json"
_GLANCE_SECONDS = 0.5
_CLOSING_SECONDS = 0.05
_SAFE = "!'()*"
NOBODY = "-"
"""What a run that takes nobody's place is told."""


class DrainedError(JobError):
    """No batch may begin any more, because the run was asked to end."""


@dataclass(frozen=True)
class Turn:
    """A run's turn at its checkpoint: who has it, and whose place it takes.

    The run before may take `patience_seconds` to finish its batch; then it counts as dead.
    """

    store: ObjectStore
    checkpoint: str
    run: str
    before: str = NOBODY
    look_seconds: float = 5
    patience_seconds: float = 300

    @classmethod
    def of(cls, checkpoint: str, run: str, before: str) -> Turn:
        """The turn of a run at a checkpoint in S3 or on a disk."""
        return cls(store_for(checkpoint), checkpoint, run, before)

    def take(self) -> None:
        """Ask the run before to end, and wait until it has: called by a run that is ready to read."""
        said = self._said(self.run)
        if _DONE in said:
            # an earlier run had the same id: what was said to it does not count. That it ended is forgotten last: a run
            # that dies meanwhile leaves no question behind that looks as if it were asked of the next
            for name in sorted(said, key=lambda name: name == _DONE):
                self.store.delete(f"{self._folder(self.run)}{name}")
        if self.before == NOBODY:
            return
        if _ASKED not in self._said(self.before):
            self._say(self.before, _ASKED, {"by": self.run})
        deadline = time.monotonic() + self.patience_seconds
        while _DONE not in self._said(self.before):
            if time.monotonic() > deadline:
                _LOGGER.warning("the run before did not say that it ended", extra={"before": self.before})
                return
            time.sleep(_GLANCE_SECONDS)
        _LOGGER.info("took the place of the run before", extra={"before": self.before})

    def asked(self) -> bool:
        """Whether the run shall end."""
        return _ASKED in self._said(self.run)

    def say_up(self, progress: dict[str, Any]) -> None:
        """The run has read: a batch, or that there is nothing to read."""
        self._say(self.run, _UP, _facts(progress))

    def say_done(self, progress: dict[str, Any] | None) -> None:
        """The run has ended between two batches, the last of which is told."""
        self._say(self.run, _DONE, _facts(progress))

    def _say(self, run: str, name: str, facts: dict[str, Any]) -> None:
        document = {"at": int(time.time() * 1000), **facts}
        self.store.write(f"{self._folder(run)}{name}", json.dumps(document).encode())

    def _said(self, run: str) -> set[str]:
        """A listing, because a role that may list one folder is refused, not told, when it reads what is not there."""
        return {found.uri.rsplit("/", 1)[-1] for found in self.store.objects(self._folder(run))}

    def _folder(self, run: str) -> str:
        # the same characters stay as they are where the supervisor encodes it
        return f"{self.checkpoint.rstrip('/')}.runs/{quote(run, safe=_SAFE)}/"


class Drain:
    """Ends a query between two batches when its run is asked to; a run without a turn is never asked."""

    def __init__(self, turn: Turn | None) -> None:
        self._turn = turn
        self._closed = False
        self._told_up = False
        self._next_look = 0.0

    def admit(self) -> None:
        """Let a batch begin.

        :raises DrainedError: none may any more; it stays planned, and the next run begins with it.
        """
        if self._closed:
            raise DrainedError("the run was asked to end before this batch")

    def pauses(self, query: StreamingQuery, seconds: float) -> Iterator[None]:
        """A pause each so many `seconds`, until the query ends by itself or because the run was asked to end."""
        due = time.monotonic() + seconds
        while not query.awaitTermination(min(_GLANCE_SECONDS, seconds)):  # type: ignore[arg-type] # it takes fractions
            if self._ends(query):
                return
            if time.monotonic() >= due:
                yield
                due = time.monotonic() + seconds

    def say_done(self, query: StreamingQuery) -> None:
        """Tell who asked that the run has ended."""
        if self._turn is not None and self._closed:
            batches = [progress for progress in query.recentProgress if progress["numInputRows"] > 0]
            self._turn.say_done(batches[-1] if batches else None)
            _LOGGER.info("stream drained")

    def _ends(self, query: StreamingQuery) -> bool:
        # a run begins with the batch that the one before did not finish: it reads once before it may end
        if self._turn is None or query.lastProgress is None:
            return False
        if not self._told_up:
            self._told_up = True
            self._turn.say_up(query.recentProgress[0])
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + self._turn.look_seconds
        if not self._turn.asked():
            return False
        self._closed = True
        while not query.awaitTermination(_CLOSING_SECONDS):  # type: ignore[arg-type]
            if not query.status["isTriggerActive"]:
                query.stop()
                break
        return True


def _facts(progress: dict[str, Any] | None) -> dict[str, Any]:
    """A batch as commands read it: its number, how many records it had, and when it was over, in milliseconds."""
    if progress is None:
        return {}
    began = datetime.fromisoformat(progress["timestamp"].replace("Z", "+00:00")).timestamp() * 1000
    took = progress["durationMs"].get("triggerExecution", 0)
    return {"batch": progress["batchId"], "records": progress["numInputRows"], "overAt": int(began + took)}
