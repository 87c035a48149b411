"""All that a run of the suite needs on this machine: brokers, endpoint, proxy, and how to start drivers."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from exactly_once.brokers import COUNT, Cluster
from exactly_once.drivers import Launcher
from exactly_once.endpoint import Endpoint
from exactly_once.lake import Stack
from exactly_once.proxy import Proxy
from exactly_once.settings import Tools


@dataclass(frozen=True)
class Machine:
    """What runs, and a folder for what has no other place."""

    cluster: Cluster
    endpoint: Endpoint
    proxy: Proxy
    stack: Stack
    launcher: Launcher
    folder: Path


@contextmanager
def running(tools: Tools, brokers: int = COUNT) -> Iterator[Machine]:
    """Within, everything runs; after it nothing does, and its files are gone."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="lakehouse-verify-")))
        cluster = Cluster(tools, folder / "kafka", brokers)
        ends.callback(cluster.stop)
        cluster.start()
        endpoint = Endpoint(folder / "endpoint", _free_port())
        ends.callback(endpoint.stop)
        proxy = Proxy(endpoint.port)
        ends.callback(proxy.close)
        stack = Stack(tools.templates)
        launcher = Launcher(tools, stack.spark_defaults(), proxy.port, folder / "drivers")
        yield Machine(cluster, endpoint, proxy, stack, launcher, folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
