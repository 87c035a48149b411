"""The real broker behind the emulated MSK, spoken to in Kafka's own wire protocol: no client library, no JVM to start.

Only what topics need, in the last versions of each request without tagged fields, which brokers up to 4.x answer.

The controller answers when it has decided; a broker that has much to do hears of it later. What is asked for here
counts as done when the broker says so itself, so that what is read after it is true.

Source: Apache Kafka protocol guide, CreateTopics 4, DeleteTopics 3, CreatePartitions 1, DescribeConfigs 1,
IncrementalAlterConfigs 0, Metadata 4.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_METADATA, _CREATE_TOPICS, _DELETE_TOPICS, _DESCRIBE_CONFIGS, _CREATE_PARTITIONS, _ALTER_CONFIGS = 3, 19, 20, 32, 37, 44
_TIMEOUT_SECONDS = 20
_CONFIG_SECONDS = 5
_UNKNOWN_TOPIC, _REQUEST_TIMED_OUT = 3, 7
_TOPIC = 2
_SET, _DELETE = 0, 1


class BrokerError(Exception):
    """The broker refused a request; Kafka's error code and, where it gives one, its words."""

    def __init__(self, operation: str, code: int, message: str | None) -> None:
        super().__init__(f"{operation} failed with Kafka's error {code}" + (f": {message}" if message else ""))
        self.code = code


