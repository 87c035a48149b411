"""What a campaign has done, a JSON document a line, so that one that was ended goes on where it stood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.exceptions import must
from exactly_once.exceptions import VerifyError
from exactly_once.oracle import Findings
from exactly_once.sequence import Outcome


@dataclass(frozen=True)
class Entry:
    """An outcome, and of which seed and sink."""

    sink: str
    seed: int
    outcome: Outcome


@dataclass
class Journal:
    """The lines of a file, or of memory alone where there is none."""

    file: Path | None = None
    _open: dict[tuple[str, int], list[Entry]] = field(default_factory=dict)
    _complete: dict[tuple[str, int], list[Entry]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file is not None and self.file.exists():
            for number, line in enumerate(self.file.read_text().splitlines(), 1):
                self._read(number, line)

    def has(self, sink: str, seed: int) -> bool:
        """Whether the seed was played to its end."""
        return (sink, seed) in self._complete

    def begin(self, sink: str, seed: int) -> None:
        """A seed begins, from its beginning: what an earlier attempt wrote counts no more."""
        self._write({"begin": seed, "sink": sink})

    def add(self, sink: str, seed: int, outcome: Outcome) -> None:
        """A fault has struck."""
        found = outcome.findings.document()
        self._write({"seed": seed, "sink": sink, "fault": outcome.fault, "seconds": outcome.seconds, **found})

    def end(self, sink: str, seed: int) -> None:
        """A seed was played to its end."""
        self._write({"end": seed, "sink": sink})

    def entries(self) -> Iterator[Entry]:
        """The outcomes of all seeds that were played to their end."""
        for entries in self._complete.values():
            yield from entries

    def _write(self, document: dict[str, Any]) -> None:
        self._take(document)
        if self.file is not None:
            with self.file.open("a") as out:
                out.write(f"{json.dumps(document)}\n")

    def _read(self, number: int, line: str) -> None:
        try:
            self._take(json.loads(line))
        except (ValueError, KeyError, TypeError, StopIteration) as error:
            remedy = "name another file, or take the line out"
            raise VerifyError(must(f"--journal, line {number}", "an entry of this suite", line, remedy)) from error

    def _take(self, document: dict[str, Any]) -> None:
        kind = next(name for name in ("begin", "end", "seed") if name in document)
        key = str(document["sink"]), int(document[kind])
        if kind == "begin":
            self._open[key] = []
        elif kind == "end":
            self._complete[key] = self._open.pop(key)
        else:
            findings = Findings(document["lost"], document["doubled"], tuple(document["others"]))
            self._open[key].append(Entry(*key, Outcome(document["fault"], document["seconds"], findings)))
