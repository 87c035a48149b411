"""The restore drills of the operations guide: the code that runs here is the code that stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.table import Table

from tests.support import LOCAL, REGION, Endpoint
from tests.templates import Template, field, iceberg_table, ref

GUIDE = LOCAL.parent / "docs/operations/recovery.md"
BAD_RUN = "20130301T060000Z-0a1b2c"
BATCH = f"nycflights/flights/run={BAD_RUN}"
SILVER = "lakehouse_dev_silver.flights"
BRONZE = "lakehouse_dev_bronze.flights"
DLQ = f"{BRONZE}__dlq"
GOLD = [f"lakehouse_dev_gold.{name}" for name in ("stg_flights", "fct_flights", "agg_daily")]
AUDIT = "audit"
COLUMNS = [field(1, "flight", "int"), field(2, "dep_delay", "double")]


def snippets(drill: int) -> list[str]:
    """The Python blocks of a drill, in the guide's order."""
    section = re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(f"Drill {drill}:"))
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def template(columns: list[Template] = COLUMNS) -> Template:
    """Versioned buckets, the databases of a lake, a dataset's three tables, and what gold makes of it."""
    buckets: Template = {
        zone.title(): {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": f"{zone}-bucket", "VersioningConfiguration": {"Status": "Enabled"}},
        }
        for zone in ("landing", "bronze", "silver", "gold")
    }
    databases: Template = {
        f"{zone.title()}Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": ref("AWS::AccountId"), "DatabaseInput": {"Name": f"lakehouse_dev_{zone}"}},
        }
        for zone in ("bronze", "silver", "gold")
    }
    tables: Template = {}
    for identifier in (SILVER, BRONZE, DLQ, *GOLD):
        database, name = identifier.split(".")
        zone = database.rpartition("_")[2]
        location = f"s3://{zone}-bucket/operations/{name}"
        tables[f"{zone}{name}".replace("_", "")] = {
            **iceberg_table(database, name, location, columns),
            "DependsOn": f"{zone.title()}Database",
        }
    return {"Resources": {**buckets, **databases, **tables}}


class Lake:
    """A deployed lake, and a person who follows the guide on it."""

    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        self.endpoint = endpoint
        self.folder = folder
        self.env = {
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            # pyarrow reads no AWS_ENDPOINT_URL
            "PYICEBERG_CATALOG__LAKE__S3__ENDPOINT": endpoint.url,
            "PYICEBERG_CATALOG__LAKE__S3__REGION": REGION,
        }
        where = {"glue.endpoint": endpoint.url, "s3.endpoint": endpoint.url, "s3.region": REGION}
        keys = {"client.access-key-id": "test", "client.secret-access-key": "test", "client.region": REGION}
        self.catalog: Catalog = load_catalog("lake", type="glue", **where, **keys)

    def table(self, name: str) -> Table:
        """A table as it is now."""
        return self.catalog.load_table(name)

    def load(self, name: str, run: str, *rows: tuple[int, float], branch: str = "main") -> None:
        """Commit rows as a run does, on a branch that begins at what is served."""
        table = self.table(name)
        if branch not in table.refs() and (served := table.current_snapshot()) is not None:
            table.manage_snapshots().create_branch(served.snapshot_id, branch).commit()
        records = [{"flight": flight, "dep_delay": delay} for flight, delay in rows]
        data = pa.Table.from_pylist(records, schema=table.schema().as_arrow())
        table.append(data, snapshot_properties={"lakehouse.run-id": run}, branch=branch)

    def publish(self, name: str) -> None:
        """Serve what was staged, as the check does."""
        self.table(name).manage_snapshots().set_current_snapshot(ref_name=AUDIT).commit()

    def flights(self, name: str) -> list[int]:
        """The flights of a table, from its files."""
        return sorted(int(row["flight"]) for row in self.table(name).scan().to_arrow().to_pylist())

    def follow(self, drill: int) -> str:
        """Run a drill's code as it stands in the guide."""
        code = "\n".join(snippets(drill))
        path = self.folder / f"drill{drill}.py"
        path.write_text(code, encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, str(path)], env={**os.environ, **self.env}, capture_output=True, text=True, timeout=60
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def lake(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    assert endpoint.deploy("drills", template()) == "CREATE_COMPLETE"
    lake = Lake(endpoint, tmp_path_factory.mktemp("drills"))
    for name in (BRONZE, SILVER, *GOLD):
        lake.load(name, "20130201T060000Z-0a1b2c", (1, 2.0), (2, -3.0))
    return lake


def delete(lake: Lake, prefix: str) -> list[str]:
    """Delete the objects below a prefix of silver's bucket; their keys."""
    s3: Any = lake.endpoint.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="silver-bucket", Prefix=prefix)["Contents"]]
    for key in keys:
        s3.delete_object(Bucket="silver-bucket", Key=key)
    return keys


