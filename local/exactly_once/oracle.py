"""Compares a lake with what was produced. Nothing by which it reads is code that wrote the tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any

from exactly_once.lake import Lake
from exactly_once.ledger import Ledger, Place, Sent

_SHOWN = 5
_PLACE = ("_kafka_partition", "_kafka_offset")
_TABLES = ("bronze", "dlq", "silver")
_TOKEN = "lakehouse.batch-token"


@dataclass(frozen=True)
class Findings:
    """How many records were lost and doubled, and everything else that is not as it must be."""

    lost: int = 0
    doubled: int = 0
    others: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether there is nothing to tell."""
        return self == Findings()

    def document(self) -> dict[str, Any]:
        """As it stands in the journal."""
        return asdict(self)


def examine(lake: Lake, ledger: Ledger, *, merged: bool) -> Findings:
    """Every acknowledged record is exactly once in bronze or among the dead letters, and none else; silver, where it is
    `merged`, has the newest of each key once; each batch adds up.
    """
    rows = {kind: lake.rows(kind, *_PLACE, "_payload", "_batch_token") for kind in ("bronze", "dlq")}
    counts = {kind: Counter(_place(row) for row in found) for kind, found in rows.items()}
    total = counts["bronze"] + counts["dlq"]
    lost = [place for place in ledger.acknowledged if place not in total]
    doubled = [place for place, count in total.items() if count > 1]
    others = [
        *_told("no one has sent", [place for place in total if place not in ledger.acknowledged]),
        *_told("are changed", _changed(rows, ledger.acknowledged)),
        *_told("are in the wrong table", _misplaced(counts, ledger.acknowledged)),
        *_accounts(lake, rows),
    ]
    silver_lost, silver_doubled, wrong = _silver(lake, ledger) if merged else ((), (), ())
    others += [*_told("of silver are lost", silver_lost), *_told("of silver are doubled", silver_doubled)]
    others += _told("of silver show another version than the newest", wrong)
    return Findings(len(lost) + len(silver_lost), len(doubled) + len(silver_doubled), tuple(others))


def published(lake: Lake) -> dict[int, int]:
    """How far the tables have read each partition, by what their commits say."""
    found: dict[int, int] = {}
    for kind in ("bronze", "dlq"):
        for commit in lake.commits(kind):
            told = json.loads(commit.get("lakehouse.read-up-to", "{}"))
            for partition, offset in told.items():
                found[int(partition)] = max(found.get(int(partition), 0), int(offset))
    return found


def ahead_of_tables(group: Mapping[int, int], lake: Lake) -> list[str]:
    """The partitions of which a consumer group claims more than the tables hold."""
    tables = published(lake)
    return [
        f"the group is at {offset} of partition {partition}, the tables at {tables.get(partition, 0)}"
        for partition, offset in group.items()
        if offset > tables.get(partition, 0)
    ]


def _place(row: Mapping[str, Any]) -> Place:
    return row["_kafka_partition"], row["_kafka_offset"]


def _changed(rows: Mapping[str, list[dict[str, Any]]], sent: Mapping[Place, Sent]) -> list[Place]:
    found = [(_place(row), row["_payload"]) for kind in rows.values() for row in kind]
    return [place for place, payload in found if place in sent and sent[place].payload != payload]


def _misplaced(counts: Mapping[str, Counter[Place]], sent: Mapping[Place, Sent]) -> list[Place]:
    return [
        place
        for kind, valid in (("bronze", True), ("dlq", False))
        for place in counts[kind]
        if place in sent and sent[place].valid != valid
    ]


def _accounts(lake: Lake, rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[str]:
    """A batch's commits say how many records it read; so many rows carry its token, and one commit to a table."""
    told: dict[str, tuple[int, int]] = {}
    for kind in _TABLES:
        commits = [commit for commit in lake.commits(kind) if _TOKEN in commit]
        tokens = Counter(commit[_TOKEN] for commit in commits)
        yield from (f"{count} commits of {kind} are batch {token}" for token, count in tokens.items() if count > 1)
        for commit in commits:
            told[commit[_TOKEN]] = int(commit["lakehouse.rows-valid"]), int(commit["lakehouse.rows-rejected"])
    held = {kind: Counter(row["_batch_token"] for row in found) for kind, found in rows.items()}
    for token, (valid, rejected) in told.items():
        found = held["bronze"][token], held["dlq"][token]
        if found != (valid, rejected):
            counts = f"read {valid} good and {rejected} broken records, the tables hold {found[0]} and {found[1]}"
            yield f"batch {token} {counts}"


def leftovers(lake: Lake) -> Iterator[str]:
    """What tables have that must not be there once their stream has nothing to do."""
    for kind in _TABLES:
        left = lake.left(kind)
        if left:
            yield f"{kind} is left with {', '.join(left)}"


def _silver(lake: Lake, ledger: Ledger) -> tuple[list[int], list[int], list[int]]:
    rows = lake.rows("silver", "flight", "reported_at", "delay")
    counts = Counter(row["flight"] for row in rows)
    newest = ledger.newest()
    shown = {row["flight"]: (row["reported_at"].astimezone(UTC), row["delay"]) for row in rows}
    lost = [flight for flight in newest if flight not in counts]
    doubled = [flight for flight, count in counts.items() if count > 1]
    wrong = [
        flight
        for flight, version in shown.items()
        if flight not in newest or version != (newest[flight].reported_at, newest[flight].delay)
    ]
    return lost, doubled, wrong


def _told(what: str, places: Iterable[object]) -> list[str]:
    found = list(places)
    shown = ", ".join(str(place) for place in found[:_SHOWN])
    return [f"{len(found)} records {what}: {shown}"] if found else []
