"""One measurement in a driver of its own: a topic that is full, then one that is filled at a fixed rate.

`python -m stream.drive '{"way": …}'` prints one JSON object on its last line. It runs in the environment of the jobs,
with the jobs and the support of their tests on the path; tables are in a Hadoop catalog on the local disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.streaming.listener import StreamingQueryListener

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.kafka import parse_brokers, read_part
from lakehouse_jobs.session import SETTINGS, STREAM_SETTINGS, remember_classes
from lakehouse_jobs.stream_batch import Stream
from lakehouse_jobs.tables import DatasetTables
from stream import steps
from stream.ways import WAYS
from support.events import contract_of
from support.kafka import Topic
from support.lake import create_stream_tables
from support.session import jars

_PRODUCE = Path(__file__).with_name("produce.py")
_PATIENCE_SECONDS = 600
_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Order:
    """What is measured: the way, where, and how much."""

    way: str
    bootstrap: str
    backlog: str
    live: str
    folder: str
    producer: str
    records: int
    batch: int
    broken: int
    rate: int
    seconds: int


@dataclass(frozen=True)
class Batch:
    """A batch that has ended: how many records, up to which offsets, when (seconds since 1970), how long it took."""

    number: int
    records: int
    following: dict[int, int]
    ended: float
    seconds: float


@dataclass
class Watch(StreamingQueryListener):
    """Sees batches end."""

    topic: str
    batches: list[Batch] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802 (Spark's name)
        """Nothing to note."""

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802
        """Nothing comes after this."""
        self.ended.set()

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802
        """Note the batch."""
        progress = json.loads(event.progress.json)
        source = progress["sources"][0]
        before, after = (_offsets(source[name], self.topic) for name in ("startOffset", "endOffset"))
        records = sum(after.values()) - sum(before.values())
        if records == 0:
            return
        seconds = progress["durationMs"]["triggerExecution"] / 1000
        began = datetime.fromisoformat(progress["timestamp"]).timestamp()
        self.batches.append(Batch(progress["batchId"], records, after, began + seconds, seconds))

    @property
    def read(self) -> int:
        """How many records are committed."""
        return sum(batch.records for batch in self.batches)


def _offsets(place: Any, topic: str) -> dict[int, int]:
    found = json.loads(place) if isinstance(place, str) else place
    return {int(partition): int(offset) for partition, offset in (found or {}).get(topic, {}).items()}


def main(order: Order) -> None:
    """Measure, and say what came of it."""
    spark = _session(Path(order.folder))
    steps.watch()
    full = _stream(spark, order, order.backlog)
    where = steps.seconds()
    later = full.batches[1:]
    live = _stream(spark, order, order.live)
    print(
        json.dumps(
            {
                "perSecond": round(sum(batch.records for batch in later) / sum(batch.seconds for batch in later)),
                "batches": len(full.batches),
                "liveBatches": len(live.batches),
                "latencies": _latencies(spark, order, live),
                "where": {name: round(value / len(full.batches), 3) for name, value in where.items()},
                "batchSeconds": round(sum(batch.seconds for batch in later) / len(later), 3),
                "versions": {"spark": spark.version, "iceberg": _iceberg(spark)},
            }
        )
    )


def _session(folder: Path) -> SparkSession:
    """Two cores, the compiler of a server, three gigabytes."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        f"--master local[2] --driver-memory 3g --driver-class-path {':'.join(jars())} pyspark-shell"
    )
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        **SETTINGS,
        **STREAM_SETTINGS,
        "spark.sql.streaming.pollingDelay": "100ms",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.glue_catalog.type": "hadoop",
        "spark.sql.catalog.glue_catalog.warehouse": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "spark"),
    }
    builder = SparkSession.builder.appName("bench")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    remember_classes(spark)
    return spark


def _stream(spark: SparkSession, order: Order, topic: str) -> Watch:
    """Stream a topic into tables of its own; the live one is filled meanwhile."""
    live = topic == order.live
    kind = "live" if live else "full"
    contract, watch = contract_of(topic), Watch(topic)
    job = Stream(
        run_id="20130201T000000Z-0a1b2c",
        correlation_id="bench",
        brokers=parse_brokers({"BootstrapBrokerString": order.bootstrap}, "bench"),
        databases={zone: f"{zone}_{kind}" for zone in ("bronze", "silver")},
        checkpoint=f"file://{order.folder}/checkpoint-{kind}",
        available_now=not live,
        trigger_seconds=0,
        max_records=order.batch,
    )
    create_stream_tables(spark, job.databases, contract)
    sender = threading.Thread(target=_send, args=(spark, order, watch))
    spark.streams.addListener(watch)
    try:
        if live:
            Topic(spark, job.brokers, topic).create(partitions=2)
            sender.start()
        WAYS[order.way](spark, job, contract)
    finally:
        if sender.is_alive():
            sender.join()
        watch.ended.wait(_ANSWER_SECONDS)
        spark.streams.removeListener(watch)
    broken = -(-watch.read // order.broken) if order.broken else 0
    _check(spark, job, contract, watch.read - broken)
    return watch


def _send(spark: SparkSession, order: Order, watch: Watch) -> None:
    """Fill the live topic at the rate, and stop the query when all of it is committed."""
    total = order.rate * order.seconds
    deadline = time.monotonic() + order.seconds + _PATIENCE_SECONDS
    try:
        command = [
            order.producer,
            str(_PRODUCE),
            order.bootstrap,
            order.live,
            *map(str, (total, order.rate, order.broken)),
        ]
        subprocess.run(command, check=True, timeout=order.seconds + _PATIENCE_SECONDS)
        while watch.read < total and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        for query in spark.streams.active:
            query.stop()


def _check(spark: SparkSession, job: Stream, contract: Contract, kept: int) -> None:
    """A way that loses or doubles records is not worth measuring."""
    held = DatasetTables.of(spark, job.databases, contract.dataset).bronze.read().count()
    if held != kept:
        raise SystemExit(f"bronze must have {kept} records, got {held}")


def _latencies(spark: SparkSession, order: Order, watch: Watch) -> dict[str, float]:
    """Milliseconds from a record's time in Kafka to the end of its batch; without those of the first batch."""
    contract = contract_of(order.live)
    brokers = parse_brokers({"BootstrapBrokerString": order.bootstrap}, "bench")
    spans = {
        str(partition): (watch.batches[0].following[partition], end)
        for partition, end in watch.batches[-1].following.items()
    }
    found: list[float] = []
    for row in read_part(spark, brokers, contract, spans).select("partition", "offset", "timestamp").collect():
        ends = [batch.following[row["partition"]] for batch in watch.batches]
        batch = watch.batches[bisect_right(ends, row["offset"])]
        found.append((batch.ended - row["timestamp"].timestamp()) * 1000)
    found.sort()
    return {f"p{part}": round(found[min(len(found) - 1, len(found) * part // 100)]) for part in (50, 95)}


def _iceberg(spark: SparkSession) -> str:
    jvm: Any = spark._jvm
    return str(jvm.org.apache.iceberg.IcebergBuild.version())


main(Order(**json.loads(sys.argv[1])))
