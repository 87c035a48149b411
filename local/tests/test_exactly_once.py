"""A short set of the suite that `npm run verify:exactly-once` plays in full, and that it finds what is broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exactly_once import machine, sequence, settings
from exactly_once.machine import Machine
from exactly_once.scene import SINKS
from exactly_once.sequence import Outcome, Run
from tests.support import setting

FAULTS = (
    "zombie paused before it writes bronze",
    "commit answer lost",
    "endpoint refuses for a while",
)


@pytest.fixture(scope="module")
def running() -> Iterator[Machine]:
    """One broker: none is killed here."""
    setting("LAKEHOUSE_JOBS_PYTHON")
    with machine.running(settings.load(), brokers=1) as found:
        yield found


def _told(_: Outcome) -> None:
    """Nobody waits for it."""


def test_faults_in_one_sequence_lose_and_double_nothing(running: Machine) -> None:
    outcomes = sequence.play(running, Run(SINKS["merge"], seed=1, only=FAULTS), _told)

    assert {outcome.fault for outcome in outcomes} == {*FAULTS, sequence.QUIET}
    assert [outcome for outcome in outcomes if not outcome.findings.clean] == []


def test_broken_token_is_found_by_what_it_doubles(running: Machine) -> None:
    run = Run(SINKS["append"], seed=1, only=("after the bronze commit",), broken_tokens=True)

    [outcome] = sequence.play(running, run, _told)

    assert outcome.findings.lost == 0
    assert outcome.findings.doubled > 0
