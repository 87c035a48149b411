"""`lakehouse plan` on a deployed stack: silent right after the deploy, and exact about all that is changed then."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.update import AssertTableUUID, SetLocationUpdate, TableUpdate
from pyiceberg.transforms import BucketTransform, IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

from tests.planner import Edited, Planner
from tests.support import REGION
from tests.synthesized import Assembly
from tests.templates import field, order, spec


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    """The stack of dev, deployed, and plans of it."""
    assembly, folder = Assembly("dev"), tmp_path_factory.mktemp("plan")
    endpoint = assembly.endpoint(folder / "endpoint")
    try:
        assert assembly.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(assembly.name)
        yield Planner(endpoint, assembly, folder)
    finally:
        endpoint.stop()


def test_says_no_change_right_after_a_deploy(planner: Planner) -> None:
    found = planner.plan()
    assert (found.code, found.text, found.error) == (0, "no change: 20 tables are as declared\n", "")


# --- what somebody changes who does not deploy

Act = Callable[[Planner, str, str], None]


def on_table(change: Callable[[Table], Any]) -> Act:
    """A commit of pyiceberg."""
    return lambda planner, database, name: change(planner.catalog.load_table((database, name)))


def schema(change: Callable[[Any], Any]) -> Act:
    """A commit of another schema, incompatible ones too."""

    def commit(table: Table) -> None:
        with table.update_schema(allow_incompatible_changes=True) as update:
            change(update)

    return on_table(commit)


def partition(change: Callable[[Any], Any]) -> Act:
    """A commit of another partition spec."""

    def commit(table: Table) -> None:
        with table.update_spec() as update:
            change(update)

    return on_table(commit)


def sorted_by_name(table: Table) -> None:
    """Sorted anew."""
    with table.update_sort_order() as update:
        update.desc("name", IdentityTransform())


def properties(values: dict[str, str]) -> Act:
    """Properties set."""

    def commit(table: Table) -> None:
        with table.transaction() as transaction:
            transaction.set_properties(
                {name.replace("__", ".").replace("_", "-"): value for name, value in values.items()}
            )

    return on_table(commit)


def optimizer(**configuration: Any) -> Act:
    """Compaction set up in another way."""

    def update(planner: Planner, database: str, name: str) -> None:
        glue = planner.endpoint.client("glue")
        key = {"CatalogId": planner.assembly.account, "DatabaseName": database, "TableName": name, "Type": "compaction"}
        role = glue.get_table_optimizer(**key)["TableOptimizer"]["configuration"]["roleArn"]
        glue.update_table_optimizer(**key, TableOptimizerConfiguration={"roleArn": role, **configuration})

    return update


def moved(planner: Planner, database: str, name: str) -> None:
    """The location, by a bare commit: no engine does it by accident."""
    table = planner.catalog.load_table((database, name))
    updates: tuple[TableUpdate, ...] = (SetLocationUpdate(location=f"{table.location()}_old"),)
    planner.catalog.commit_table(table, (AssertTableUUID(uuid=table.metadata.table_uuid),), updates)


def deleted(planner: Planner, database: str, name: str) -> None:
    planner.endpoint.client("glue").delete_table(DatabaseName=database, Name=name)


def made_by_hand(planner: Planner, database: str, name: str) -> None:
    """The name belongs to a table of Hive."""
    deleted(planner, database, name)
    storage = {"Location": "s3://somewhere/else", "Columns": [{"Name": "carrier", "Type": "string"}]}
    table = {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
    planner.endpoint.client("glue").create_table(DatabaseName=database, TableInput=table)


def without_metadata(planner: Planner, database: str, name: str) -> None:
    """The catalog points to a file that is not there."""
    glue = planner.endpoint.client("glue")
    table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    gone = {**table["Parameters"], "metadata_location": "s3://somewhere/else/metadata/00009-x.metadata.json"}
    kept = {"Name": name, "TableType": table["TableType"], "StorageDescriptor": table["StorageDescriptor"]}
    glue.update_table(DatabaseName=database, TableInput={**kept, "Parameters": gone})


DRIFTS: dict[str, tuple[str, Act, str]] = {
    "a column added": (
        "silver.airlines",
        schema(lambda update: update.add_column("note", StringType())),
        "column note added outside: string (id 8)",
    ),
    "a column dropped": (
        "silver.flights",
        schema(lambda update: update.delete_column("tailnum")),
        "column tailnum dropped outside (id 12)",
    ),
    "a column renamed": (
        "silver.planes",
        schema(lambda update: update.rename_column("speed", "cruising_speed")),
        "column speed renamed outside: cruising_speed (id 8)",
    ),
    "a type widened": (
        "silver.flights",
        schema(lambda update: update.update_column("distance", field_type=LongType())),
        "column distance changed outside: long, deployed as int",
    ),
    "a column made optional": (
        "silver.weather",
        schema(lambda update: update.make_column_optional("visib")),
        "column visib changed outside: optional, deployed as required",
    ),
    "a column moved": (
        "silver.airports",
        schema(lambda update: update.move_first("alt")),
        "column alt moved outside: first, deployed after lon",
    ),
    "a nested field added": (
        "bronze.flights__dlq",
        schema(lambda update: update.add_column(("_reasons", "severity"), StringType())),
        "column _reasons.element.severity added outside: string (id 16)",
    ),
    "a partition field added": (
        "silver.airports",
        partition(lambda update: update.add_field("faa", BucketTransform(4), "faa_bucket")),
        "partition field faa_bucket added outside: bucket[4] of faa (id 1000)",
    ),
    "a partition field dropped": (
        "silver.weather",
        partition(lambda update: update.remove_field("time_hour_month")),
        "partition field time_hour_month dropped outside (id 1000)",
    ),
    "another sort order": (
        "silver.airlines",
        on_table(sorted_by_name),
        "sort order changed outside: name desc nulls-last, deployed as carrier asc nulls-first",
    ),
    "other identifier columns": (
        "silver.airlines",
        schema(lambda update: update.set_identifier_fields("carrier", "name")),
        "identifier columns changed outside: carrier, name, deployed as carrier",
    ),
    "a property": (
        "silver.airlines",
        properties({"commit.retry.num-retries": "2"}),
        "property commit.retry.num-retries changed outside: 2, deployed as 10",
    ),
    "the comment": ("silver.airlines", properties({"comment": "mine"}), "comment changed outside: mine, deployed as "),
    "an optimizer off": (
        "silver.airlines",
        optimizer(enabled=False, compactionConfiguration={"icebergConfiguration": {"strategy": "binpack"}}),
        "optimizer compaction changed outside: off, deployed as on",
    ),
    "an optimizer that works otherwise": (
        "silver.airlines",
        optimizer(enabled=True, compactionConfiguration={"icebergConfiguration": {"strategy": "sort"}}),
        "optimizer compaction strategy changed outside: sort, deployed as binpack",
    ),
    "the location": ("silver.airlines", moved, "location changed outside: s3://"),
    "the table deleted": ("silver.airlines", deleted, "the table is gone"),
    "a table of Hive instead": ("silver.airlines", made_by_hand, "it is no Iceberg table but EXTERNAL_TABLE"),
    "no metadata": ("silver.airlines", without_metadata, "its metadata file s3://somewhere/else/metadata/"),
}


@pytest.mark.parametrize(("table", "act", "words"), DRIFTS.values(), ids=DRIFTS)
def test_finds_what_was_changed_outside(planner: Planner, table: str, act: Act, words: str) -> None:
    with planner.restored(table) as (database, name):
        act(planner, database, name)
        found = planner.plan()
    assert found.line(table).startswith(f"{table} drifted {words}")
    assert found.text.endswith("1 drifted, 19 as declared; no column would be dropped\n")
    assert found.code == 3


# --- what a deploy would do


def evolved(edited: Edited) -> None:
    """Every kind of change that Iceberg takes, each at a table of its own."""
    edited.columns("silver.airlines").append(field(8, "alliance", "string"))
    edited.column("silver.flights", "dep_delay")["Name"] = "departure_delay"
    edited.column("silver.flights", "distance")["Type"] = "long"
    planes = edited.columns("silver.planes")
    planes.remove(edited.column("silver.planes", "speed"))
    edited.column("silver.planes", "engines")["Required"] = False
    airports = edited.columns("silver.airports")
    airports.insert(0, airports.pop(4))
    edited.table("silver.weather")["PartitionSpec"] = spec((1001, 15, "day", "time_hour_day"))
    events = edited.table("silver.flight_events")
    events["WriteOrder"] = order((4, "asc", "nulls-first"), (5, "desc", "nulls-last"))
    events["Schema"]["IdentifierFieldIds"] = [1, 4, 5, 6]
    hourly = edited.table("silver.departures_hourly")["Properties"]
    hourly.update({"comment": "another", "commit.retry.num-retries": "20", "write.distribution-mode": "hash"})
    del hourly["write.target-file-size-bytes"]
    reasons = edited.column("bronze.flights__dlq", "_reasons")
    kind = json.loads(reasons["Type"])
    kind["element"]["fields"].append({"id": 16, "name": "severity", "required": False, "type": "int"})
    reasons["Type"] = json.dumps(kind)
    edited.column("bronze.airlines", "name")["Doc"] = "The full name"
    edited.copy("silver.airlines", "alliances")
    edited.drop("bronze.planes")


def test_says_what_a_deploy_would_do(planner: Planner) -> None:
    found = planner.plan(assembly=planner.edited("evolved", evolved))
    assert found.code == 2
    lines = [" ".join(line.split()) for line in found.text.splitlines()]
    templates = [planner.assembly.root, *planner.assembly.nested.values()]
    comment = f"{Edited(templates).table('silver.departures_hourly')['Properties']['comment'][:59]}…"
    assert lines == [
        "bronze.airlines evolve ~ doc of name Full name of the airline → The full name",
        "bronze.flights__dlq evolve + column _reasons.element.severity int (id 16)",
        "bronze.planes release leaves the stack; the table and its files stay",
        "silver.airlines evolve + column alliance string (id 8)",
        "silver.airports evolve ~ move alt first",
        "silver.alliances create",
        f"silver.departures_hourly evolve ~ comment {comment} → another"
        " ~ property commit.retry.num-retries 10 → 20 + property write.distribution-mode = hash"
        " - property write.target-file-size-bytes (was 536870912)",
        "silver.flight_events evolve"
        " ~ sort order time_hour asc nulls-first, carrier asc nulls-first"
        " → time_hour asc nulls-first, carrier desc nulls-last"
        " ~ identifier columns event_type, time_hour, carrier, flight, origin → event_type, time_hour, carrier, flight",
        "silver.flights evolve ~ rename dep_delay → departure_delay (id 6 kept)"
        " ~ widen distance int → long (id 16 kept)",
        "silver.planes evolve ~ column engines becomes optional - column speed (id 8 retired)",
        "silver.weather evolve + partition field time_hour_day, day of time_hour (id 1001)"
        " - partition field time_hour_month (id 1000 retired)",
        "1 to create, 9 to evolve, 1 to release, 10 as declared; 1 column would be dropped",
    ]


def illegal(edited: Edited) -> None:
    """Every kind of change that Iceberg, Glue or CloudFormation refuses, each at a table of its own."""
    edited.columns("bronze.airlines").append(field(3, "again", "string"))
    edited.column("silver.departures_hourly", "departures")["Type"] = "int"
    edited.columns("silver.airlines").append(field(8, "note", "string", required=True))
    edited.column("silver.planes", "_source")["Required"] = True
    edited.table("bronze.planes")["Location"] = "s3://another/reference/planes"
    edited.input("bronze.airports")["Version"] = "3"
    edited.columns("silver.weather").remove(edited.column("silver.weather", "time_hour"))
    edited.table("bronze.weather")["PartitionSpec"] = spec((1000, 1, "identity", "origin"))
    edited.rename("silver.flights", "Elsewhere")


def two_changes_of_kafka(edited: Edited) -> None:
    """A version and a level of monitoring, of which MSK takes one."""
    for template in edited.templates:
        for body in template["Resources"].values():
            if body["Type"] == "AWS::MSK::Cluster":
                body["Properties"].update(KafkaVersion="4.0.x.kraft", EnhancedMonitoring="PER_BROKER")


def test_tells_of_two_changes_of_kafka_of_which_one_would_be_refused(planner: Planner) -> None:
    found = planner.plan(assembly=planner.edited("kafka", two_changes_of_kafka))
    (line,) = (line for line in found.text.splitlines() if "refused" in line)
    assert line.startswith("Lakehouse-dev/Kafka")
    assert line.endswith("deploy them one by one, in this order: version, monitoring and logs")
    assert found.code == 3


def test_refuses_what_iceberg_or_glue_would(planner: Planner) -> None:
    found = planner.plan(assembly=planner.edited("illegal", illegal))
    refused = {
        "bronze.airlines": "'….again.id' must be an id that no other column has, got \"3, which is updated_at's\"; ",
        "silver.departures_hourly": "'….departures' must be long or wider, got \"int\"; set it back, or add a column",
        "silver.airlines": "'….note' must be optional when added to a table that exists, got \"string, required\"; ",
        "silver.planes": "'…._source' must be optional as it was, got \"required\"; make it optional again",
        "bronze.planes": "'….location' must be s3://",
        "bronze.airports": "'….formatVersion' must be 2, got \"3\"; set it back, Glue cannot change it after creation",
        "silver.weather": "'….partition fields' must be made of columns of the table, got \"time_hour\"; ",
        "bronze.weather": "'….origin.id' must be an id that no other partition field has or had, got \"1000, which is ",
        "silver.flights": "'…' must be declared at Lakehouse-dev/",
    }
    for table, words in refused.items():
        assert found.line(table).startswith(f"{table} illegal {words.replace('…', table)}")
    assert f"{len(refused)} illegal, {20 - len(refused)} as declared" in found.text
    assert found.code == 3


def test_refuses_an_id_that_a_column_had_which_is_gone(planner: Planner) -> None:
    """The template alone does not show it: the table's own history does."""
    with planner.restored("silver.airlines") as (database, name):
        schema(lambda update: update.add_column("note", StringType()))(planner, database, name)
        schema(lambda update: update.delete_column("note"))(planner, database, name)
        edit = planner.edited("gone", lambda edited: edited.columns("silver.airlines").append(field(8, "x", "int")))
        found = planner.plan(assembly=edit)
    words = "'silver.airlines.x.id' must be an id that no column has or had, got \"8, which is note's\"; take the next"
    assert found.line("silver.airlines").startswith(f"silver.airlines illegal {words}")
    assert found.code == 3


