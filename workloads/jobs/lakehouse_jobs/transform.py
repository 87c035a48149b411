"""Silver to gold: builds and tests the dbt project in this application's Spark session, and keeps what became of it.

A table whose test failed, or that failed while it was made, is set back to what it was before the run, so that gold
goes on serving what passed.

Where nothing that gold is made of has changed since a whole run that passed, nothing is built: what that run came to,
the snapshots of the sources, those of gold and the project, stands with its results.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse_jobs.commits import Claim, commit_once
from lakehouse_jobs.dbt_lineage import TransformLineage
from lakehouse_jobs.dbt_project import DbtProject, NodeResult
from lakehouse_jobs.iceberg import CATALOG, PREFIX, TOKEN, Head, IcebergTable
from lakehouse_jobs.objects import ObjectStore
from lakehouse_jobs.retry import RetryPolicy

_LOGGER = logging.getLogger(__name__)
RESULTS_TABLE = "dbt_run_results"
DOCS = "dbt-docs/index.html"
_EXAMPLES = 3
_STATE = "gold-state"
_RESULT_COLUMNS: Mapping[str, str] = {
    "node": "string", "name": "string", "kind": "string", "status": "string", "seconds": "double", "rows": "bigint",
    "failures": "bigint", "message": "string",
}  # fmt: skip
_RESULTS_SCHEMA = ", ".join(
    ["run_id string, correlation_id string, finished_at timestamp"]
    + [f"{name} {kind}" for name, kind in _RESULT_COLUMNS.items()]
)


@dataclass(frozen=True)
class Transform:
    """One run: its ids, the Glue databases by zone, where artifacts go, the dbt project's folder, what to build.

    `rebuild`: also where nothing has changed.
    """

    run_id: str
    correlation_id: str
    databases: Mapping[str, str]
    artifacts_uri: str
    store: ObjectStore
    project: Path
    select: str | None = None
    rebuild: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    lineage: TransformLineage | None = None


@dataclass(frozen=True)
class TransformRecord:
    """What a run did, as `runs/<run id>/transform.json`: its ids, wall time in seconds, every node.

    `unchanged`: nothing had changed, so nothing was built.
    """

    runId: str  # noqa: N815 (the document's names)
    correlationId: str  # noqa: N815
    seconds: float
    nodes: Sequence[NodeResult]
    unchanged: bool = False

    @property
    def failed(self) -> list[NodeResult]:
        """The models and tests that failed; a source that is stale fails nothing."""
        return [node for node in self.nodes if node.failed and node.kind != "freshness"]

    def write(self, store: ObjectStore, base_uri: str) -> None:
        """Store the record below `base_uri`, without what only this process needs."""
        document = asdict(self)
        document["nodes"] = [{name: getattr(node, name) for name in _RESULT_COLUMNS} for node in self.nodes]
        uri = f"{base_uri.rstrip('/')}/runs/{self.runId}/transform.json"
        store.write(uri, json.dumps(document, indent=2).encode())


def run(session: Callable[[], SparkSession], job: Transform) -> TransformRecord:
    """Build gold and keep what became of it; a whole run also looks at freshness and documents the project.

    `session` gives the session of Spark; it is called for when the project has been read.

    :raises TransformError: dbt could not even begin; a node that fails is in the record.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dbt-") as work:
        variables = {zone: job.databases[zone] for zone in ("silver", "gold")}
        project = DbtProject(job.project, Path(work), variables)
        spark = session()
        with _current_catalog(spark):
            gold, whole = job.databases["gold"], job.select is None
            fresh = project.freshness() if whole else []
            sources = {name: IcebergTable(spark, f"{CATALOG}.{name}").head() for name in project.sources}
            before = _heads(spark, gold)
            unchanged = (
                whole and not job.rebuild and _state(project, sources, before) == _last_state(spark, gold, before)
            )
            built = [] if unchanged else project.build(job.select, _checked(job, sources))
            built = [_with_examples(spark, node) for node in built]  # of what was tested, which is withdrawn next
            withdraw(spark, job, built, before)
            nodes = fresh + [_with_rows(spark, gold, node) for node in built]
            seconds = round(time.monotonic() - began, 3)
            record = TransformRecord(job.run_id, job.correlation_id, seconds, nodes, unchanged)
            passed = whole and not record.failed
            keep(spark, job, record, _state(project, sources, _heads(spark, gold)) if passed else None)
            if unchanged:
                _LOGGER.info("nothing that gold is made of has changed; it is as it was")
                return record
            if job.lineage is not None:
                job.lineage.ended(spark, CATALOG, nodes)
            if whole:
                job.store.write(f"{job.artifacts_uri.rstrip('/')}/{DOCS}", project.docs())
    return record


