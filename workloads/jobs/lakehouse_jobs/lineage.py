"""OpenLineage events: which columns of which tables a job read and wrote, in the standard's own form.

They go to `lineage/<run id>/<job>-<state>.json` in the artifacts bucket, and to the API that `OPENLINEAGE_URL` names,
where it names one. A sink that is down is reported once, and nothing stops.

The events are put together here and not by the standard's client, which brings a dozen packages to every node for one
JSON document; a test reads them with that client. https://openlineage.io/spec/2-0-2/OpenLineage.json
"""

from __future__ import annotations

import json
import logging
import os
import urllib.request
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from lakehouse_jobs.objects import ObjectStore

_LOGGER = logging.getLogger(__name__)
_PRODUCER = "https://github.com/cdk-lakehouse/cdk-lakehouse"
_SPEC = "https://openlineage.io/spec"
_ANSWER_SECONDS = 5


class State(StrEnum):
    """The states of a run that this package tells of."""

    START = "START"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Dataset:
    """A table, topic or folder by the standard's naming: https://openlineage.io/docs/spec/naming."""

    namespace: str
    name: str

    @property
    def document(self) -> dict[str, Any]:
        """The two names, as they stand in events."""
        return {"namespace": self.namespace, "name": self.name}


@dataclass(frozen=True)
class Column:
    """A column that is written: name, type, what it is made from, and whether it is that very value."""

    name: str
    type: str
    inputs: tuple[tuple[Dataset, str], ...] = ()
    identity: bool = True


@dataclass(frozen=True)
class Output:
    """A dataset that is written: its columns, and how many rows this run wrote where that is known."""

    dataset: Dataset
    columns: tuple[Column, ...]
    rows: int | None = None


@dataclass(frozen=True)
class Step:
    """What a job reads and writes."""

    job: str
    inputs: tuple[Dataset, ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class Run:
    """The run of a pipeline (`ingest`, `stream`, `transform`) that events belong to."""

    environment: str
    pipeline: str
    run_id: str
    correlation_id: str

    @property
    def namespace(self) -> str:
        """The namespace of its jobs."""
        return f"lakehouse-{self.environment}"

    def uuid(self, job: str) -> str:
        """The standard's id of a job's run: the same for the same run, so that a repetition adds no second one."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.namespace}/{self.run_id}/{job}"))


class Sink(Protocol):
    """Takes events."""

    def send(self, name: str, event: bytes) -> None:
        """Takes one event; `name` is unique to the run, job and state."""


class StoreSink:
    """Objects below `lineage/` of a base URI."""

    def __init__(self, store: ObjectStore, base_uri: str) -> None:
        self._store = store
        self._base = f"{base_uri.rstrip('/')}/lineage"

    def send(self, name: str, event: bytes) -> None:
        """See `Sink`."""
        self._store.write(f"{self._base}/{name}.json", event)


class HttpSink:
    """An OpenLineage API, such as Marquez or DataHub have one."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/lineage"

    def send(self, name: str, event: bytes) -> None:
        """See `Sink`."""
        request = urllib.request.Request(self._url, event, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS):  # noqa: S310 (the operator's own URL)
            _LOGGER.debug("lineage sent", extra={"event": name})


class Lineage:
    """Tells the sinks of a run's jobs; one that fails is told no more in this run."""

    def __init__(self, run: Run, sinks: Iterable[Sink]) -> None:
        self._run = run
        self._sinks = list(sinks)

    def started(self, *jobs: str) -> None:
        """Tell that jobs begin."""
        for job in jobs:
            self._emit(Step(job, (), ()), State.START)

    def ended(self, steps: Sequence[Step], error: str | None = None) -> None:
        """Tell that jobs have ended: well, or with `error`."""
        for step in steps:
            self._emit(step, State.COMPLETE if error is None else State.FAIL, error)

    def running(self, steps: Sequence[Step]) -> None:
        """Tell what jobs without an end read and write."""
        for step in steps:
            self._emit(step, State.RUNNING)

    def _emit(self, step: Step, state: State, error: str | None = None) -> None:
        event = json.dumps(event_of(self._run, step, state, error)).encode()
        name = f"{self._run.run_id}/{step.job}-{state.lower()}"
        for sink in list(self._sinks):
            try:
                sink.send(name, event)
            except Exception as failure:
                self._sinks.remove(sink)
                facts = {"sink": type(sink).__name__, "error": str(failure)}
                _LOGGER.warning("lineage could not be sent; the run goes on without", extra=facts)


def sinks_for(store: ObjectStore, base_uri: str) -> list[Sink]:
    """The artifacts bucket, and the API of `OPENLINEAGE_URL` where it is set."""
    url = os.environ.get("OPENLINEAGE_URL")
    return [StoreSink(store, base_uri), *([HttpSink(url)] if url else [])]


def event_of(run: Run, step: Step, state: State, error: str | None = None) -> dict[str, Any]:
    """A RunEvent of the standard."""
    facets = {"parent": _parent(run), "tags": _tags(run)}
    if error is not None:
        facets["errorMessage"] = _facet("1-0-1/ErrorMessageRunFacet", message=error, programmingLanguage="python")
    return {
        "eventType": state.value,
        "eventTime": datetime.now(UTC).isoformat(),
        "producer": _PRODUCER,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run.uuid(step.job), "facets": facets},
        "job": {"namespace": run.namespace, "name": step.job},
        "inputs": [dataset.document for dataset in step.inputs],
        "outputs": [_output(output) for output in step.outputs],
    }


def _parent(run: Run) -> dict[str, Any]:
    job = {"namespace": run.namespace, "name": run.pipeline}
    root = {
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, run.correlation_id))},
        "job": {"namespace": run.namespace, "name": "lakehouse"},
    }
    return _facet("1-2-0/ParentRunFacet", run={"runId": run.uuid(run.pipeline)}, job=job, root=root)


def _tags(run: Run) -> dict[str, Any]:
    named = {"correlationId": run.correlation_id, "runId": run.run_id}
    tags = [{"key": key, "value": value, "source": "INTEGRATION"} for key, value in named.items()]
    return _facet("1-0-0/TagsRunFacet", tags=tags)


def _output(output: Output) -> dict[str, Any]:
    fields = [{"name": column.name, "type": column.type} for column in output.columns]
    derived = {column.name: {"inputFields": _inputs(column)} for column in output.columns if column.inputs}
    facets = {"schema": _facet("1-2-0/SchemaDatasetFacet", fields=fields)}
    if derived:
        facets["columnLineage"] = _facet("1-2-0/ColumnLineageDatasetFacet", fields=derived)
    document = {**output.dataset.document, "facets": facets}
    if output.rows is not None:
        statistics = _facet("1-0-2/OutputStatisticsOutputDatasetFacet", rowCount=output.rows)
        document["outputFacets"] = {"outputStatistics": statistics}
    return document


def _inputs(column: Column) -> list[dict[str, Any]]:
    how = {"type": "DIRECT", "subtype": "IDENTITY" if column.identity else "TRANSFORMATION"}
    return [{**dataset.document, "field": name, "transformations": [how]} for dataset, name in column.inputs]


def _facet(schema: str, **members: object) -> dict[str, Any]:
    name = schema.partition("/")[2]
    return {"_producer": _PRODUCER, "_schemaURL": f"{_SPEC}/facets/{schema}.json#/$defs/{name}", **members}


def table_columns(columns: Mapping[str, str], origin: Dataset) -> tuple[Column, ...]:
    """Columns by name and type, each the column of the same name in `origin`."""
    return tuple(Column(name, kind, ((origin, name),)) for name, kind in columns.items())