@dataclass(frozen=True)
class KafkaBroker:
    """A broker on the loopback interface that needs no sign-in."""

    bootstrap: str

    def create_topic(self, name: str, partitions: int, configs: dict[str, str]) -> None:
        """One replica, as there is one broker."""
        entries = _array(list(configs.items()), lambda item: _text(item[0]) + _text(item[1]))
        topic = _text(name) + struct.pack(">ih", partitions, 1) + _array([], _text) + entries
        answer = self._ask(_CREATE_TOPICS, 4, struct.pack(">i", 1) + topic + struct.pack(">ib", 10_000, 0))
        answer.int32()
        _raise_for("CreateTopics", [(answer.text(), answer.int16(), answer.text())[1:] for _ in answer.items()])
        self._await_partitions("CreateTopics", name, partitions)

    def delete_topic(self, name: str) -> None:
        """Gone for good, with its records."""
        answer = self._ask(_DELETE_TOPICS, 3, _array([name], _text) + struct.pack(">i", 10_000))
        answer.int32()
        for _ in answer.items():
            answer.text()
            _raise_for("DeleteTopics", [(answer.int16(), None)])
        self._await_partitions("DeleteTopics", name, 0)

    def grow_topic(self, name: str, partitions: int) -> None:
        """More partitions, never fewer."""
        topic = _text(name) + struct.pack(">i", partitions) + struct.pack(">i", -1)
        answer = self._ask(_CREATE_PARTITIONS, 1, struct.pack(">i", 1) + topic + struct.pack(">ib", 10_000, 0))
        answer.int32()
        _raise_for("CreatePartitions", [(answer.text(), answer.int16(), answer.text())[1:] for _ in answer.items()])
        self._await_partitions("CreatePartitions", name, partitions)

    def configure_topic(self, name: str, configs: dict[str, str]) -> None:
        """Exactly these configs: what the topic sets and they do not goes back to the broker's default."""
        before = self.configs_of(name)
        gone = [(key, _DELETE, None) for key in before if key not in configs]
        entries = [*((key, _SET, value) for key, value in configs.items()), *gone]
        body = _array(entries, lambda entry: _text(entry[0]) + struct.pack(">b", entry[1]) + _text(entry[2]))
        request = struct.pack(">ib", 1, _TOPIC) + _text(name) + body + struct.pack(">b", 0)
        answer = self._ask(_ALTER_CONFIGS, 0, request)
        answer.int32()
        _raise_for("IncrementalAlterConfigs", [_altered(answer) for _ in answer.items()])
        # it writes values in a form of its own; where they mean what was there before, nothing is ever seen of it
        _eventually(lambda: self.configs_of(name) == configs or self.configs_of(name) != before, _CONFIG_SECONDS)

    def configs_of(self, name: str) -> dict[str, str]:
        """What the topic sets for itself."""
        request = struct.pack(">ib", 1, _TOPIC) + _text(name) + struct.pack(">i", -1) + struct.pack(">b", 0)
        answer = self._ask(_DESCRIBE_CONFIGS, 1, request)
        answer.int32()
        found: dict[str, str] = {}
        for _ in answer.items():
            _raise_for("DescribeConfigs", [(answer.int16(), answer.text())])
            answer.int8(), answer.text()
            for _ in answer.items():
                key, value, _read_only, source, _sensitive = (
                    *(answer.text(), answer.text()),
                    *(answer.int8(), answer.int8(), answer.int8()),
                )
                for _ in answer.items():
                    answer.text(), answer.text(), answer.int8()
                if source == 1:
                    found[str(key)] = str(value)
        return found

    def partitions_of(self, name: str) -> int:
        """How many partitions the topic has; an unknown topic is an error."""
        answer = self._ask(_METADATA, 4, _array([name], _text) + struct.pack(">b", 0))
        answer.int32()
        for _ in answer.items():
            answer.int32(), answer.text(), answer.int32(), answer.text()
        answer.text(), answer.int32()
        answer.int32()
        code = answer.int16()
        _raise_for("Metadata", [(code, None)])
        answer.text(), answer.int8()
        return answer.int32()

    def _known_partitions(self, name: str) -> int:
        try:
            return self.partitions_of(name)
        except BrokerError as error:
            if error.code != _UNKNOWN_TOPIC:
                raise
            return 0

    def _await_partitions(self, operation: str, name: str, partitions: int) -> None:
        if not _eventually(lambda: self._known_partitions(name) == partitions, _TIMEOUT_SECONDS):
            message = f"topic {name} has not {partitions} partitions after {_TIMEOUT_SECONDS} s"
            raise BrokerError(operation, _REQUEST_TIMED_OUT, message)

    def _ask(self, api: int, version: int, body: bytes) -> _Answer:
        header = struct.pack(">hhi", api, version, 1) + _text("endpoint")
        with self._connected() as connection:
            connection.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
            size = struct.unpack(">i", _read(connection, 4))[0]
            return _Answer(_read(connection, size)[4:])

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        host, port = self.bootstrap.rsplit(":", 1)
        with socket.create_connection((host, int(port)), _TIMEOUT_SECONDS) as connection:
            yield connection


class _Answer:
    """A response, read from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def int8(self) -> int:
        return int(self._unpack(">b", 1))

    def int16(self) -> int:
        return int(self._unpack(">h", 2))

    def int32(self) -> int:
        return int(self._unpack(">i", 4))

    def text(self) -> str | None:
        size = self.int16()
        if size < 0:
            return None
        self._at += size
        return self._data[self._at - size : self._at].decode()

    def items(self) -> range:
        """As many turns as the array that comes next has items."""
        return range(max(0, self.int32()))

    def _unpack(self, form: str, size: int) -> Any:
        self._at += size
        return struct.unpack(form, self._data[self._at - size : self._at])[0]


def _eventually(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held


def _altered(answer: _Answer) -> tuple[int, str | None]:
    outcome = (answer.int16(), answer.text())
    answer.int8(), answer.text()
    return outcome


def _raise_for(operation: str, outcomes: list[tuple[int, str | None]]) -> None:
    for code, message in outcomes:
        if code:
            raise BrokerError(operation, code, message)


def _text(value: str | None) -> bytes:
    if value is None:
        return struct.pack(">h", -1)
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def _array(items: list[Any], write: Callable[[Any], bytes]) -> bytes:
    return struct.pack(">i", len(items)) + b"".join(write(item) for item in items)


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the broker closed the connection")
        data += part
    return data
