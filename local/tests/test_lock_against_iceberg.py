"""The schema lock against Iceberg itself: random changes of tables, which its own engine for Python makes and reads.

What the lock lets through, the catalog of the endpoint takes, and every row is read by its value, as it is and as every
snapshot had it. What the lock refuses, the catalog refuses too, and past its checks Iceberg refuses it or rows break.
The changes come from `test/contracts/evolution-cases.ts`, so that contracts and lock are those of the library.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Any

import pytest
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import AddSchemaUpdate, SetCurrentSchemaUpdate, update_table_metadata

from emulator.exceptions import ProvisioningError
from emulator.iceberg import definition, evolution
from tests.by_id import Values, named, some_row
from tests.rows import Row, append, history, read
from tests.support import LOCAL, Endpoint
from tests.templates import Template
from tests.test_stacks import table_of

TABLES = int(os.environ.get("LAKEHOUSE_EVOLVING_TABLES", "8"))
STEPS = int(os.environ.get("LAKEHOUSE_EVOLVING_STEPS", "9"))

ROWS_OF_A_STEP = 4

CORRUPTING = frozenset({"narrow", "retype", "require", "addRequired", "reuse"})
"""Changes of columns, which are tried past the catalog's checks too."""


@dataclass
class Memory:
    """What a table should hold: every row ever written, and how many each snapshot has, with its schema."""

    chance: random.Random
    rows: list[Values] = field(default_factory=list)
    snapshots: dict[int, list[Row]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def cases() -> Any:
    """The changes of this run."""
    node = shutil.which("node")
    assert node is not None, "Node is what `npm test` runs on"
    script = [node, "--import", "tsx", "test/contracts/evolution-cases.ts", str(TABLES), str(STEPS)]
    made = subprocess.run(script, cwd=LOCAL.parent, check=True, capture_output=True, timeout=600)
    return json.loads(made.stdout)


def stack_of(cases: Any, step: int, **instead: Template) -> Template:
    """The template of all tables after a step, some of them replaced."""
    tables = {**cases["steps"][step]["templates"], **instead}
    database = {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": cases["database"]}}
    return {
        "Resources": {
            "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": cases["bucket"]}},
            "Database": {"Type": "AWS::Glue::Database", "Properties": database},
            **{
                name.capitalize(): {"Type": "AWS::Glue::Table", "DependsOn": "Database", "Properties": properties}
                for name, properties in tables.items()
            },
        }
    }


def test_what_the_lock_lets_through_keeps_every_row_and_what_it_refuses_would_not(
    cases: Any, endpoint: Endpoint
) -> None:
    memories = {name: Memory(random.Random(name)) for name in cases["steps"][0]["templates"]}
    broken: set[str] = set()
    for number, step in enumerate(cases["steps"]):
        done = f"step {number}: {step['changes']}"
        expected = "CREATE_COMPLETE" if number == 0 else "UPDATE_COMPLETE"
        unchanged = number > 0 and step["templates"] == cases["steps"][number - 1]["templates"]
        if not unchanged:
            assert endpoint.deploy("evolving", stack_of(cases, number)) == expected, (done, endpoint.why("evolving"))
        for name, memory in memories.items():
            table = table_of(endpoint, cases["database"], name)
            right = [named(table.schema().as_struct(), row) for row in memory.rows]
            assert differences(in_order(read(table)), right) == [], (name, done)
            write(table, memory)
            was = history(table_of(endpoint, cases["database"], name))
            assert was.keys() == memory.snapshots.keys()
            for snapshot, rows in was.items():
                assert differences(in_order(rows), memory.snapshots[snapshot]) == [], (name, done)
            illegal = step["illegal"][name]
            assert illegal["refusal"], f"the lock lets {name} through {illegal['kind']} after {done}"
            table = table_of(endpoint, cases["database"], name)
            with pytest.raises(ProvisioningError):
                evolution.updates(table.metadata, definition.read(illegal["template"]), {})
            if illegal["kind"] in CORRUPTING and breaks(table, illegal["template"], memory):
                broken.add(illegal["kind"])
    assert broken == CORRUPTING, "every kind of corruption is seen"


def test_what_the_lock_refuses_is_rolled_back_by_a_deploy(cases: Any, endpoint: Endpoint) -> None:
    last = len(cases["steps"]) - 1
    tried: set[str] = set()
    for name, illegal in cases["steps"][last]["illegal"].items():
        if illegal["kind"] in tried:
            continue
        tried.add(illegal["kind"])
        before = in_order(read(table_of(endpoint, cases["database"], name)))
        status = endpoint.deploy("evolving", stack_of(cases, last, **{name: illegal["template"]}))
        assert status == "UPDATE_ROLLBACK_COMPLETE", illegal["kind"]
        assert in_order(read(table_of(endpoint, cases["database"], name))) == before
    assert len(tried) > 3


def differences(got: list[Row], right: list[Row]) -> list[tuple[Row, Row]]:
    """The values that are not as they should be, row by row."""
    assert len(got) == len(right)
    assert all(list(one) == list(other) for one, other in zip(got, right, strict=True)), "the columns are others"
    unequal = [(one, other) for one, other in zip(got, right, strict=True) if one != other]
    return [
        (
            {key: one[key] for key in one if one[key] != other[key]},
            {key: other[key] for key in one if one[key] != other[key]},
        )
        for one, other in unequal
    ]


def in_order(rows: list[Row]) -> list[Row]:
    """The rows by their key."""
    return sorted(rows, key=lambda row: int(row["id"]))


def write(table: Table, memory: Memory) -> None:
    """Add rows by chance, and remember what the snapshot they make has."""
    schema, first = table.schema(), len(memory.rows)
    memory.rows += [some_row(schema, first + more, memory.chance) for more in range(ROWS_OF_A_STEP)]
    append(table, [named(schema.as_struct(), row) for row in memory.rows[first:]])
    snapshot = table.refresh().current_snapshot()
    assert snapshot is not None
    memory.snapshots[snapshot.snapshot_id] = [named(schema.as_struct(), row) for row in memory.rows]


def breaks(table: Table, template: Template, memory: Memory) -> bool:
    """Whether, past the catalog's checks, Iceberg refuses a change of columns or rows are not read right any more."""
    declared = definition.read(template).schema
    try:
        metadata = forced(table.metadata, declared)
        rows = in_order(read(Table(table.name(), metadata, table.metadata_location, table.io, table.catalog)))
    except Exception:
        return True
    required = [column.name for column in declared.fields if column.required]
    if any(row[name] is None for row in rows for name in required):
        return True
    added = {column.name for column in declared.fields} - {column.name for column in table.schema().fields}
    right = [named(table.schema().as_struct(), row) | dict.fromkeys(added) for row in memory.rows]
    return rows != right


def forced(metadata: TableMetadata, declared: Schema) -> TableMetadata:
    """The metadata with the declared schema, whatever it does to the rows."""
    schema = declared.model_copy(update={"schema_id": max(known.schema_id for known in metadata.schemas) + 1})
    changes = (AddSchemaUpdate(schema=schema), SetCurrentSchemaUpdate.model_validate({"schema-id": -1}))
    return update_table_metadata(metadata, changes)
