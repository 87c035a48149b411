"""A real Kafka broker for tests, and what a producer and an administrator do with it, by the clients the job brings."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_jobs.kafka import Brokers, find_offsets, parse_brokers
from support.needed import absent

_START_SECONDS = 60
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms={heartbeat}
broker.session.timeout.ms={session}
"""


def jars() -> Path:
    """The folder of a broker's jars, from LAKEHOUSE_KAFKA_JARS; absent: skipped, under CI failed."""
    folder = os.environ.get("LAKEHOUSE_KAFKA_JARS")
    if folder and Path(folder).is_dir():
        return Path(folder)
    message = f"'LAKEHOUSE_KAFKA_JARS' must be a folder with a broker's jars, got {folder}; set it"
    return absent(message)


class KafkaServer:
    """A broker on a free loopback port with its data in a temporary folder.

    One that is `killed` is let in again soon after it is back. Its session is short, so a busy machine can end it.
    """

    def __init__(self, folder: Path, *, killed: bool = False) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="lakehouse-kafka-"))
        self.port, controller = _free_ports()
        settings = self._root / "server.properties"
        heartbeat, session = (500, 2000) if killed else (2000, 60_000)
        ports = {"port": self.port, "controller": controller}
        settings.write_text(_PROPERTIES.format(**ports, folder=self._root, heartbeat=heartbeat, session=session))
        home = os.environ.get("JAVA_HOME")
        java = [f"{home}/bin/java" if home else "java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        java += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{folder}/*"]
        identifier = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        layout = ["kafka.tools.StorageTool", "format", f"--cluster-id={identifier}", "-c", str(settings)]
        subprocess.run([*java, *layout], check=True, capture_output=True, timeout=_START_SECONDS)
        self._command = [*java, "kafka.Kafka", str(settings)]
        self._process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it, for the first time or after it was killed, and wait until it takes connections."""
        with (self._root / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the broker did not come up: {(self._root / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a machine that loses its power does: by SIGKILL."""
        self._process.kill()
        self._process.wait(20)

    def remove(self) -> None:
        """By SIGKILL too: nothing that it holds is needed any more."""
        self.kill()
        shutil.rmtree(self._root)

    @property
    def brokers(self) -> Brokers:
        return parse_brokers({"BootstrapBrokerString": f"127.0.0.1:{self.port}"}, "test")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Topic:
    """A topic of the broker."""

    spark: SparkSession
    brokers: Brokers
    name: str

    def create(self, partitions: int) -> None:
        jvm: Any = self.spark._jvm
        topics = jvm.java.util.ArrayList()
        topics.add(jvm.org.apache.kafka.clients.admin.NewTopic(self.name, partitions, jvm.java.lang.Short("1")))
        admin = self._admin()
        admin.createTopics(topics).all().get()
        admin.close()

    def make_anew(self, partitions: int) -> None:
        """Delete it, and create another of its name."""
        jvm: Any = self.spark._jvm
        names = jvm.java.util.ArrayList()
        names.add(self.name)
        admin = self._admin()
        admin.deleteTopics(names).all().get()
        admin.close()
        self.create(partitions)

    def send(self, *payloads: str | bytes | None, partition: int = 0) -> None:
        """Append records, all of them acknowledged when it returns."""
        jvm: Any = self.spark._jvm
        settings = self._settings({"acks": "all"})
        serializer = jvm.org.apache.kafka.common.serialization.ByteArraySerializer()
        producer = jvm.org.apache.kafka.clients.producer.KafkaProducer(settings, serializer, serializer)
        sent = []
        for payload in payloads:
            value = payload.encode() if isinstance(payload, str) else payload
            record = jvm.org.apache.kafka.clients.producer.ProducerRecord(self.name, partition, b"key", value)
            record.headers().add("source", b"test")
            record.headers().add("nothing", None)
            sent.append(producer.send(record))
        producer.close()
        for each in sent:
            each.get()

    def records(self) -> list[dict[str, Any]]:
        """The records that are committed: key, value and headers, in the order of each partition."""
        options = {**self.brokers.options, "subscribe": self.name, "kafka.isolation.level": "read_committed"}
        read = self.spark.read.format("kafka").options(**options, includeHeaders="true").load()
        return [
            {
                "key": row["key"] and bytes(row["key"]),
                "value": None if row["value"] is None else bytes(row["value"]),
                "headers": {
                    header["key"]: header["value"] and bytes(header["value"]) for header in row["headers"] or ()
                },
            }
            for row in read.orderBy("partition", "offset").collect()
        ]

    def forget(self, before: int, partition: int = 0) -> None:
        """Remove the records before an offset, as retention does."""
        jvm: Any = self.spark._jvm
        doomed = jvm.java.util.HashMap()
        place = jvm.org.apache.kafka.common.TopicPartition(self.name, partition)
        doomed.put(place, self._before(before))
        admin = self._admin()
        admin.deleteRecords(doomed).all().get()
        admin.close()

    def _before(self, offset: int) -> Any:
        """By reflection: Py4J takes the getter of that name for the factory."""
        jvm, gateway = self.spark._jvm, self.spark.sparkContext._gateway
        assert jvm is not None
        assert gateway is not None
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        kind = jvm.java.lang.Class.forName("org.apache.kafka.clients.admin.RecordsToDelete", True, loader)
        kinds, arguments = (gateway.new_array(getattr(jvm.java.lang, name), 1) for name in ("Class", "Object"))
        kinds[0], arguments[0] = jvm.java.lang.Long.TYPE, jvm.java.lang.Long(offset)
        return kind.getMethod("beforeOffset", kinds).invoke(None, arguments)

    def committed(self, group: str) -> dict[int, int]:
        """Where the group will read next, by partition."""
        admin = self._admin()
        found = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
        offsets = {int(place.partition()): int(found[place].offset()) for place in found if place.topic() == self.name}
        admin.close()
        return offsets

    def ends(self) -> dict[int, int]:
        """Where each partition ends, as the brokers count lag: what marks the end of a transaction has a place too."""
        return find_offsets(self.spark, self.brokers, self.name, "latest")

    def _admin(self) -> Any:
        jvm: Any = self.spark._jvm
        return jvm.org.apache.kafka.clients.admin.AdminClient.create(self._settings({}))

    def _settings(self, more: Mapping[str, str]) -> Any:
        jvm: Any = self.spark._jvm
        settings = jvm.java.util.HashMap()
        for name, value in {**self.brokers.settings, **more}.items():
            settings.put(name, value)
        return settings


def _free_ports() -> Sequence[int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
