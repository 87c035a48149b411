"""One seed: every fault point of a sink in one sequence over one lake, so that faults meet each other's leftovers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from exactly_once import faults, oracle
from exactly_once.exceptions import StuckError
from exactly_once.faults import Fault
from exactly_once.machine import Machine
from exactly_once.oracle import Findings
from exactly_once.scene import Scene, Sink

QUIET = "quiet at the end"
"""The last entry of a sequence: a start that nothing disturbs."""


@dataclass(frozen=True)
class Run:
    """Which sink and seed, with which faults (all when there are none), and whether tokens are broken on purpose."""

    sink: Sink
    seed: int
    only: Collection[str] = ()
    broken_tokens: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a fault left behind, and how long it and the repair took."""

    fault: str
    seconds: float
    findings: Findings


def play(machine: Machine, run: Run, tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Strike with each fault, let the stream settle, and compare; the first finding ends it: others follow from it."""
    scene = Scene(machine, run.sink, run.seed, broken_tokens=run.broken_tokens)
    outcomes = []
    try:
        scene.open()
        for fault in _order(scene, run):
            outcomes.append(_outcome(scene, fault))
            tell(outcomes[-1])
            if not outcomes[-1].findings.clean:
                break
    finally:
        scene.close()
    return outcomes


def _order(scene: Scene, run: Run) -> Iterator[Fault]:
    chosen = [fault for fault in faults.of(run.sink) if not run.only or fault.name in run.only]
    scene.numbers.shuffle(chosen)
    yield from chosen
    yield Fault(QUIET, _start_again)


def _outcome(scene: Scene, fault: Fault) -> Outcome:
    started = time.monotonic()
    try:
        fault.strike(scene)
        scene.settle()
    except StuckError as error:
        return Outcome(fault.name, round(time.monotonic() - started, 1), Findings(others=(str(error),)))
    findings = scene.examine()
    if fault.name == QUIET:
        left = tuple(oracle.leftovers(scene.lake))
        findings = Findings(findings.lost, findings.doubled, (*findings.others, *left))
    return Outcome(fault.name, round(time.monotonic() - started, 1), findings)


def _start_again(scene: Scene) -> None:
    scene.driver.kill()
    scene.replace_driver(last=True)
    scene.send()