def test_a_bad_run_is_rolled_back_and_its_batch_not_taken_up_again(lake: Lake) -> None:
    s3: Any = lake.endpoint.client("s3")
    for name in ("_manifest.json", "part-0.parquet"):
        s3.put_object(Bucket="landing-bucket", Key=f"{BATCH}/{name}", Body=b"{}")
    for run, flight in ((BAD_RUN, 3), ("20130302T060000Z-0a1b2c", 4)):
        lake.load(BRONZE, run, (flight, 1e9))
        lake.load(SILVER, run, (flight, 1e9), branch=AUDIT)
        lake.publish(SILVER)
        for name in GOLD:
            lake.load(name, "of no run", (flight, 1e9))
    said = lake.follow(1)
    for name in (BRONZE, SILVER, *GOLD):
        assert lake.flights(name) == [1, 2]
    assert f"{DLQ}: nothing of this run" in said
    left = [item["Key"] for item in s3.list_objects_v2(Bucket="landing-bucket", Prefix=BATCH)["Contents"]]
    assert left == [f"{BATCH}/part-0.parquet"]
    # by this the jobs know that the branch holds what was taken back
    silver = lake.table(SILVER)
    assert silver.refs()[AUDIT].snapshot_id in {entry.snapshot_id for entry in silver.history()}
    lake.load(SILVER, "20130303T060000Z-0a1b2c", (5, 0.0))
    assert lake.flights(SILVER) == [1, 2, 5]


def test_a_bad_run_that_still_waits_for_its_check_waits_no_more(lake: Lake) -> None:
    table = lake.table(SILVER)
    if AUDIT in table.refs():  # the next load sets it back where a drill has left it
        table.manage_snapshots().remove_branch(AUDIT).commit()
    before = {name: lake.flights(name) for name in (SILVER, *GOLD)}
    lake.load(SILVER, "20130304T060000Z-0a1b2c", (6, 0.0), branch=AUDIT)
    lake.load(SILVER, BAD_RUN, (7, 1e9), branch=AUDIT)
    assert f"{SILVER}: not served yet" in lake.follow(1)
    assert AUDIT not in lake.table(SILVER).refs()
    assert {name: lake.flights(name) for name in (SILVER, *GOLD)} == before


def test_deleted_objects_come_back_from_their_versions(lake: Lake) -> None:
    before = lake.flights(SILVER)
    deleted = delete(lake, "operations/flights/")
    with pytest.raises(FileNotFoundError):
        lake.flights(SILVER)
    said = lake.follow(2)
    assert lake.flights(SILVER) == before
    assert said.count("restored ") == len(deleted)


def test_a_lost_table_is_registered_and_the_stack_goes_on_evolving_it(lake: Lake) -> None:
    s3: Any = lake.endpoint.client("s3")
    older = lake.table(SILVER).metadata_location
    lake.load(SILVER, "20130305T060000Z-0a1b2c", (8, 0.0))
    before = lake.flights(SILVER)
    # a table of many commits: as text the older number is the greater one
    for number, location in (("99999", older), ("100000", lake.table(SILVER).metadata_location)):
        key = f"operations/flights/metadata/{number}-{uuid.uuid4()}.metadata.json"
        s3.copy_object(Bucket="silver-bucket", CopySource=location.removeprefix("s3://"), Key=key)
    database, name = SILVER.split(".")
    lake.endpoint.client("glue").delete_table(DatabaseName=database, Name=name)
    assert "is operations/flights/metadata/100000-" in lake.follow(3)
    assert lake.flights(SILVER) == before
    assert lake.endpoint.deploy("drills", template([*COLUMNS, field(3, "gate", "string")])) == "UPDATE_COMPLETE"
    assert [column.name for column in lake.table(SILVER).schema().fields] == ["flight", "dep_delay", "gate"]
    assert lake.flights(SILVER) == before