# --- tables that no stack made


def made(planner: Planner, database: str, name: str, location: str) -> None:
    """A table by pyiceberg, which has had a column that is gone."""
    columns = [NestedField(1, "code", StringType(), required=True), NestedField(2, "old", LongType(), required=False)]
    fields = Schema(*columns, identifier_field_ids=[1])
    table = planner.catalog.create_table((database, name), fields, location=location, properties={"comment": "Codes"})
    with table.update_schema() as update:
        update.delete_column("old").add_column("title", StringType(), "What it means")


def test_leaves_tables_alone_that_no_template_knows(planner: Planner) -> None:
    made(planner, "lakehouse_dev_gold", "codes", "s3://test-assets/codes")
    found = planner.plan()
    planner.catalog.drop_table(("lakehouse_dev_gold", "codes"))
    assert found.text == ("1 of no template, left alone: gold.codes\nno change: 20 tables are as declared\n")
    assert found.code == 0


def test_refuses_to_make_a_table_that_somebody_made_and_names_the_way(planner: Planner) -> None:
    made(planner, "lakehouse_dev_silver", "codes", "s3://test-assets/codes")
    edit = planner.edited("made", lambda edited: edited.copy("silver.airlines", "codes"))
    found = planner.plan(assembly=edit)
    planner.catalog.drop_table(("lakehouse_dev_silver", "codes"))
    assert found.line("silver.codes").startswith(
        "silver.codes illegal 'silver.codes' must be a name that no table has, got \"one that was made by hand\"; "
        "write its contract with 'npx lakehouse adopt lakehouse_dev_silver.codes', or give the new one another name"
    )
    assert found.code == 3


