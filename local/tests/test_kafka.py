"""Clusters, configurations and topics of MSK: made, changed, refused and taken away through the endpoint's own API."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from readback.report import read_back
from tests.kafka_resources import alone, configs, express, topic, volumes_that_grow
from tests.support import REGION, Endpoint
from tests.templates import Template

SUBNETS = {"ClientSubnets": ["subnet-1", "subnet-2"]}
SMALL = {**SUBNETS, "InstanceType": "kafka.t3.small"}
EXPRESS = {**SUBNETS, "InstanceType": "express.m7g.large"}
VOLUMES = {"EBSStorageInfo": {"VolumeSize": 100}}
PUBLIC = {
    **SUBNETS,
    "InstanceType": "kafka.m7g.large",
    "ConnectivityInfo": {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}},
}


@pytest.fixture
def stack(endpoint: Endpoint) -> Iterator[Template]:
    """The template of a stack that is deployed."""
    template = alone()
    assert endpoint.deploy("kafka", template) == "CREATE_COMPLETE", endpoint.why("kafka")
    try:
        yield copy.deepcopy(template)
    finally:
        endpoint.destroy("kafka")
        assert endpoint.client("kafka").list_clusters_v2()["ClusterInfoList"] == []
        assert endpoint.client("kafka").list_configurations()["Configurations"] == []


def cluster_of(endpoint: Endpoint) -> Any:
    return endpoint.client("kafka").list_clusters_v2()["ClusterInfoList"][0]


def topic_of(endpoint: Endpoint, name: str = "departures") -> Any:
    return endpoint.client("kafka").describe_topic(ClusterArn=cluster_of(endpoint)["ClusterArn"], TopicName=name)


def policies_of(endpoint: Endpoint) -> Any:
    """The only scaling policy of Kafka, or nothing."""
    scaling = endpoint.client("application-autoscaling")
    return next(iter(scaling.describe_scaling_policies(ServiceNamespace="kafka")["ScalingPolicies"]), None)


def change(template: Template, resource: str, **properties: Any) -> None:
    template["Resources"][resource]["Properties"].update(properties)


def test_a_stack_is_read_back_whole(endpoint: Endpoint, stack: Template) -> None:
    report = read_back(endpoint.url, "kafka", REGION)
    assert (report.resources, report.mismatches, report.recorded) == (3, [], [])


def test_the_older_description_says_the_same(endpoint: Endpoint, stack: Template) -> None:
    arn = cluster_of(endpoint)["ClusterArn"]
    older = endpoint.client("kafka").describe_cluster(ClusterArn=arn)["ClusterInfo"]
    assert older["NumberOfBrokerNodes"] == 4
    assert older["CurrentBrokerSoftwareInfo"]["KafkaVersion"] == "3.9.x.kraft"


def test_brokers_that_are_not_there_cannot_be_reached_by_mistake(endpoint: Endpoint, stack: Template) -> None:
    told = endpoint.client("kafka").get_bootstrap_brokers(ClusterArn=cluster_of(endpoint)["ClusterArn"])
    assert told["BootstrapBrokerStringSaslIam"] == "b-1.tests.kafka.invalid:9098"


def test_a_topic_gets_partitions_and_configs_in_place(endpoint: Endpoint, stack: Template) -> None:
    change(stack, "Departures", PartitionCount=9, Configs=configs(retention_ms="1000"))
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    live = topic_of(endpoint)
    assert (live["PartitionCount"], live["Configs"]) == (9, configs(retention_ms="1000"))
    assert read_back(endpoint.url, "kafka", REGION).mismatches == []


def test_a_topic_never_gets_fewer_partitions(endpoint: Endpoint, stack: Template) -> None:
    change(stack, "Departures", PartitionCount=3)
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Topic currently has 6 partitions, which is higher than 3" in endpoint.why("kafka")
    assert topic_of(endpoint)["PartitionCount"] == 6


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"ReplicationFactor": 5}, "Replication factor: 5 larger than available brokers: 4"),
        ({"TopicName": "departures"}, "Topic departures already exists"),
        ({"Configs": "{}"}, "Configs must be a JSON object in Base64"),
    ],
)
def test_an_impossible_topic_is_refused(endpoint: Endpoint, stack: Template, more: dict[str, Any], reason: str) -> None:
    stack["Resources"]["Another"] = topic("another", **more)
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in endpoint.why("kafka")
    names = {"departures"}
    listed = endpoint.client("kafka").list_topics(ClusterArn=cluster_of(endpoint)["ClusterArn"])["Topics"]
    assert {item["TopicName"] for item in listed} == names


def test_a_topic_that_leaves_the_stack_goes(endpoint: Endpoint, stack: Template) -> None:
    del stack["Resources"]["Departures"], stack["Outputs"]["Topic"]
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    with pytest.raises(ClientError, match="Topic departures not found"):
        topic_of(endpoint)


@pytest.mark.parametrize(
    "properties",
    [
        {"KafkaVersion": "4.0.x.kraft"},
        {"NumberOfBrokerNodes": 6},
        {"EnhancedMonitoring": "DEFAULT"},
        {"StorageMode": "TIERED"},
        {"Tags": {"Other": "tag"}},
    ],
)
def test_a_cluster_takes_one_change_in_place(endpoint: Endpoint, stack: Template, properties: dict[str, Any]) -> None:
    before = cluster_of(endpoint)
    change(stack, "Kafka", **properties)
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    assert cluster_of(endpoint)["ClusterArn"] == before["ClusterArn"]
    assert read_back(endpoint.url, "kafka", REGION).mismatches == []


def test_a_cluster_takes_larger_volumes_and_no_smaller_ones(endpoint: Endpoint, stack: Template) -> None:
    brokers = stack["Resources"]["Kafka"]["Properties"]["BrokerNodeGroupInfo"]
    brokers["StorageInfo"]["EBSStorageInfo"]["VolumeSize"] = 200
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    assert read_back(endpoint.url, "kafka", REGION).mismatches == []
    brokers["StorageInfo"]["EBSStorageInfo"]["VolumeSize"] = 150
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "can only grow" in endpoint.why("kafka")


def test_a_cluster_keeps_its_cheaper_tier_once_it_has_one(endpoint: Endpoint, stack: Template) -> None:
    change(stack, "Kafka", StorageMode="TIERED")
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    change(stack, "Kafka", StorageMode="LOCAL")
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Tiered storage cannot be turned off" in endpoint.why("kafka")


def test_older_records_of_a_topic_go_to_the_cheaper_tier_where_there_is_one(
    endpoint: Endpoint, stack: Template
) -> None:
    tiered = configs(remote_storage_enable="true", local_retention_ms="1000", retention_ms="259200000")
    change(stack, "Departures", Configs=tiered)
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Tiered storage is not enabled on the cluster" in endpoint.why("kafka")
    change(stack, "Kafka", StorageMode="TIERED")
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    assert topic_of(endpoint)["Configs"] == tiered
    change(stack, "Departures", Configs=configs(remote_storage_enable="true", cleanup_policy="compact"))
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "not supported for compacted topics" in endpoint.why("kafka")


def test_volumes_that_grew_are_not_made_smaller_by_the_next_change(endpoint: Endpoint, stack: Template) -> None:
    live = cluster_of(endpoint)
    grown = [{"KafkaBrokerNodeId": "ALL", "VolumeSizeGB": 300}]
    endpoint.client("kafka").update_broker_storage(
        ClusterArn=live["ClusterArn"], CurrentVersion=live["CurrentVersion"], TargetBrokerEBSVolumeInfo=grown
    )
    brokers = stack["Resources"]["Kafka"]["Properties"]["BrokerNodeGroupInfo"]
    brokers["StorageInfo"]["EBSStorageInfo"]["VolumeSize"] = 200
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "can only grow" in endpoint.why("kafka")
    brokers["StorageInfo"]["EBSStorageInfo"]["VolumeSize"] = 300
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")


def test_volumes_may_grow_and_what_lets_them_is_changed_in_place(endpoint: Endpoint, stack: Template) -> None:
    stack["Resources"].update(volumes_that_grow())
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    change(stack, "StorageTarget", MaxCapacity=1000, Tags=[{"Key": "Other", "Value": "tag"}])
    stack["Resources"]["StorageGrowth"]["Properties"]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] = 50
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    report = read_back(endpoint.url, "kafka", REGION)
    assert (report.resources, report.mismatches, report.recorded) == (5, [], [])
    assert policies_of(endpoint)["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50
    del stack["Resources"]["StorageTarget"], stack["Resources"]["StorageGrowth"]
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    assert policies_of(endpoint) is None


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"MaxCapacity": 20_000}, "A volume has 16384 GiB at most"),
        ({"MinCapacity": 600}, "Minimum capacity 600 must be at most the maximum, 500"),
        ({"ResourceId": "arn:aws:kafka:us-east-1:000000000000:cluster/none/1"}, "has no volumes that can grow"),
    ],
)
def test_growth_that_cannot_be_is_refused(
    endpoint: Endpoint, stack: Template, properties: dict[str, Any], reason: str
) -> None:
    stack["Resources"].update(volumes_that_grow())
    change(stack, "StorageTarget", **properties)
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in endpoint.why("kafka")


def test_express_brokers_are_read_back_whole_and_stay_express(endpoint: Endpoint) -> None:
    template: Template = {"Resources": express()}
    try:
        assert endpoint.deploy("express", template) == "CREATE_COMPLETE", endpoint.why("express")
        change(template, "Express", Rebalancing={"Status": "ACTIVE"})
        assert endpoint.deploy("express", template) == "UPDATE_COMPLETE", endpoint.why("express")
        assert read_back(endpoint.url, "express", REGION).mismatches == []
        template["Resources"]["Express"]["Properties"]["BrokerNodeGroupInfo"]["InstanceType"] = "kafka.m7g.large"
        assert endpoint.deploy("express", template) == "UPDATE_ROLLBACK_COMPLETE"
        assert "cannot become kafka.m7g.large" in endpoint.why("express")
    finally:
        endpoint.destroy("express")


def test_a_cluster_refuses_two_changes_at_once(endpoint: Endpoint, stack: Template) -> None:
    change(stack, "Kafka", KafkaVersion="4.0.x.kraft", NumberOfBrokerNodes=6)
    assert endpoint.deploy("kafka", stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "must be changed in one way at a time" in endpoint.why("kafka")
    assert cluster_of(endpoint)["Provisioned"]["NumberOfBrokerNodes"] == 4


def test_a_cluster_moves_to_another_configuration_and_the_old_one_goes(endpoint: Endpoint, stack: Template) -> None:
    change(stack, "Properties", Name="tests-2", ServerProperties="num.partitions=3\n")
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    listed = endpoint.client("kafka").list_configurations()["Configurations"]
    assert [item["Name"] for item in listed] == ["tests-2"]
    assert read_back(endpoint.url, "kafka", REGION).mismatches == []


def test_a_configuration_gets_another_revision_in_place(endpoint: Endpoint, stack: Template) -> None:
    change(stack, "Properties", ServerProperties="num.partitions=3\n")
    assert endpoint.deploy("kafka", stack) == "UPDATE_COMPLETE", endpoint.why("kafka")
    software = cluster_of(endpoint)["Provisioned"]["CurrentBrokerSoftwareInfo"]
    assert software["ConfigurationRevision"] == 2
    assert read_back(endpoint.url, "kafka", REGION).mismatches == []


def test_a_configuration_in_use_is_not_deleted(endpoint: Endpoint, stack: Template) -> None:
    kafka = endpoint.client("kafka")
    arn = kafka.list_configurations()["Configurations"][0]["Arn"]
    with pytest.raises(ClientError, match="is in use by one or more clusters: tests"):
        kafka.delete_configuration(Arn=arn)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"NumberOfBrokerNodes": 3}, "must be a multiple of the number of subnets"),
        ({"ClusterName": "1"}, "clusterName must match"),
        ({"BrokerNodeGroupInfo": SMALL}, "kafka.t3.small is not supported for KRaft"),
        ({"BrokerNodeGroupInfo": {**EXPRESS, "StorageInfo": VOLUMES}}, "Storage cannot be chosen"),
        ({"BrokerNodeGroupInfo": EXPRESS}, "Brokers of type express.m7g.large need 3 subnets"),
        ({"Rebalancing": {"Status": "ACTIVE"}}, "Rebalancing is not supported"),
        ({"BrokerNodeGroupInfo": PUBLIC}, "can be turned on after the cluster is made"),
    ],
)
def test_an_impossible_cluster_is_refused(endpoint: Endpoint, properties: dict[str, Any], reason: str) -> None:
    template = alone()
    change(template, "Kafka", **properties)
    try:
        assert endpoint.deploy("refused", template) == "ROLLBACK_COMPLETE"
        assert reason in endpoint.why("refused")
        assert endpoint.client("kafka").list_clusters_v2()["ClusterInfoList"] == []
    finally:
        endpoint.destroy("refused")
