"""A campaign: seeds and sinks one after the other on one machine, with a journal, and a report at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exactly_once import machine, report, sequence, shared_classes
from exactly_once.journal import Journal
from exactly_once.machine import Machine
from exactly_once.scene import SINKS
from exactly_once.sequence import Outcome, Run
from exactly_once.settings import Tools


@dataclass(frozen=True)
class Plan:
    """How many seeds, of which sinks, which share of them (i of n, from 1), whether tokens are broken on purpose."""

    seeds: int
    sinks: tuple[str, ...]
    shard: tuple[int, int] = (1, 1)
    broken_tokens: bool = False

    def runs(self) -> Iterator[Run]:
        """Seed by seed, so that a campaign that is ended early has seen all sinks."""
        every = [(seed, sink) for seed in range(1, self.seeds + 1) for sink in self.sinks]
        index, of = self.shard
        for seed, sink in every[index - 1 :: of]:
            yield Run(SINKS[sink], seed, broken_tokens=self.broken_tokens)


def play(tools: Tools, plan: Plan, journal_file: Path | None, report_file: Path | None) -> int:
    """Play what the journal does not have yet; 1 when anything was found, in earlier parts of the campaign too."""
    journal = Journal(journal_file)
    left = [run for run in plan.runs() if not journal.has(run.sink.name, run.seed)]
    if left:
        with machine.running(tools) as started:
            by_format: dict[bool, Machine] = {}
            for run in left:
                if run.sink.in_catalog not in by_format:
                    by_format[run.sink.in_catalog] = shared_classes.recorded(started, run.sink)
                _play_one(by_format[run.sink.in_catalog], run, journal)
    rows = report.rows_of(journal.entries())
    print(report.markdown(rows), flush=True)
    if report_file is not None:
        report.write(rows, report_file)
    return 0 if all(entry.outcome.findings.clean for entry in journal.entries()) else 1


def _play_one(running: Machine, run: Run, journal: Journal) -> None:
    sink, seed = run.sink.name, run.seed

    def tell(outcome: Outcome) -> None:
        journal.add(sink, seed, outcome)
        found = outcome.findings
        words = "ok" if found.clean else f"{found.lost} lost, {found.doubled} doubled; {'; '.join(found.others)}"
        print(f"seed {seed} {sink:<7}{outcome.seconds:6.1f} s  {outcome.fault}: {words}", file=sys.stderr, flush=True)

    journal.begin(sink, seed)
    sequence.play(running, run, tell)
    journal.end(sink, seed)
