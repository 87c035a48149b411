"""Stacks on the endpoint: create, read back, update, fail and roll back, delete."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import Table
from pyiceberg.table.update import SetPropertiesUpdate

from emulator import aws
from emulator.iceberg.catalog import EndpointCatalog
from readback.report import read_back
from tests.everything import everything
from tests.support import REGION, Endpoint
from tests.templates import Template, bucket_and_database, field, iceberg_table, ref, spec


def table_of(endpoint: Endpoint, database: str, name: str) -> Table:
    """A table as any Iceberg client sees it."""
    catalog = GlueCatalog(
        "tests",
        client=endpoint.client("glue"),
        **{
            "s3.endpoint": endpoint.url,
            "s3.access-key-id": "test",
            "s3.secret-access-key": "test",
            "s3.region": REGION,
        },
    )
    return catalog.load_table((database, name))


def lake(fields: list[Template], **parts: Any) -> Template:
    """A bucket, a database and the table `events`."""
    table = iceberg_table(ref("Database"), "events", {"Fn::Sub": "s3://${Lake}/events"}, fields, **parts)
    return {"Resources": {**bucket_and_database(), "Events": table}}


def _physical_id(endpoint: Endpoint, logical_id: str) -> str:
    resource = endpoint.client("cloudformation").describe_stack_resource(StackName="own", LogicalResourceId=logical_id)
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])


def _empty(endpoint: Endpoint, bucket: str) -> None:
    """Delete every version, as a bucket must be empty to be deleted."""
    s3 = endpoint.client("s3")
    listed = s3.list_object_versions(Bucket=bucket)
    for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])


COLUMNS = [field(1, "id", "int", required=True), field(2, "word", "string")]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint of the test's own: the template of every type uses fixed names."""
    running = Endpoint(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def evolved(endpoint: Endpoint) -> Any:
    """The stack `lake` with rows in its table; gone afterwards."""
    assert endpoint.deploy("lake", lake(COLUMNS)) == "CREATE_COMPLETE", endpoint.why("lake")
    table = table_of(endpoint, "silver", "events")
    rows = pa.Table.from_pylist([{"id": 1, "word": "a"}, {"id": 2, "word": "b"}], schema=table.schema().as_arrow())
    table.append(rows)
    yield endpoint
    s3 = endpoint.client("s3")
    for item in s3.list_objects_v2(Bucket="lake-of-tests").get("Contents", []):
        s3.delete_object(Bucket="lake-of-tests", Key=item["Key"])
    endpoint.destroy("lake")


def test_every_type_reads_back_and_is_deleted(fresh: Endpoint) -> None:
    template = everything(fresh)
    assert fresh.deploy("own", template) == "CREATE_COMPLETE", fresh.why("own")
    report = read_back(fresh.url, "own", REGION)
    assert report.mismatches == []
    # the nested stack's own resource is the one more
    assert report.resources == len(template["Resources"]) + 1
    assert [item["type"] for item in report.recorded] == ["AWS::LakeFormation::Tag"]
    for bucket in ("lake-of-tests", _physical_id(fresh, "Files")):
        _empty(fresh, bucket)
    assert fresh.destroy("own") == "DELETE_COMPLETE", fresh.why("own")
    assert fresh.client("emr").list_clusters(ClusterStates=["RUNNING", "WAITING"])["Clusters"] == []


CHANGES: tuple[tuple[str, Any], ...] = (
    ("Bucket.Tags", [{"Key": "other", "Value": "x"}]),
    ("Failures.Threshold", 3),
    ("Failures.Tags", []),
    ("Dashboard.Tags", [{"Key": "new", "Value": "y"}]),
    ("Cluster.StepConcurrencyLevel", 1),
    ("Cluster.ManagedScalingPolicy.ComputeLimits.MaximumCapacityUnits", 12),
    ("Nat.Tags", [{"Key": "part", "Value": "other"}]),
    ("In.ToPort", 9500),
    ("Optimizer.TableOptimizerConfiguration.Enabled", False),
    ("Compaction.TableOptimizerConfiguration.Enabled", True),
    ("Flow.TrafficType", "ALL"),
    ("Child.Parameters.Word", "again"),
    ("Machine.LoggingConfiguration.Level", "ALL"),
    ("Machine.Tags", [{"Key": "other", "Value": "x"}]),
    ("Small.StateMachineType", "STANDARD"),
    ("Application.MaximumCapacity.Cpu", "64vCPU"),
    ("Function.Timeout", 60),
    ("Layer.Description", "another version"),
    ("Permission.Principal", "s3.amazonaws.com"),
    ("Schedule.State", "DISABLED"),
    ("Scheduled.ScheduleExpression", "rate(2 hours)"),
    ("Scheduled.Targets.0.Input", '{"a":2}'),
    ("Storm.ActionsSuppressorWaitPeriod", 90),
    ("Ratio.Metrics.0.Expression", "100 * a / (a + b)"),
    ("Percentile.ExtendedStatistic", "p90"),
    ("Queue.VisibilityTimeout", 60),
    ("QueuePolicy.PolicyDocument.Statement.0.Action", "sqs:*"),
    ("DeadLetters.MessageRetentionPeriod", 60),
    ("Redriven.RedrivePolicy.maxReceiveCount", 5),
    ("Mail.FilterPolicy", {"level": ["warning"]}),
    ("Logs.RetentionInDays", 60),
    ("Rare.RetentionInDays", 30),
    ("Large.Value", "a,b,c"),
    ("Tiered.Description", "told later"),
    ("NamedQuery.QueryString", "SELECT 1"),
    *((f"{name}.PolicyDocument.Statement.0.Action", "s3:ListBucket") for name in ("Gateway", "Interface", "Policy")),
    ("Readers.PolicyDocument.Statement.0.Action", "s3:ListBucket"),
)
DROPPED = (
    *("Bucket.LifecycleConfiguration", "Bucket.LoggingConfiguration", "Topic.KmsMasterKeyId"),
    *("Role.PermissionsBoundary", "Machine.TracingConfiguration", "Function.ReservedConcurrentExecutions"),
    "Function.DeadLetterConfig",
)


def parent_of(template: Template, path: str) -> tuple[Any, Any]:
    """Where in a template a property is, and its name or position there."""
    logical_id, *parts = path.split(".")
    value: Any = template["Resources"][logical_id]["Properties"]
    for part in parts[:-1]:
        value = value[int(part) if part.isdigit() else part]
    return value, int(parts[-1]) if parts[-1].isdigit() else parts[-1]


def test_an_update_changes_every_type_in_place_or_replaces_it(fresh: Endpoint) -> None:
    template = everything(fresh)
    assert fresh.deploy("own", template) == "CREATE_COMPLETE", fresh.why("own")
    clusters = fresh.client("emr").list_clusters(ClusterStates=["RUNNING", "WAITING"])["Clusters"]
    changed = copy.deepcopy(template)
    for path, value in CHANGES:
        where, name = parent_of(changed, path)
        where[name] = value
    for path in DROPPED:
        where, name = parent_of(changed, path)
        del where[name]
    assert fresh.deploy("own", changed) == "UPDATE_COMPLETE", fresh.why("own")
    assert read_back(fresh.url, "own", REGION).mismatches == []
    kept = fresh.client("emr").list_clusters(ClusterStates=["RUNNING", "WAITING"])["Clusters"]
    assert [item["Id"] for item in kept] == [item["Id"] for item in clusters]
    live = fresh.client("lambda").get_function(FunctionName="tests")
    assert "Concurrency" not in live
    assert not live["Configuration"].get("DeadLetterConfig", {}).get("TargetArn")
    machines = fresh.client("stepfunctions").list_state_machines()["stateMachines"]
    [arn] = [machine["stateMachineArn"] for machine in machines if machine["name"] == "tests"]
    tracing = fresh.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["tracingConfiguration"]
    assert tracing == {"enabled": False}


def test_a_bucket_that_holds_anything_is_not_deleted(endpoint: Endpoint) -> None:
    template = {"Resources": {"Full": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-of-tests"}}}}
    endpoint.deploy("full", template)
    endpoint.client("s3").put_object(Bucket="full-of-tests", Key="k", Body=b"kept")
    assert endpoint.destroy("full") == "DELETE_FAILED"
    assert "409 BucketNotEmpty" in endpoint.why("full")
    assert endpoint.client("s3").get_object(Bucket="full-of-tests", Key="k")["Body"].read() == b"kept"
    endpoint.client("s3").delete_object(Bucket="full-of-tests", Key="k")
    assert endpoint.destroy("full") == "DELETE_COMPLETE"


def test_a_table_is_made_with_exactly_the_declared_ids(endpoint: Endpoint) -> None:
    struct = {
        "type": "struct",
        "fields": [
            {"id": 31, "name": "code", "type": "string", "required": True},
            {
                "id": 30,
                "name": "codes",
                "required": False,
                "type": {
                    "type": "map",
                    "key-id": 40,
                    "key": "string",
                    "value-id": 41,
                    "value": "long",
                    "value-required": False,
                },
            },
        ],
    }
    template = lake(
        [field(7, "id", "long", required=True), field(3, "at", "timestamptz"), field(12, "part", struct)],
        IdentifierFieldIds=[7],
        PartitionSpec=spec((1004, 3, "day", "at_day")),
    )
    template["Resources"]["Lake"]["Properties"]["BucketName"] = "ids-of-tests"
    template["Resources"]["Database"]["Properties"]["DatabaseInput"]["Name"] = "ids"
    assert endpoint.deploy("ids", template) == "CREATE_COMPLETE", endpoint.why("ids")
    metadata = table_of(endpoint, "ids", "events").metadata
    assert [f.field_id for f in metadata.schema().fields] == [7, 3, 12]
    assert metadata.last_column_id == 41
    assert metadata.schema().find_field("part.codes.value").field_id == 41
    assert metadata.spec().fields[0].field_id == 1004
    assert metadata.last_partition_id == 1004


def test_an_update_adds_renames_and_widens_with_the_rows_kept(evolved: Endpoint) -> None:
    fields = [field(1, "id", "long", required=True), field(2, "term", "string", doc="said"), field(3, "more", "date")]
    template = lake(fields, PartitionSpec=spec((1000, 1, "bucket[4]", "id_bucket")))
    assert evolved.deploy("lake", template) == "UPDATE_COMPLETE", evolved.why("lake")
    assert read_back(evolved.url, "lake", REGION).mismatches == []
    rows = table_of(evolved, "silver", "events").scan().to_arrow().sort_by("id").to_pylist()
    assert rows == [{"id": 1, "term": "a", "more": None}, {"id": 2, "term": "b", "more": None}]


def test_a_change_of_a_table_that_a_job_overtakes_is_made_on_what_the_job_wrote(
    evolved: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_PORT", str(evolved.port))
    monkeypatch.setattr(aws, "region", lambda: REGION)
    write, overtaken = GlueCatalog._write_metadata, list[bool]()

    def write_and_be_overtaken(**arguments: Any) -> None:
        write(**arguments)
        if not overtaken:
            overtaken.append(True)
            with table_of(evolved, "silver", "events").transaction() as job:
                job.set_properties({"by": "job"})

    monkeypatch.setattr(GlueCatalog, "_write_metadata", staticmethod(write_and_be_overtaken))
    EndpointCatalog().evolve("silver", "events", lambda _: (SetPropertiesUpdate(updates={"changed": "deploy"}),))

    properties = table_of(evolved, "silver", "events").properties
    assert (properties["by"], properties["changed"]) == ("job", "deploy")


def test_a_failed_update_rolls_back_with_the_table_as_it_was(evolved: Endpoint) -> None:
    before = table_of(evolved, "silver", "events")
    fields = [field(1, "id", "long", required=True), field(2, "term", "string"), field(3, "more", "date")]
    bad = lake(fields)
    bad["Resources"]["Wrong"] = {
        "Type": "AWS::EC2::NatGateway",
        "DependsOn": "Events",
        "Properties": {"SubnetId": "subnet-none", "X": 1},
    }
    bad["Resources"]["Wrong"]["Properties"] = {"AllocationId": "eipalloc-none"}
    assert evolved.deploy("lake", bad) == "UPDATE_ROLLBACK_COMPLETE"
    assert read_back(evolved.url, "lake", REGION).mismatches == []
    after = table_of(evolved, "silver", "events")
    assert after.schema() == before.schema()
    assert after.scan().to_arrow().sort_by("id").to_pylist() == [{"id": 1, "word": "a"}, {"id": 2, "word": "b"}]
    good = lake(fields)
    assert evolved.deploy("lake", good) == "UPDATE_COMPLETE", evolved.why("lake")
    assert read_back(evolved.url, "lake", REGION).mismatches == []


def test_a_refused_change_in_a_nested_stack_rolls_the_whole_stack_back(endpoint: Endpoint) -> None:
    def child(columns: list[Template]) -> bytes:
        table = iceberg_table("nested", "t", "s3://nested-of-tests/t", columns)
        return json.dumps({"Resources": {"T": table}}).encode()

    def parent(name: str, columns: list[Template]) -> Template:
        resources = bucket_and_database()
        resources["Lake"]["Properties"]["BucketName"] = "nested-of-tests"
        resources["Database"]["Properties"]["DatabaseInput"]["Name"] = "nested"
        url = endpoint.upload(f"{name}.json", child(columns))
        nested = {"Type": "AWS::CloudFormation::Stack", "DependsOn": ["Lake", "Database"], "Properties": {}}
        nested["Properties"] = {"TemplateURL": url}
        return {"Resources": {**resources, "Nested": nested}}

    assert endpoint.deploy("parent", parent("good", COLUMNS)) == "CREATE_COMPLETE", endpoint.why("parent")
    narrowed = [field(1, "id", "string", required=True), field(2, "word", "string")]
    assert endpoint.deploy("parent", parent("bad", narrowed)) == "UPDATE_ROLLBACK_COMPLETE"
    assert read_back(endpoint.url, "parent", REGION).mismatches == []
    assert str(table_of(endpoint, "nested", "t").schema().find_type("id")) == "int"


def test_an_unknown_type_is_refused_and_a_known_one_recorded(endpoint: Endpoint) -> None:
    unknown = {"Resources": {"X": {"Type": "AWS::Nowhere::Thing"}}}
    with pytest.raises(Exception, match="Unrecognized resource types"):
        endpoint.deploy("unknown", unknown)
    role = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["App", "Arn"]}}}
    known = {"Resources": {"App": {"Type": "AWS::EMRContainers::VirtualCluster", "Properties": {}}, "Told": role}}
    assert endpoint.deploy("known", known) == "CREATE_COMPLETE", endpoint.why("known")
    recorded = endpoint.get("/_lakehouse/recorded")["recorded"]
    mine = [item for item in recorded if item["stack"] == "known"]
    assert [(item["logicalId"], item["type"]) for item in mine] == [("App", "AWS::EMRContainers::VirtualCluster")]
    assert read_back(endpoint.url, "known", REGION).mismatches == []