def test_adopts_a_table_once(planner: Planner) -> None:
    made(planner, "lakehouse_dev_silver", "codes", "s3://test-assets/shop/codes")
    adopt = ["adopt", "lakehouse_dev_silver.codes", "--zone", "silver", "--endpoint", planner.endpoint.url]
    first, second = planner.run(*adopt, "--region", REGION), planner.run(*adopt, "--region", REGION)
    planner.catalog.drop_table(("lakehouse_dev_silver", "codes"))
    assert (first.code, first.error) == (0, "")
    assert first.text.startswith("✓ contracts/silver/codes.yaml written")
    lock = json.loads((planner.folder / "contracts" / "schema.lock.json").read_text())
    assert lock["tables"]["silver.codes"]["columns"] == [
        {"id": 1, "name": "code", "type": "string", "required": True, "key": True},
        {"id": 2, "name": "old", "type": "long", "retired": True},
        {"id": 3, "name": "title", "type": "string"},
    ]
    assert second.code == 1
    assert second.error.startswith("✗ 'contract' must be not there yet, got \"contracts/silver/codes.yaml\"; edit it")


def test_says_what_it_says_to_programs_too(planner: Planner) -> None:
    found = planner.plan("--json")
    assert found.code == 0
    assert found.json["counts"] == {"no change": 20}
    assert {table["status"] for table in found.json["tables"]} == {"no change"}
