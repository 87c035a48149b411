"""What tests share: an endpoint for a module's tests, each with its own stacks and names, and a broker for one test."""

from __future__ import annotations

import os
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.kafka_broker import BrokerError, KafkaBroker
from tests.support import Endpoint, free_port, setting, until

_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint without Spark."""
    running = Endpoint(tmp_path_factory.mktemp("endpoint"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker of the jars that LAKEHOUSE_KAFKA_JARS names."""
    jars = setting("LAKEHOUSE_KAFKA_JARS")
    port, settings = free_port(), tmp_path / "server.properties"
    settings.write_text(_PROPERTIES.format(port=port, controller=free_port(), folder=tmp_path))
    home = os.environ.get("JAVA_HOME")
    java = [f"{home}/bin/java" if home else "java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    java += ["-cp", f"{jars}/*"]
    identifier = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    layout = ["kafka.tools.StorageTool", "format", f"--cluster-id={identifier}", "-c", str(settings)]
    subprocess.run([*java, *layout], check=True, capture_output=True, timeout=60)
    found = KafkaBroker(f"127.0.0.1:{port}")
    with (tmp_path / "kafka.log").open("wb") as log:
        process = subprocess.Popen([*java, "kafka.Kafka", str(settings)], stdout=log, stderr=subprocess.STDOUT)
    try:
        until(lambda: _answers(found), 60, f"the broker's answer (log: {tmp_path}/kafka.log)")
        yield found
    finally:
        process.terminate()
        process.wait(20)


def _answers(broker: KafkaBroker) -> bool:
    try:
        broker.create_topic("first", 1, {})
    except (OSError, BrokerError):
        return False
    return True
