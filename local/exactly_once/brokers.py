"""Three real brokers that keep three replicas of everything, and go on when one of them is killed."""

from __future__ import annotations

import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from functools import cached_property
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from exactly_once.exceptions import StuckError
from exactly_once.processes import Process, until
from exactly_once.settings import Tools

COUNT = 3
_SECONDS = 60
_PROPERTIES = """
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
unclean.leader.election.enable=false
default.replication.factor={replicas}
min.insync.replicas={insync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={insync}
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
replica.lag.time.max.ms=5000
"""


class Cluster:
    """The brokers, each on free loopback ports with its data in a folder."""

    def __init__(self, tools: Tools, folder: Path, count: int = COUNT) -> None:
        ports = [_free_ports() for _ in range(count)]
        self.replicas = count
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port, _ in ports)
        voters = ",".join(f"{number}@127.0.0.1:{pair[1]}" for number, pair in enumerate(ports, 1))
        identifier = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._commands: dict[int, list[str]] = {}
        self._folder = folder
        self._processes: dict[int, Process] = {}
        self._environment = {"JAVA_HOME": str(tools.java_home), "PATH": "/usr/bin:/bin"}
        for number, (port, controller) in enumerate(ports, 1):
            place = folder / f"broker-{number}"
            place.mkdir(parents=True)
            settings = place / "server.properties"
            facts = {"number": number, "voters": voters, "port": port, "controller": controller, "folder": place}
            settings.write_text(_PROPERTIES.format(**facts, replicas=count, insync=max(1, count - 1)))
            layout = ["kafka.tools.StorageTool", "format", f"--cluster-id={identifier}", "-c", str(settings)]
            subprocess.run([*tools.java, *layout], check=True, capture_output=True, timeout=_SECONDS)
            self._commands[number] = [*tools.java, "kafka.Kafka", str(settings)]

    def start(self) -> None:
        """Start them all, and wait until all have joined."""
        try:
            for number in self._commands:
                self._start(number)
            until(self._is_whole, _SECONDS, f"the start of {self.replicas} brokers (logs: {self._folder})")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End them; what they kept is of no use to anyone."""
        for process in self._processes.values():
            process.kill()

    def create_topic(self, name: str, partitions: int) -> None:
        """A topic with a replica on each broker."""
        self._admin.create_topics([NewTopic(name, partitions, self.replicas)])[name].result(_SECONDS)

    def grow_topic(self, name: str, partitions: int) -> None:
        """Give it so many partitions in all."""
        self._admin.create_partitions([NewPartitions(name, partitions)])[name].result(_SECONDS)

    def partitions_of(self, name: str) -> int:
        """How many partitions it has."""
        return len(self._admin.list_topics(name, timeout=_SECONDS).topics[name].partitions)

    def leader_of(self, name: str, partition: int) -> int:
        """The number of the broker that leads a partition."""
        return int(self._admin.list_topics(name, timeout=_SECONDS).topics[name].partitions[partition].leader)

    def kill(self, number: int) -> None:
        """End a broker as a machine that loses its power does."""
        self._processes[number].kill()

    def restart(self, number: int) -> None:
        """Bring a broker that was killed back, and wait until all partitions have all their replicas in sync."""
        self._start(number)
        until(self._is_whole, _SECONDS, f"the return of broker {number}")

    def committed(self, group: str, topic: str, partitions: int) -> dict[int, int]:
        """Where a consumer group will read next, by partition."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": group})
        try:
            places = [TopicPartition(topic, number) for number in range(partitions)]
            found = consumer.committed(places, timeout=_SECONDS)
            return {place.partition: place.offset for place in found if place.offset >= 0}
        finally:
            consumer.close()

    def _start(self, number: int) -> None:
        log = self._folder / f"broker-{number}.log"
        self._processes[number] = Process(self._commands[number], log, self._environment)

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def _is_whole(self) -> bool:
        if any(process.ended for process in self._processes.values()):
            words = "; ".join(process.last_words() for process in self._processes.values() if process.ended)
            raise StuckError(f"a broker ended: {words}")
        try:
            metadata = self._admin.list_topics(timeout=5)
        except KafkaException as error:
            if error.args[0].code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT):
                return False
            raise
        parts = [part for topic in metadata.topics.values() for part in topic.partitions.values()]
        return len(metadata.brokers) == self.replicas and all(len(part.isrs) == self.replicas for part in parts)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
