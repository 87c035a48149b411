"""What the comparison of `exactly_once` finds, on real Iceberg and Delta tables that a test writes by itself."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from exactly_once import oracle
from exactly_once.delta_lake import DeltaLake
from exactly_once.endpoint import Endpoint
from exactly_once.iceberg_lake import IcebergLake
from exactly_once.lake import Lake, Stack
from exactly_once.ledger import Ledger, Sent
from exactly_once.oracle import Findings
from tests.support import free_port, setting

GOOD, BROKEN = Sent("good", "1", valid=True), Sent("broken", "broken", valid=False)
_NAMES = itertools.count(1)


class Unpartitioned(Stack):
    """The tables without partitions, which PyIceberg writes by itself."""

    def tables(self) -> list[dict[str, Any]]:
        found = super().tables()
        for body in found:
            body["Properties"]["OpenTableFormatInput"]["IcebergInput"]["IcebergTableInput"].pop("PartitionSpec", None)
        return found


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    running = Endpoint(tmp_path_factory.mktemp("oracle") / "endpoint", free_port())
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def lake(endpoint: Endpoint) -> IcebergLake:
    """A lake with one good record and one broken one, as they were sent."""
    made = IcebergLake(endpoint, f"oracle_{next(_NAMES)}")
    made.create(Unpartitioned(Path(setting("LAKEHOUSE_TEMPLATES"))))
    _commit(made, "dlq", "batch-0", _row(1, "broken"))
    _commit(made, "bronze", "batch-0", _row(0, "good"))
    return made


LEDGER = Ledger({(0, 0): GOOD, (0, 1): BROKEN})


def _row(offset: int, payload: str) -> dict[str, Any]:
    return {"_kafka_partition": 0, "_kafka_offset": offset, "_payload": payload, "_dlq_id": str(offset)}


def _commit(lake: IcebergLake, kind: str, token: str, *rows: dict[str, Any]) -> None:
    """Append rows as a batch does; every batch says that it read a good record and a broken one."""
    table = lake.table(kind)
    schema = table.schema().as_arrow()
    full = [{**dict.fromkeys(schema.names), **row, "_batch_token": token} for row in rows]
    table.append(pa.Table.from_pylist(full, schema=schema), snapshot_properties=_told(token))


def _told(token: str) -> dict[str, str]:
    counts = {"rows-valid": "1", "rows-rejected": "1", "read-up-to": '{"0": 2}'}
    batch = {"batch-token": token, "stream-id": "stream", "epoch": "0", "batch-id": token[-1]}
    return {f"lakehouse.{key}": value for key, value in {**counts, **batch}.items()}


def _examine(lake: Lake, ledger: Ledger = LEDGER) -> Findings:
    return oracle.examine(lake, ledger, merged=False)


def test_lake_that_holds_what_was_sent_has_no_findings(lake: IcebergLake) -> None:
    assert _examine(lake).clean


def test_record_that_is_nowhere_is_lost(lake: IcebergLake) -> None:
    assert _examine(lake, Ledger({**LEDGER.acknowledged, (1, 7): GOOD})) == Findings(lost=1)


def test_record_that_is_in_a_table_twice_is_doubled_and_so_is_its_commit(lake: IcebergLake) -> None:
    _commit(lake, "bronze", "batch-0", _row(0, "good"))

    found = _examine(lake)

    assert (found.lost, found.doubled) == (0, 1)
    assert "2 commits of bronze are batch batch-0" in found.others
    assert "batch batch-0 read 1 good and 1 broken records, the tables hold 2 and 1" in found.others


def test_record_that_is_in_bronze_and_among_the_dead_letters_is_doubled(lake: IcebergLake) -> None:
    _commit(lake, "dlq", "batch-1", _row(0, "good"))

    found = _examine(lake)

    assert found.doubled == 1
    assert "1 records are in the wrong table: (0, 0)" in found.others


def test_record_that_no_one_has_sent_or_that_is_changed_is_told(lake: IcebergLake) -> None:
    _commit(lake, "bronze", "batch-1", _row(2, "good"), _row(3, "other"))

    found = _examine(lake, Ledger({**LEDGER.acknowledged, (0, 3): GOOD}))

    assert "1 records no one has sent: (0, 2)" in found.others
    assert "1 records are changed: (0, 3)" in found.others


def test_key_that_silver_lacks_is_lost(lake: IcebergLake) -> None:
    found = oracle.examine(lake, LEDGER, merged=True)

    assert (found.lost, found.others) == (1, ("1 records of silver are lost: 0",))


def test_group_that_claims_more_than_the_tables_hold_is_told(lake: IcebergLake) -> None:
    assert oracle.ahead_of_tables({0: 2}, lake) == []
    assert oracle.ahead_of_tables({0: 3}, lake) == ["the group is at 3 of partition 0, the tables at 2"]


def test_branch_that_is_left_is_told(lake: IcebergLake) -> None:
    table = lake.table("bronze")
    snapshot = table.current_snapshot()
    assert snapshot is not None
    table.manage_snapshots().create_branch(snapshot.snapshot_id, "stage").commit()

    assert list(oracle.leftovers(lake)) == ["bronze is left with stage"]


@pytest.fixture
def delta(endpoint: Endpoint, tmp_path: Path) -> DeltaLake:
    """The same records in Delta tables."""
    made = DeltaLake(endpoint, "delta", tmp_path)
    _commit_delta(made, "bronze/flight_events__dlq", "dlq", _row(1, "broken"))
    _commit_delta(made, "bronze/flight_events", "bronze", _row(0, "good"))
    return made


def _commit_delta(lake: DeltaLake, place: str, transaction: str, row: dict[str, Any]) -> None:
    said = {"userMetadata": json.dumps(_told("batch-0"))}
    properties = CommitProperties(said, app_transactions=[Transaction(f"stream:0:{transaction}", 0)])
    rows = pa.Table.from_pylist([{**row, "_batch_token": "batch-0"}])
    write_deltalake(f"{lake.delta}/{place}", rows, mode="append", commit_properties=properties)


def test_delta_tables_that_hold_what_was_sent_have_no_findings(delta: DeltaLake) -> None:
    assert _examine(delta).clean
    assert list(oracle.leftovers(delta)) == []
    assert oracle.ahead_of_tables({0: 2}, delta) == []
    assert oracle.ahead_of_tables({0: 3}, delta) == ["the group is at 3 of partition 0, the tables at 2"]


def test_delta_table_that_holds_a_record_twice_is_told(delta: DeltaLake) -> None:
    _commit_delta(delta, "bronze/flight_events", "bronze", _row(0, "good"))

    found = _examine(delta)

    assert (found.lost, found.doubled) == (0, 1)
    assert "2 commits of bronze are batch batch-0" in found.others


def test_delta_table_that_does_not_remember_a_batch_is_told(delta: DeltaLake) -> None:
    _commit_delta(delta, "silver/flight_events", "another", _row(0, "good"))

    [told] = oracle.leftovers(delta)

    assert told == "silver is left with batch 0 of stream:0:silver, and remembers None"


def test_delta_lake_shows_all_its_commits_also_when_the_log_has_a_checkpoint(delta: DeltaLake) -> None:
    for offset in range(2, 14):
        _commit_delta(delta, "bronze/flight_events", "bronze", _row(offset, "good"))
    DeltaTable(f"{delta.delta}/bronze/flight_events").create_checkpoint()

    assert len(delta.commits("bronze")) == len(delta.rows("bronze", "_kafka_offset")) == 13
