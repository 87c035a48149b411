"""One lake, one topic and the drivers of its stream: where faults happen, one after the other."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from exactly_once import oracle
from exactly_once.delta_lake import DeltaLake
from exactly_once.drivers import Driver
from exactly_once.exceptions import StuckError
from exactly_once.iceberg_lake import IcebergLake
from exactly_once.lake import DATASET, Lake
from exactly_once.ledger import Source
from exactly_once.machine import Machine
from exactly_once.oracle import Findings
from exactly_once.processes import until
from exactly_once.settings import ROOT

_GROUP = f"lakehouse-{DATASET}"
_PARTITIONS = 2
_SETTLE_SECONDS = 180
_ZOMBIE_SECONDS = 40
_RESTARTS = 5
_POLL_SECONDS = 0.25
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Sink:
    """What the stream writes: its tables in the order of their commits, and whether the catalog has them."""

    name: str
    tables: tuple[str, ...]
    in_catalog: bool = True

    @property
    def merges(self) -> bool:
        """Whether silver is among them."""
        return "silver" in self.tables

    def lake(self, machine: Machine, name: str) -> Lake:
        """A lake with such tables."""
        return (
            IcebergLake(machine.endpoint, name)
            if self.in_catalog
            else DeltaLake(machine.endpoint, name, machine.folder / "delta")
        )


_ALL = ("dlq", "bronze", "silver")
SINKS = {
    sink.name: sink for sink in (Sink("append", _ALL[:2]), Sink("merge", _ALL), Sink("delta", _ALL, in_catalog=False))
}


class Scene:
    """A stream that is being disturbed. `numbers` are the seed's: sizes, moments and choices come from it."""

    def __init__(self, machine: Machine, sink: Sink, seed: int, *, broken_tokens: bool = False) -> None:
        self.machine = machine
        self.sink = sink
        self.numbers = random.Random(f"{sink.name} {seed}")
        self.lake = sink.lake(machine, f"verify_{sink.name}_{seed}_{next(_NUMBERS)}")
        self.topic = self.lake.name
        self.driver: Driver
        self._broken_tokens = broken_tokens
        self._partitions = _PARTITIONS
        self._drivers: list[Driver] = []
        self._spare: Driver | None = None
        self._restarts = 0
        self._source = Source(machine.cluster.bootstrap, self.topic, self.numbers)

    def open(self, *, last: bool = False) -> None:
        """Make lake and topic, and let a driver stream; the next one gets warm unless this is the last."""
        self._spare = self._launch()
        self.machine.cluster.create_topic(self.topic, self._partitions)
        self.lake.create(self.machine.stack)
        self.replace_driver(last=last)

    def close(self) -> None:
        """End all drivers."""
        for driver in self._drivers:
            driver.kill()

    def replace_driver(self, *, last: bool = False) -> None:
        """Let the spare stream in the place of the driver, and warm the next one unless this is the last."""
        self.driver = self._spare or self._launch()
        self._spare = None
        self.driver.wait_until_ready()
        self.driver.stream(
            dataset=DATASET,
            contracts=str(ROOT / "contracts"),
            topic=self.topic,
            bootstrap=self.machine.cluster.bootstrap,
            databases=self.lake.databases,
            delta=self.lake.delta,
            checkpoint=self.lake.checkpoint,
            run_id=f"20130201T{len(self._drivers):06d}Z-0a1b2c",
            max_records=self.numbers.choice((25, 10_000)),
            merges=self.sink.merges,
            broken_tokens=self._broken_tokens,
        )
        if not last:
            self._spare = self._launch()

    def send(self) -> None:
        """Have some records acknowledged."""
        self._source.send(self.numbers.randint(2, 50), self._partitions)

    def send_until(self, condition: Callable[[], bool], what: str) -> None:
        """Send, and again when all was read, until the condition holds."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while not condition():
            self.send()
            while not condition() and not self._has_read_all():
                if time.monotonic() > deadline:
                    raise StuckError(f"{what} did not happen within {_SETTLE_SECONDS} seconds")
                time.sleep(_POLL_SECONDS)

    def add_partition(self) -> None:
        """One more partition, of which the source knows when it returns."""
        self._partitions += 1
        self.machine.cluster.grow_topic(self.topic, self._partitions)
        until(lambda: self._source.partitions() == self._partitions, 30, "the news of a partition")

    def settle(self) -> None:
        """Wait until a batch has ended that read all that was acknowledged; a driver that fails is replaced."""

        def has_read_all() -> bool:
            if self.driver.ended:
                self._restart()
            return self._has_read_all()

        until(has_read_all, _SETTLE_SECONDS, f"the end of the batch that reads all (log: {self.driver.process.log})")

    def outlive(self, zombie: Driver) -> None:
        """Let a driver that was paused go on beside its successor, until it ends or has had its time."""
        zombie.resume()
        deadline = time.monotonic() + _ZOMBIE_SECONDS
        while not zombie.ended and time.monotonic() < deadline:
            time.sleep(0.1)
        zombie.kill()

    def examine(self) -> Findings:
        """Compare the lake with what was acknowledged."""
        group = self.machine.cluster.committed(_GROUP, self.topic, self._partitions)
        ahead = oracle.ahead_of_tables(group, self.lake)
        found = oracle.examine(self.lake, self._source.ledger, merged=self.sink.merges)
        return Findings(found.lost, found.doubled, (*ahead, *found.others))

    def _has_read_all(self) -> bool:
        reached = self.lake.reached()
        return all(reached.get(partition, 0) >= end for partition, end in self._source.ledger.ends().items())

    def _restart(self) -> None:
        """A stream that ends by an error is started again, as its supervisor does; not for ever."""
        self._restarts += 1
        if self._restarts > _RESTARTS:
            raise StuckError(
                f"the stream ends again and again: {self.driver.error or self.driver.process.last_words()}"
            )
        self.driver.kill()
        self.replace_driver()

    def _launch(self) -> Driver:
        driver = self.machine.launcher.start(next(_NUMBERS), delta=not self.sink.in_catalog)
        self._drivers.append(driver)
        return driver
