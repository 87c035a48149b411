"""Commits that are made once, whoever else makes them at the same time.

A driver may be paused at any moment and wake up after another has taken its place, and an append commits on top of
whatever is there. So a commit is staged first, on what the branch holds then; it is published only when the token is
in none of the snapshots that it stands on, and only by a fast-forward.

Proof that a token is never published twice: of two staged snapshots with one token, take that which was published
later. At that moment the head of the branch, which holds the earlier one, was among the snapshots that it stands on,
else the fast-forward was refused. Then the token was among them too, and was found before it was published.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lakehouse_jobs.exceptions import CommitLostError, ConcurrentRunError, JobError, TransientError, problem
from lakehouse_jobs.failures import translate
from lakehouse_jobs.iceberg import TOKEN, IcebergTable, Snapshot
from lakehouse_jobs.retry import RetryPolicy

_LOGGER = logging.getLogger(__name__)


def _nothing() -> None:
    """What a batch requires that was planned on nothing but its own rows."""


def _never(_: Snapshot) -> bool:
    return False


@dataclass(frozen=True)
class Claim:
    """A batch, by its token.

    `require` raises when the table is not as the batch was planned on. `earlier` knows the snapshots of batches before
    it, below which nobody need look for it.
    """

    token: str
    require: Callable[[], None] = _nothing
    earlier: Callable[[Snapshot], bool] = _never

    def found_in(self, snapshots: Iterable[Snapshot]) -> Snapshot | None:
        """The snapshot of the batch, among some of a table, newest first."""
        for snapshot in snapshots:
            if snapshot.summary.get(TOKEN) == self.token:
                return snapshot
            if self.earlier(snapshot):
                return None
        return None


def commit_once(table: IcebergTable, claim: Claim, write: Callable[[], None], retry: RetryPolicy) -> Snapshot:
    """Look, stage, look, publish: commit a batch to `table` exactly once and return its snapshot.

    `write` is called only while the token is absent, in the table's Spark session, whose only writer it is meanwhile.
    After any failure, whose outcome may be unknown, the token is looked for before all is repeated. Conflicts (a
    refused publication too, as after a compaction that came between) and transient failures are repeated within
    `retry`.

    :raises CommitLostError: the write reported success and its snapshot does not carry the token.
    :raises ConcurrentRunError: so much was committed meanwhile that the snapshots between are expired already.
    """

    def attempt() -> Snapshot:
        line = table.history()
        head = next(line, None)
        present = claim.found_in(itertools.chain([head] if head else [], line))
        if present is not None:
            return present
        try:
            return _stage_and_publish(table, claim, write, head)
        except Exception as error:
            failure = translate(error)
            present = _after_failure(table, claim, failure)
            if present is None:
                raise failure from error
            return present

    return retry.run(f"commit to {table.identifier}", attempt)


def _stage_and_publish(table: IcebergTable, claim: Claim, write: Callable[[], None], head: Snapshot | None) -> Snapshot:
    """`head` is what the table stood at when the token was not there; whatever comes after the last look is refused."""
    claim.require()
    staged = table.stage(write)
    if staged is None or staged.summary.get(TOKEN) != claim.token:
        got = "no such snapshot" if staged is None else "one without it"
        remedy = "check that PYSPARK_PIN_THREAD is not false and that the rows belong to the table's Spark session"
        raise CommitLostError(problem(table.identifier, f"carry the token {claim.token}", got, remedy))
    other = claim.found_in(_since(head, table, staged))
    if other is not None:
        facts = {"table": table.identifier, "snapshot": other.id, "staged": staged.id}
        _LOGGER.warning("another writer has committed the batch, what was staged is left out", extra=facts)
        return other
    claim.require()
    table.publish(staged)
    return staged


def _since(head: Snapshot | None, table: IcebergTable, staged: Snapshot) -> list[Snapshot]:
    """What was committed between `head` and what was staged, newest first."""
    below = list(itertools.takewhile(lambda found: head is None or found.id != head.id, table.below(staged)))
    reached = below[-1].parent_id if below else staged.parent_id
    if reached != (head.id if head else None):
        must, got = "still have the snapshots since this batch was begun", f"none before {reached}"
        remedy = "another driver has gone on for long; let it, nothing of this batch was committed"
        raise ConcurrentRunError(problem(table.identifier, must, got, remedy))
    return below


def _after_failure(table: IcebergTable, claim: Claim, failure: JobError) -> Snapshot | None:
    try:
        present = claim.found_in(table.history())
    except Exception as error:
        raise TransientError(f"{failure}; the table's state cannot be read: {translate(error)}") from error
    if present is not None:
        _LOGGER.warning(
            "the write failed after its commit had taken effect",
            extra={"table": table.identifier, "snapshot": present.id, "error": str(failure)},
        )
    return present
