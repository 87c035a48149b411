"""Resources of every MSK type."""

from __future__ import annotations

import base64
import json

from tests.templates import Template, att, ref


def configs(**values: str) -> str:
    """The configs of a topic as the API takes them; underscores stand for dots."""
    named = {name.replace("_", "."): value for name, value in values.items()}
    return base64.b64encode(json.dumps(named).encode()).decode()


def topic(name: str, **more: object) -> Template:
    """A topic of the cluster `Kafka`."""
    properties = {"ClusterArn": att("Kafka", "Arn"), "TopicName": name, "PartitionCount": 6, "ReplicationFactor": 2}
    return {"Type": "AWS::MSK::Topic", "Properties": {**properties, **more}}


def kafka(subnets: list[object], group: object, key: object, logs: object) -> dict[str, Template]:
    """A cluster with its configuration and a topic."""
    properties = "auto.create.topics.enable=false\nmin.insync.replicas=1\n"
    cluster = {
        "ClusterName": "tests",
        "KafkaVersion": "3.9.x.kraft",
        "NumberOfBrokerNodes": 2 * len(subnets),
        "BrokerNodeGroupInfo": {
            "ClientSubnets": subnets,
            "InstanceType": "kafka.m7g.large",
            "SecurityGroups": [group],
            "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 100}},
        },
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}, "Unauthenticated": {"Enabled": False}},
        "ConfigurationInfo": {
            "Arn": att("Properties", "Arn"),
            "Revision": att("Properties", "LatestRevision.Revision"),
        },
        "EncryptionInfo": {
            "EncryptionAtRest": {"DataVolumeKMSKeyId": key},
            "EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": True},
        },
        "EnhancedMonitoring": "PER_BROKER",
        "LoggingInfo": {"BrokerLogs": {"CloudWatchLogs": {"Enabled": True, "LogGroup": logs}}},
        "Tags": {"Part": "cluster"},
    }
    return {
        "Properties": {
            "Type": "AWS::MSK::Configuration",
            "Properties": {"Name": "tests-1", "Description": "for tests", "ServerProperties": properties},
        },
        "Kafka": {"Type": "AWS::MSK::Cluster", "Properties": cluster},
        "Departures": topic("departures", Configs=configs(retention_ms="86400000", cleanup_policy="delete")),
    }


def alone() -> Template:
    """The same in a stack with nothing else; what it refers to is named only."""
    key = "arn:aws:kms:us-east-1:000000000000:key/1"
    outputs = {"Topic": {"Value": ref("Departures")}, "Cluster": {"Value": ref("Kafka")}}
    return {"Resources": kafka(["subnet-1", "subnet-2"], "sg-1", key, "tests"), "Outputs": outputs}