def withdraw(spark: SparkSession, job: Transform, nodes: Sequence[NodeResult], before: Mapping[str, Head]) -> list[str]:
    """Set tables that failed, or whose tests did, back to where they stood `before` the run; gives their names.

    A table that this run made stays as it is: nobody was served anything better. So does one that it made anew by
    `full_refresh`, whose history is gone. What depends on such a table was not built at all.
    """
    gold = job.databases["gold"]
    tested = {parent for node in nodes if node.failed for parent in node.tested}
    bad = [node for node in nodes if node.broken or (node.node in tested and not node.failed)]
    tables = {node.table for node in bad if node.table is not None} & before.keys()
    now = _heads(spark, gold) if tables else {}
    withdrawn = []
    for table in sorted(name for name in tables if now.get(name) != before[name]):
        made = IcebergTable(spark, f"{CATALOG}.{gold}.{table}")
        if table not in now or not made.knows(before[table].snapshot):
            _LOGGER.warning("what failed was made anew and cannot be set back", extra={"table": table})
            continue
        withdrawn.append(table)
        # compaction may commit to it meanwhile
        job.retry.run(f"set {table} back", partial(made.set_back, before[table]))
        _LOGGER.warning("it failed, or its test; the table serves what it served before", extra={"table": table})
    return withdrawn


def keep(spark: SparkSession, job: Transform, record: TransformRecord, state: str | None = None) -> None:
    """Append the results to gold's `dbt_run_results`, once however often it is tried, and write the record.

    `state`: what a whole run came to that passed.
    """
    table = IcebergTable(spark, f"{CATALOG}.{job.databases['gold']}.{RESULTS_TABLE}")
    spark.sql(f"CREATE TABLE IF NOT EXISTS {table.quoted} ({_RESULTS_SCHEMA}) USING iceberg")
    ids = (record.runId, record.correlationId, datetime.now(UTC))
    rows = [(*ids, *(getattr(node, name) for name in _RESULT_COLUMNS)) for node in record.nodes]
    results = spark.createDataFrame(rows, _RESULTS_SCHEMA).coalesce(1)
    properties = {TOKEN: record.runId, f"{PREFIX}correlation-id": record.correlationId}
    if state is not None:
        properties[f"{PREFIX}{_STATE}"] = state
    commit_once(table, Claim(record.runId), lambda: table.append(results, properties), job.retry)
    record.write(job.store, job.artifacts_uri)


@contextmanager
def _current_catalog(spark: SparkSession) -> Iterator[None]:
    """dbt-spark knows databases and no catalogs: the lake's must be the current one."""
    previous = spark.catalog.currentCatalog()
    spark.catalog.setCurrentCatalog(CATALOG)
    try:
        yield
    finally:
        spark.catalog.setCurrentCatalog(previous)


def _heads(spark: SparkSession, gold: str) -> dict[str, Head]:
    """Where every table in gold stands that has a snapshot."""
    names = [row["tableName"] for row in spark.sql(f"SHOW TABLES IN {CATALOG}.{gold}").collect()]
    found = {name: IcebergTable(spark, f"{CATALOG}.{gold}.{name}").head() for name in names}
    return {name: head for name, head in found.items() if head is not None}


def _checked(job: Transform, sources: Mapping[str, Head | None]) -> set[str]:
    """The sources that the check of this run has found to meet all that their contract expects, as they are now.

    dbt's tests of them are written from the same contracts, and would read the same rows again.
    """
    document = job.store.read(f"{job.artifacts_uri.rstrip('/')}/runs/{job.run_id}/quality.json")
    datasets = json.loads(document)["datasets"] if document is not None else []
    met = {each["dataset"]: each["snapshot"] for each in datasets if each["expectations"] == each["met"] > 0}
    silver = {f"{job.databases['silver']}.{dataset}": snapshot for dataset, snapshot in met.items()}
    heads = {table: head.snapshot for table, head in sources.items() if head is not None}
    return {table for table, snapshot in silver.items() if snapshot is not None and heads.get(table) == snapshot}


def _state(project: DbtProject, sources: Mapping[str, Head | None], gold: Mapping[str, Head]) -> str:
    """What gold is, and is made of, as a digest; a compaction changes neither."""
    read = {name: None if head is None else head.rows for name, head in sources.items()}
    made = {name: head.rows for name, head in gold.items() if name != RESULTS_TABLE}
    return hashlib.sha256(json.dumps([project.digest, read, made], sort_keys=True).encode()).hexdigest()


def _last_state(spark: SparkSession, gold: str, heads: Mapping[str, Head]) -> str | None:
    """What the last run came to; None where it did not pass, or built a part."""
    results = IcebergTable(spark, f"{CATALOG}.{gold}.{RESULTS_TABLE}").changed() if RESULTS_TABLE in heads else None
    return None if results is None else results.get(_STATE)


def _with_rows(spark: SparkSession, gold: str, node: NodeResult) -> NodeResult:
    """The result of a table that was built with how many rows it holds, which dbt-spark does not say."""
    if node.status != "success" or node.table is None:
        return node
    snapshot = IcebergTable(spark, f"{CATALOG}.{gold}.{node.table}").current()
    return replace(node, rows=int(snapshot.summary.get("total-records", 0)) if snapshot else 0)


def _with_examples(spark: SparkSession, node: NodeResult) -> NodeResult:
    """The result of a test that failed with examples of what it found; a query may have none that can be shown."""
    if node.status != "fail" or node.sql is None:
        return node
    try:
        examples = spark.sql(node.sql).limit(_EXAMPLES).toJSON().collect()
    except Exception as error:
        _LOGGER.warning("no examples can be shown", extra={"node": node.name, "error": str(error)})
        return node
    return replace(node, message=f"{node.message}; for instance {', '.join(examples)}") if examples else node
