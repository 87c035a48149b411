"""The report of a campaign: every fault point of every sink, as Markdown for people and JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from emulator.exceptions import must
from exactly_once.exceptions import VerifyError
from exactly_once.journal import Entry

BEGIN, END = "<!-- results -->", "<!-- end -->"
"""Where a page has these, the report takes the place between them."""


@dataclass
class Row:
    """What came of a fault point with a sink."""

    sink: str
    fault: str
    seeds: set[int] = field(default_factory=set)
    lost: int = 0
    doubled: int = 0
    others: list[str] = field(default_factory=list)
    seconds: float = 0

    def add(self, entry: Entry) -> None:
        """One more seed."""
        findings = entry.outcome.findings
        self.seeds.add(entry.seed)
        self.lost += findings.lost
        self.doubled += findings.doubled
        self.others += findings.others
        self.seconds += entry.outcome.seconds

    @property
    def mean_seconds(self) -> float:
        """From the fault until all was read and compared."""
        return round(self.seconds / len(self.seeds), 1)


def rows_of(entries: Iterable[Entry]) -> list[Row]:
    """A row for each sink and fault, in the order they were first met with."""
    rows: dict[tuple[str, str], Row] = {}
    for entry in entries:
        key = entry.sink, entry.outcome.fault
        rows.setdefault(key, Row(*key)).add(entry)
    return sorted(rows.values(), key=lambda row: (row.sink, row.fault))


def markdown(rows: list[Row]) -> str:
    """The table, and what else was found."""
    lines = ["| sink | fault point | seeds | lost | doubled | other | mean s |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        counts = f"{len(row.seeds)} | {row.lost} | {row.doubled} | {len(row.others)} | {row.mean_seconds}"
        lines.append(f"| {row.sink} | {row.fault.replace('<', '&lt;')} | {counts} |")
    found = [f"- {row.sink}, {row.fault}: {text}" for row in rows for text in row.others]
    return "\n".join([*lines, "", _sum(rows), *(["", *found] if found else [])])


def write(rows: list[Row], file: Path) -> None:
    """Write the Markdown into `file`, and the JSON beside it.

    Raises:
        VerifyError: it cannot be written.
    """
    text = markdown(rows)
    try:
        page = file.read_text() if file.exists() else ""
        between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        whole = between.sub(lambda _: f"{BEGIN}\n\n{text}\n\n{END}", page) if between.search(page) else f"{text}\n"
        file.write_text(whole)
        file.with_suffix(".json").write_text(json.dumps([_document(row) for row in rows], indent=2) + "\n")
    except OSError as error:
        raise VerifyError(must("--report", "a file that can be written", str(file), str(error))) from error


def _sum(rows: list[Row]) -> str:
    seeds = {sink: set().union(*(row.seeds for row in rows if row.sink == sink)) for sink in {row.sink for row in rows}}
    played = ", ".join(f"{len(found)} seeds of {sink}" for sink, found in sorted(seeds.items()))
    strikes = sum(len(row.seeds) for row in rows)
    lost, doubled = sum(row.lost for row in rows), sum(row.doubled for row in rows)
    return f"{played or 'nothing'}: {strikes} faults, {lost} records lost, {doubled} doubled."


def _document(row: Row) -> dict[str, object]:
    counts = {"lost": row.lost, "doubled": row.doubled, "others": row.others, "meanSeconds": row.mean_seconds}
    return {"sink": row.sink, "fault": row.fault, "seeds": sorted(row.seeds), **counts}
