from __future__ import annotations

import json

from lakehouse_jobs.run_record import RunState
from support.items import upsert
from support.lake import Lake
from support.postgres import Sql


def test_first_run_loads_every_valid_row(lake: Lake, sql: Sql) -> None:
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "02"))
    record = lake.ingest()["items"]
    print(record)
    assert record.state is RunState.SUCCEEDED
    assert [row["name"] for row in lake.silver()] == ["bolt", "nut"]


def test_increment_and_unchanged(lake: Lake, sql: Sql) -> None:
    sql.run(upsert(1, "bolt", 5, "01"), upsert(2, "nut", 7, "02"))
    lake.ingest()
    sql.run(upsert(1, "bolt", 6, "03"), upsert(3, "Washer", 7, "03"), upsert(4, "pin", 0, "03"))
    record = lake.ingest()["items"]
    print(record)
    record = lake.ingest()["items"]
    print(record)
    print(json.dumps({k: [dict(s.summary) for s in v] for k, v in lake.snapshots().items()}, indent=1))
    print(lake.rows("bronze").count(), lake.tables().dlq.read().collect())
    assert record.state is RunState.UNCHANGED
