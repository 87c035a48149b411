"""What is looked at before a stream starts: that its tables fit its contract, and that its checkpoint is its own."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.delta_commit import check_store
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.failures import translate
from lakehouse_jobs.iceberg import IcebergTable
from lakehouse_jobs.kafka import topic_id
from lakehouse_jobs.objects import StoredObject, store_for
from lakehouse_jobs.stream_batch import Stream, standing_of
from lakehouse_jobs.tables import DatasetTables
from lakehouse_jobs.windows import Windows

_LOGGER = logging.getLogger(__name__)
_OWNER = "lakehouse.json"
_TOPIC_ID = "topicId"


def check(spark: SparkSession, job: Stream, contract: Contract) -> None:
    """Fail where a stream could not run, before it reads anything.

    :raises ConfigurationError: a table lacks columns, the checkpoint is another stream's, or the store of Delta tables
        lets two drivers commit at once.
    """
    if job.delta is not None:
        check_store(spark, job.delta)
        _is_new(spark, job, contract)
        return
    tables = DatasetTables.of(spark, job.databases, contract.dataset)
    _require_columns(tables.silver, contract)
    for windows in job.windows:
        _require_columns(Windows(spark, job.databases, windows).table, windows)
    if not _is_new(spark, job, contract):
        return
    held = standing_of(tables).read_up_to
    if held:
        facts = {"checkpoint": job.checkpoint, "readUpTo": dict(held)}
        _LOGGER.warning("checkpoint is new: the whole topic is read, and what tables hold is left out", extra=facts)


def _require_columns(table: IcebergTable, contract: Contract) -> None:
    columns = table.read().columns
    missing = [name for name in contract.column_names if name not in columns]
    if missing:
        got = f"none of that name in version {contract.version}"
        must = f"have the columns {', '.join(missing)} of its contract"
        raise ConfigurationError(problem(table.identifier, must, got, "deploy the stack first"))


def _is_new(spark: SparkSession, job: Stream, contract: Contract) -> bool:
    """Whether the checkpoint has begun no stream yet; from now on it says which it belongs to, and of which topic."""
    folder = f"{job.checkpoint.rstrip('/')}/"
    uri, store, topic = f"{folder}{_OWNER}", store_for(folder), contract.stream.topic
    owner = {"dataset": contract.dataset, "topic": topic}
    found = _topic_id(spark, job, topic)
    known_as = owner if found is None else {**owner, _TOPIC_ID: found}

    def write() -> None:
        job.retry.run("write the checkpoint's owner", lambda: store.write(uri, json.dumps(known_as).encode()))

    # a role that may list one folder is refused, not told, when it reads what is not there
    held = job.retry.run("look at the checkpoint", lambda: store.objects(folder))
    stored = job.retry.run("read the checkpoint's owner", lambda: store.read(uri)) if _named(_OWNER, held) else None
    if stored is None:
        write()
        return True
    said = json.loads(stored)
    read = said.pop(_TOPIC_ID, None)
    if said != owner:
        must = f"belong to the stream of {contract.dataset} from topic {topic}"
        remedy = "pass the stream's own --checkpoint, or an empty folder"
        raise ConfigurationError(problem("checkpoint", must, stored.decode(), remedy))
    if found is not None and read is None:
        write()
    elif found is not None and read != found:
        must = f"have read the topic {topic} that is there, {found}"
        remedy = (
            "it was deleted and made again, and its offsets began anew: start with an empty folder as --checkpoint,"
            " what tables hold is left out"
        )
        raise ConfigurationError(problem("checkpoint", must, read, remedy))
    return False


def _topic_id(spark: SparkSession, job: Stream, topic: str) -> str | None:
    """The topic's id; None where it is not to be had, which reading will have a better word on."""
    try:
        return topic_id(spark, job.brokers, topic)
    except Exception as error:
        _LOGGER.warning("the topic could not be looked at", extra={"topic": topic, "error": str(translate(error))})
        return None


def _named(name: str, objects: Sequence[StoredObject]) -> bool:
    return any(found.uri.endswith(f"/{name}") for found in objects)
