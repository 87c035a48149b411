"""Queries read the files of the partitions they ask for and no others: by the number of files that Iceberg plans."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.table import Table

from tests.support import REGION, Endpoint
from tests.synthesized import Assembly
from tests.templates import Template, bucket_and_database, ref

MONTHS = 12
STACK = "pruned"


@pytest.fixture
def flights(endpoint: Endpoint) -> Iterator[Table]:
    """The table of the contract silver.flights, by month of its time_hour, with a flight on the first of each month."""
    assert endpoint.deploy(STACK, _template()) == "CREATE_COMPLETE", endpoint.why(STACK)
    files = {"s3.endpoint": endpoint.url, "s3.access-key-id": "test", "s3.secret-access-key": "test"}
    catalog = GlueCatalog("tests", client=endpoint.client("glue"), **files, **{"s3.region": REGION})
    table = catalog.load_table(("silver", "flights"))
    table.add_files([_written(table, month) for month in range(1, MONTHS + 1)])
    yield table
    for item in endpoint.client("s3").list_objects_v2(Bucket="lake-of-tests").get("Contents", []):
        endpoint.client("s3").delete_object(Bucket="lake-of-tests", Key=item["Key"])
    endpoint.destroy(STACK)


def _template() -> Template:
    """The table as it is synthesized, in a bucket and a database of the test's own."""
    resources = [body for nested in Assembly("dev").nested.values() for body in nested["Resources"].values()]
    tables = [copy.deepcopy(body) for body in resources if body["Type"] == "AWS::Glue::Table"]
    (table,) = (t for t in tables if t["Properties"]["Name"] == "flights" and _zone(t) == "silver")
    table["Properties"]["DatabaseName"] = ref("Database")
    iceberg = table["Properties"]["OpenTableFormatInput"]["IcebergInput"]["IcebergTableInput"]
    iceberg["Location"] = {"Fn::Sub": "s3://${Lake}/flights"}
    return {"Resources": {**bucket_and_database(), "Flights": table}}


def _zone(table: Template) -> str:
    return str(table["Properties"]["DatabaseName"]).split("_")[-1]


def _written(table: Table, month: int) -> str:
    """A file of one month's flights; Iceberg sees by the least and the greatest value which partition it belongs to."""
    schema = table.schema().as_arrow()
    # files that are added are told from others by having no ids
    plain = pa.schema([pa.field(field.name, field.type, field.nullable) for field in schema])
    path = f"{table.location()}/data/month={month}.parquet"
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([_flight(month)], plain), content)
    with table.io.new_output(path).create() as file:
        file.write(content.getvalue())
    return path


def _flight(month: int) -> dict[str, Any]:
    """What is required, and nothing else."""
    departure = datetime(2013, month, 1, 8, tzinfo=UTC)
    day = {"year": 2013, "month": month, "day": 1, "hour": 8, "minute": 0, "sched_dep_time": 800, "sched_arr_time": 900}
    route = {"carrier": "UA", "flight": 1, "origin": "EWR", "dest": "ORD", "distance": 719}
    return {**day, **route, "time_hour": departure, "updated_at": departure}


def _planned(table: Table, row_filter: str) -> int:
    """How many files are planned; that no filter is left for their rows shows that it was by partition."""
    files = list(table.scan(row_filter=row_filter).plan_files())
    assert {file.residual for file in files} <= {AlwaysTrue()}
    return len(files)


def test_a_query_plans_the_files_of_its_months_alone(flights: Table) -> None:
    assert len(list(flights.scan().plan_files())) == MONTHS
    asked = "time_hour >= '2013-03-01T00:00:00+00:00' and time_hour < '{}'"
    assert _planned(flights, asked.format("2013-04-01T00:00:00+00:00")) == 1
    assert _planned(flights, asked.format("2013-06-01T00:00:00+00:00")) == 3
    assert _planned(flights, asked.format("2013-03-01T00:00:00+00:00")) == 0


def test_a_query_on_another_column_plans_all_files(flights: Table) -> None:
    files = list(flights.scan(row_filter="carrier = 'UA'").plan_files())
    assert len(files) == MONTHS
    assert AlwaysTrue() not in {file.residual for file in files}
