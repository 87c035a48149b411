"""The gate before silver: what a load has staged is served only when it meets what its contract expects."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Contract, SourceTable
from lakehouse_jobs.exceptions import CommitLostError, QualityError, StaleStageError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.iceberg import IcebergTable, Snapshot
from lakehouse_jobs.quality.checkpoint import Checkpoints, Verdict
from lakehouse_jobs.quality.suites import suite_of
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.tables import AUDIT

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Candidate:
    """What is to be checked: a snapshot, whether it is staged, and how many rows the table serves now."""

    snapshot: Snapshot
    staged: bool
    served_rows: int


class Gate:
    """The gate of one table of silver."""

    def __init__(self, spark: SparkSession, identifier: str, contract: Contract) -> None:
        self._main = IcebergTable(spark, identifier)
        self._audit = IcebergTable(spark, identifier, AUDIT)
        self._contract = contract

    @property
    def stages(self) -> bool:
        """Whether what is written to the table may be staged: what a load brings, and not what a stream does."""
        return isinstance(self._contract.origin, SourceTable)

    def candidate(self) -> Candidate | None:
        """What a load has staged; what the table serves where nothing is staged; None while there is neither.

        What was staged on a snapshot that the table was set back from is given up first.

        :raises StaleStageError: main has gone another way since the load was staged.
        """
        self._audit.leave_taken_back()
        main, staged = self._main.current(), self._audit.current()
        served_rows = self._main.read_snapshot(main).count() if main is not None else 0
        if staged is None or any(snapshot.id == staged.id for snapshot in self._main.history()):
            return None if main is None else Candidate(main, False, served_rows)
        if main is not None and all(snapshot.id != main.id for snapshot in self._audit.history()):
            must = f"still serve the snapshot that branch {AUDIT} began at"
            raise StaleStageError(problem(self._main.identifier, must, main.id, "run the load with --stage again"))
        if main is None and staged.parent_id is None and self._audit.read().isEmpty():
            return None  # a branch was made for a load that has not come
        return Candidate(staged, True, served_rows)

    def check(self, candidate: Candidate, checkpoints: Checkpoints) -> Verdict:
        """Hold a candidate against the contract."""
        with kept(self._main.read_snapshot(candidate.snapshot)) as rows:
            silver = self._main.identifier.rpartition(".")[0]
            return checkpoints.run(rows, suite_of(self._contract, candidate.served_rows, silver))

    def require(self, verdict: Verdict) -> None:
        """Let a verdict pass; none does that leaves something unchecked, whatever its score.

        :raises QualityError: names the expectations that could not be checked, or that too many of are not met.
        """
        if verdict.unchecked:
            broken = [each for each in verdict.unmet if each.checked]
            must, got = "be checked for all that its contract expects", f"{len(verdict.unchecked)} that could not be"
            remedy = f"correct the contract, or see why: {'; '.join(map(str, verdict.unchecked))}"
            remedy += f"; not met: {'; '.join(map(str, broken))}" if broken else ""
            raise QualityError(problem(self._contract.dataset, must, got, remedy))
        if verdict.score < self._contract.minimum_quality:
            must = f"meet {self._contract.minimum_quality:g} % of what its contract expects"
            unmet = "; ".join(map(str, verdict.unmet))
            got = f"{verdict.score:.1f} % ({verdict.met} of {verdict.expectations})"
            remedy = f"see the Data Docs; not met: {unmet}"
            raise QualityError(problem(self._contract.dataset, must, got, remedy))

    def publish(self, candidate: Candidate, retry: RetryPolicy) -> None:
        """Let the table serve a staged candidate, however often that is tried.

        :raises StaleStageError: main has gone another way since the candidate was chosen.
        """
        retry.run(f"publish {self._main.identifier}", lambda: self._forward(candidate.snapshot))

    def _forward(self, snapshot: Snapshot) -> None:
        if self._serves(snapshot):
            return
        try:
            self._main.publish(snapshot)
        except Exception:
            # the outcome may be unknown, as the answer to any commit may be lost
            if not self._serves(snapshot):
                self.candidate()
                raise
            _LOGGER.warning("publishing failed after it had taken effect", extra={"snapshot": snapshot.id})
        if not self._serves(snapshot):
            must = f"serve snapshot {snapshot.id}"
            remedy = "see who else writes the table"
            raise CommitLostError(problem(self._main.identifier, must, "another", remedy))

    def _serves(self, snapshot: Snapshot) -> bool:
        return any(held.id == snapshot.id for held in self._main.history())
