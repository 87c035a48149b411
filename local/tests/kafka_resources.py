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


def volumes_that_grow() -> dict[str, Template]:
    """What lets the volumes of the cluster `Kafka` grow by themselves."""
    target = {
        "ServiceNamespace": "kafka",
        "ResourceId": ref("Kafka"),
        "ScalableDimension": "kafka:broker-storage:VolumeSize",
        "MinCapacity": 1,
        "MaxCapacity": 500,
        "RoleARN": "arn:aws:iam::000000000000:role/scaling",
        "Tags": [{"Key": "Part", "Value": "volumes"}],
    }
    policy = {
        "PolicyName": "growth",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": ref("StorageTarget"),
        "TargetTrackingScalingPolicyConfiguration": {
            "DisableScaleIn": True,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "KafkaBrokerStorageUtilization"},
            "TargetValue": 60,
        },
    }
    return {
        "StorageTarget": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target},
        "StorageGrowth": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": policy},
    }


def express() -> dict[str, Template]:
    """A cluster of Express brokers; what it refers to is named only."""
    cluster = {
        "ClusterName": "express",
        "KafkaVersion": "3.9.x.kraft",
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": {
            "ClientSubnets": ["subnet-1", "subnet-2", "subnet-3"],
            "InstanceType": "express.m7g.large",
        },
        "Rebalancing": {"Status": "PAUSED"},
    }
    return {"Express": {"Type": "AWS::MSK::Cluster", "Properties": cluster}}


def record_schema(*required: str, **properties: object) -> str:
    """A schema of records, each property of some type."""
    draft = "http://json-schema.org/draft-07/schema#"
    typed = {name: {"type": kind} for name, kind in properties.items()}
    return json.dumps({"$schema": draft, "type": "object", "properties": typed, "required": [*required]})


def schemas(definition: str) -> dict[str, Template]:
    """A registry with the schema of a topic, and its first version."""
    tags = [{"Key": "Part", "Value": "schemas"}]
    schema = {
        "Registry": {"Arn": att("Registry", "Arn")},
        "Name": "departures",
        "DataFormat": "JSON",
        "Compatibility": "BACKWARD",
        "Tags": tags,
    }
    version = {"Schema": {"SchemaArn": att("Schema", "Arn")}, "SchemaDefinition": definition}
    return {
        "Registry": {
            "Type": "AWS::Glue::Registry",
            "Properties": {"Name": "tests", "Description": "for tests", "Tags": tags},
        },
        "Schema": {"Type": "AWS::Glue::Schema", "Properties": schema},
        "Version": {
            "Type": "AWS::Glue::SchemaVersion",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": version,
        },
    }


def kafka(subnets: list[object], group: object, key: object, logs: object, mode: str = "TIERED") -> dict[str, Template]:
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
        "StorageMode": mode,
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
    return {"Resources": kafka(["subnet-1", "subnet-2"], "sg-1", key, "tests", "LOCAL"), "Outputs": outputs}
