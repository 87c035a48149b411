"""The same points in the commits to Delta tables, put in from outside; runs in the environment of the jobs.

Delta stages nothing: a commit writes its files, and then its entry in the log, which is what publishes them. Where the
one is done and the other is not, no function of Python is called; a thread sees it by the files.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lakehouse_jobs.delta_commit import DeltaCommit
from lakehouse_jobs.engines import DeltaTable, Transaction
from pyspark.sql import DataFrame

from exactly_once.seams import Seams, kind_of

_POLL_SECONDS = 0.001
_MAGIC = b"PAR1"
"""How a file of Parquet begins, and ends once it is whole."""


def install(seams: Seams) -> None:
    """Put the seams into the stream: around each commit, within it around the write, and before its publication."""
    for table, step in (("dlq", "_append_dlq"), ("bronze", "_append_bronze"), ("silver", "_merge_silver")):
        setattr(DeltaCommit, step, seams.around(f"the {table} commit", getattr(DeltaCommit, step)))
    for name in ("append_in", "execute_in"):
        setattr(DeltaTable, name, _within(seams, getattr(DeltaTable, name)))


def break_transactions() -> None:
    """Every attempt at a batch is an application of its own, and leaves out no record that the table has.

    The application is named by the batch's token, which `seams.break_tokens` makes another one for each attempt.
    """
    transaction = DeltaCommit._transaction

    def broken(self: DeltaCommit, kind: str) -> Transaction:
        return replace(transaction(self, kind), application=f"{self._batch.origin.token}:{kind}")

    def append(self: DeltaCommit, table: DeltaTable, kind: str, rows: DataFrame) -> None:
        table.append_in(self._transaction(kind), rows)

    commit: Any = DeltaCommit
    commit._transaction, commit._append = broken, append


def _within(seams: Seams, write: Callable[..., Any]) -> Callable[..., Any]:
    def call(table: DeltaTable, *arguments: Any) -> Any:
        kind = kind_of(table.name)
        seams.reach(f"before the {kind} write")
        publication = f"before the {kind} publication"
        if not seams.is_armed(publication):
            return write(table, *arguments)
        with _when_written(Path(urlsplit(table.name).path), lambda: seams.reach(publication)):
            return write(table, *arguments)

    return call


@contextmanager
def _when_written(folder: Path, act: Callable[[], None]) -> Iterator[None]:
    """Act, within the block, as soon as the table's folder has a whole file of data that it had not."""
    known, done = set(folder.glob("*.parquet")), threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            if any(_is_whole(file) for file in folder.glob("*.parquet") if file not in known):
                act()
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _is_whole(file: Path) -> bool:
    content = file.read_bytes()
    return len(content) > 2 * len(_MAGIC) and content.endswith(_MAGIC)
