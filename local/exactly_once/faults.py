"""The fault points, by name. Each strikes a scene and leaves a driver that streams; the scene then settles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from exactly_once.lake import DATASET
from exactly_once.proxy import Trap
from exactly_once.scene import Scene, Sink

Strike = Callable[[Scene], None]
_COMMITS_OF_A_BATCH = 2
"""How often at most a batch asks the catalog to commit to one table."""


@dataclass(frozen=True)
class Fault:
    """A name, what happens, and for which sinks: those with that table, and whose commits the catalog takes."""

    name: str
    strike: Strike
    table: str = ""
    of_catalog: bool = False

    def applies_to(self, sink: Sink) -> bool:
        """Whether the sink has what it disturbs."""
        return (not self.table or self.table in sink.tables) and (sink.in_catalog or not self.of_catalog)


def of(sink: Sink) -> list[Fault]:
    """The fault points of a sink, in their written order."""
    return [fault for fault in FAULTS if fault.applies_to(sink)]


def _killed_at(seam: str) -> Strike:
    def strike(scene: Scene) -> None:
        driver = scene.driver
        driver.arm(seam, scene.numbers.randint(1, 2))
        scene.send_until(lambda: driver.process.ended, f"the kill {seam}")
        scene.replace_driver()

    return strike


def _killed_at_random_times(scene: Scene) -> None:
    """Again and again, also while what the last kill left is being repaired."""
    for _ in range(3):
        scene.send()
        time.sleep(scene.numbers.uniform(0, 6))
        scene.driver.kill()
        scene.replace_driver()


def _overtaken_at(seam: str) -> Strike:
    """Paused at a seam, overtaken by a successor that commits the same batch and more, and then let go on."""

    def strike(scene: Scene) -> None:
        zombie = scene.driver
        zombie.arm(seam, scene.numbers.randint(1, 2), stop=True)
        scene.send_until(lambda: zombie.stopped, f"the stop {seam}")
        scene.replace_driver()
        scene.settle()
        scene.outlive(zombie)

    return strike


def _commit_held(scene: Scene) -> None:
    """A commit is on its way while its driver is paused, and arrives when the successor has committed the batch."""
    with _trap(scene, holds=True) as trap:
        scene.send_until(trap.sprung.is_set, "a commit to be held")
        zombie = scene.driver
        zombie.pause()
        scene.replace_driver()
        scene.settle()
    scene.outlive(zombie)


def _answer_lost(scene: Scene) -> None:
    with _trap(scene, holds=False) as trap:
        scene.send_until(trap.sprung.is_set, "a commit whose answer is lost")
        scene.settle()


@contextmanager
def _trap(scene: Scene, *, holds: bool) -> Iterator[Trap]:
    kind = scene.numbers.choice(scene.sink.tables)
    database = scene.lake.databases["silver" if kind == "silver" else "bronze"]
    table = f"{DATASET}__dlq" if kind == "dlq" else DATASET
    passes = scene.numbers.randrange(_COMMITS_OF_A_BATCH)
    with scene.machine.proxy.trapping(Trap(database, table, passes, holds)) as trap:
        yield trap


def _endpoint_refuses(scene: Scene) -> None:
    scene.send()
    time.sleep(scene.numbers.uniform(0, 1))
    with scene.machine.proxy.refusing():
        scene.send()
        time.sleep(scene.numbers.uniform(0.5, 3))


def _leader_killed(scene: Scene) -> None:
    cluster = scene.machine.cluster
    scene.send()
    leader = cluster.leader_of(scene.topic, 0)
    cluster.kill(leader)
    try:
        scene.send()
        scene.settle()
    finally:
        cluster.restart(leader)


def _partition_added(scene: Scene) -> None:
    scene.send()
    scene.add_partition()
    scene.send()


def _commit_forgotten(scene: Scene) -> None:
    """Spark's log of ended batches loses its newest: that batch is repeated, and changes nothing."""
    scene.send()
    scene.settle()
    scene.driver.kill()
    scene.lake.forget_commit()
    scene.replace_driver()


FAULTS = [
    *(
        Fault(f"{when} the {table} commit", _killed_at(f"{when} the {table} commit"), table)
        for table in ("dlq", "bronze", "silver")
        for when in ("before", "after")
    ),
    *(
        Fault(f"between stage and publication of {table}", _killed_at(f"before the {table} publication"), table)
        for table in ("bronze", "silver")
    ),
    Fault("before Spark's checkpoint commit", _killed_at("after the batch")),
    Fault("before the group's offset commit", _killed_at("before the offsets of the group")),
    Fault("commit answer lost", _answer_lost, of_catalog=True),
    *(
        Fault(f"zombie paused before it {what} {table}", _overtaken_at(f"before the {table} {seam}"), table)
        for what, seam in (("writes", "write"), ("publishes", "publication"))
        for table in ("bronze", "silver")
    ),
    Fault("zombie whose commit is held by the network", _commit_held, of_catalog=True),
    Fault("broker leader killed", _leader_killed),
    Fault("partition added", _partition_added),
    Fault("endpoint refuses for a while", _endpoint_refuses),
    Fault("commits/<n> deleted", _commit_forgotten),
    Fault("killed at random times", _killed_at_random_times),
]
