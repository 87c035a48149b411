"""Checks silver dataset by dataset, publishes what passes, and tells of what does not."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.failures import translate
from lakehouse_jobs.iceberg import CATALOG
from lakehouse_jobs.logging import bound
from lakehouse_jobs.objects import ObjectStore
from lakehouse_jobs.quality.alerts import Alerts
from lakehouse_jobs.quality.checkpoint import Checkpoints, Unmet
from lakehouse_jobs.quality.gate import Gate
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.telemetry import Metric, Telemetry

_LOGGER = logging.getLogger(__name__)


class Outcome(StrEnum):
    """`published`: what was staged is served now; `held`: it passed, and nothing was staged; `empty`: no row yet;
    `failed`: it did not pass, or could not be checked, and the table serves what it served."""

    PUBLISHED = "published"
    HELD = "held"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass
class DatasetQuality:
    """What the check found in one dataset, and what it did. `score` is the percent of the expectations met."""

    dataset: str
    outcome: Outcome = Outcome.EMPTY
    staged: bool = False
    snapshot: int | None = None
    threshold: float = 0.0
    score: float | None = None
    expectations: int = 0
    met: int = 0
    unmet: Sequence[Unmet] = ()
    seconds: float = 0.0
    error: str | None = None

    @property
    def known(self) -> float | None:
        """What its metric says: the score, and nothing at all where something could not be checked.

        An alarm knows one number: a score says of such a table that it is as good as the rest of it.
        """
        unchecked = any(not each.checked for each in self.unmet) or (self.score is None and self.error is not None)
        return 0.0 if unchecked else self.score


@dataclass(frozen=True)
class Check:
    """One run: its ids, the Glue databases by zone, where artifacts go, whom to tell.

    `staged_only`: of datasets whose loads are staged, only what is staged; others are checked as they are served.
    """

    run_id: str
    correlation_id: str
    databases: Mapping[str, str]
    artifacts_uri: str
    store: ObjectStore
    alerts: Alerts
    staged_only: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)


def run(spark: SparkSession, job: Check, contracts: Sequence[Contract], telemetry: Telemetry) -> list[DatasetQuality]:
    """Check each dataset; one that fails does not stop the others.

    The results are also stored, as `runs/<run id>/quality.json`, and the Data Docs below `quality/`.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        checkpoints = Checkpoints(Path(folder), job.run_id)
        found = [_checked(spark, job, contract, checkpoints) for contract in _referenced_first(contracts)]
        if any(result.expectations for result in found):
            checkpoints.upload(job.store, job.artifacts_uri)
    for result in found:
        if result.known is not None:
            telemetry.record(Metric.EXPECTATIONS_MET, result.known, Dataset=result.dataset)
        if result.outcome is Outcome.PUBLISHED:
            telemetry.record(Metric.DATASET_LOADED, 1.0, Dataset=result.dataset)
    telemetry.flush()
    job.retry.run("write the run record", partial(_write, job, found, round(time.monotonic() - began, 3)))
    _alert(job, found)
    return found


def _referenced_first(contracts: Sequence[Contract]) -> list[Contract]:
    """A dataset after those it refers to, so that what was staged of them is served by then."""
    named = {contract.dataset: contract for contract in contracts}
    graph = {
        name: sorted({each.dataset for each in contract.rules.relationships} & named.keys() - {name})
        for name, contract in named.items()
    }
    try:
        return [named[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError:
        return list(contracts)


def _checked(spark: SparkSession, job: Check, contract: Contract, checkpoints: Checkpoints) -> DatasetQuality:
    started = time.monotonic()
    result = DatasetQuality(contract.dataset, threshold=contract.minimum_quality)
    with bound(dataset=contract.dataset):
        try:
            identifier = f"{CATALOG}.{job.databases['silver']}.{contract.dataset}"
            _pass(Gate(spark, identifier, contract), checkpoints, job, result)
        except Exception as error:
            failure = translate(error)
            result.outcome, result.error = Outcome.FAILED, str(failure)
            _LOGGER.exception("check failed", extra={"kind": failure.kind})
        result.seconds = round(time.monotonic() - started, 3)
        _LOGGER.info("dataset checked", extra={"outcome": result.outcome, "score": result.score})
    return result


def _pass(gate: Gate, checkpoints: Checkpoints, job: Check, result: DatasetQuality) -> None:
    candidate = gate.candidate()
    if candidate is None or (job.staged_only and gate.stages and not candidate.staged):
        return
    result.staged, result.snapshot = candidate.staged, candidate.snapshot.id
    verdict = gate.check(candidate, checkpoints)
    result.expectations, result.met = verdict.expectations, verdict.met
    result.score, result.unmet = verdict.score, verdict.unmet
    gate.require(verdict)
    if candidate.staged:
        gate.publish(candidate, job.retry)
    result.outcome = Outcome.PUBLISHED if candidate.staged else Outcome.HELD


def _write(job: Check, found: Sequence[DatasetQuality], seconds: float) -> None:
    document = {
        "runId": job.run_id,
        "correlationId": job.correlation_id,
        "seconds": seconds,
        "datasets": [asdict(result) for result in found],
    }
    uri = f"{job.artifacts_uri.rstrip('/')}/runs/{job.run_id}/quality.json"
    job.store.write(uri, json.dumps(document, indent=2).encode())


def _alert(job: Check, found: Sequence[DatasetQuality]) -> None:
    failed = [result for result in found if result.outcome is Outcome.FAILED]
    if failed:
        names = ", ".join(result.dataset for result in failed)
        lines = [f"{result.dataset}: {result.error}" for result in failed]
        ids = f"run {job.run_id}, correlation id {job.correlation_id}"
        job.alerts.send(f"quality check failed: {names}", "\n".join([*lines, ids]))
