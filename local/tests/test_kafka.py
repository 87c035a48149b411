"""Clusters, configurations and topics of MSK: made, changed, refused and taken away through the endpoint's own API."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from readback.report import read_back
from tests.kafka_resources import alone, configs, topic
from tests.support import REGION, Endpoint
from tests.templates import Template

SMALL = {"ClientSubnets": ["subnet-1", "subnet-2"], "InstanceType": "kafka.t3.small"}


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
