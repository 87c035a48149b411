"""Amazon MSK: clusters, configurations and topics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from emulator import aws
from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.provisioner import Identity, Provisioned, Provisioner

_CREATE_ONLY = ("BrokerAZDistribution", "ClientSubnets", "SecurityGroups")


class Cluster(Provisioner):
    """`AWS::MSK::Cluster`; `Ref` is the ARN."""

    resource_type = "AWS::MSK::Cluster"
    tag_shape = "map"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Start the cluster; its name is the template's, and taken while another cluster has it."""
        request = {
            "ClusterName": properties["ClusterName"],
            "Tags": properties.get("Tags") or {},
            "Provisioned": properties,
        }
        arn = str(aws.call("kafka", "create_cluster_v2", request)["ClusterArn"])
        return arn, _cluster_attributes(arn)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """One change in place, as the service takes no second one while the first is under way; tags beside it."""
        if _frozen(old) != _frozen(new):
            return self.create(identity, new)
        changes = [change for change in _CHANGES if change.of(old) != change.of(new)]
        if len(changes) > 1:
            names = [change.name for change in changes]
            raise refuse("AWS::MSK::Cluster", "changed in one way at a time", names, "deploy the changes one by one")
        for change in changes:
            version = aws.client("kafka").describe_cluster_v2(ClusterArn=physical_id)["ClusterInfo"]["CurrentVersion"]
            request = {**change.request(new), "ClusterArn": physical_id, "CurrentVersion": version}
            aws.call("kafka", change.operation, request)
        _retag(physical_id, old, new)
        return physical_id, _cluster_attributes(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        _gone(lambda: aws.client("kafka").delete_cluster(ClusterArn=physical_id))


class Configuration(Provisioner):
    """`AWS::MSK::Configuration`; `Ref` is the ARN."""

    resource_type = "AWS::MSK::Configuration"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """The first revision."""
        request = {**properties, "KafkaVersions": properties.get("KafkaVersionsList")}
        arn = str(aws.call("kafka", "create_configuration", request)["Arn"])
        return arn, self._attributes(arn)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Another revision; another name or list of versions is another configuration."""
        if any(old.get(name) != new.get(name) for name in ("Name", "KafkaVersionsList")):
            return self.create(identity, new)
        aws.call("kafka", "update_configuration", {**new, "Arn": physical_id})
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that a cluster uses stays and the deletion fails; one that is gone is no error."""
        _gone(lambda: aws.client("kafka").delete_configuration(Arn=physical_id))

    @staticmethod
    def _attributes(arn: str) -> dict[str, str]:
        latest = aws.client("kafka").describe_configuration(Arn=arn)["LatestRevision"]
        parts = {f"LatestRevision.{name}": str(latest.get(name, "")) for name in ("Revision", "Description")}
        return {"Arn": arn, **parts, "LatestRevision.CreationTime": latest["CreationTime"].isoformat()}


class Topic(Provisioner):
    """`AWS::MSK::Topic`; `Ref` is the ARN."""

    resource_type = "AWS::MSK::Topic"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """A topic whose name the cluster has already is refused."""
        arn = str(aws.call("kafka", "create_topic", properties)["TopicArn"])
        return arn, {"TopicArn": arn}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Partitions and configs in place, only what changed."""
        if any(old.get(name) != new.get(name) for name in ("ClusterArn", "TopicName", "ReplicationFactor")):
            return self.create(identity, new)
        changed = {name: new[name] for name in ("PartitionCount", "Configs") if old.get(name) != new.get(name)}
        if changed:
            names = {name: new[name] for name in ("ClusterArn", "TopicName")}
            aws.call("kafka", "update_topic", {**names, **changed})
        return physical_id, {"TopicArn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error, nor is one whose cluster is."""
        names = {name: properties[name] for name in ("ClusterArn", "TopicName")}
        _gone(lambda: aws.client("kafka").delete_topic(**names))


class _Change:
    """One way in which a cluster changes in place: its properties, and the operation that takes them."""

    def __init__(self, operation: str, *names: str, request: Callable[[Properties], Properties] | None = None) -> None:
        self.operation = operation
        self.names = names
        self._request = request

    @property
    def name(self) -> str:
        """What changes."""
        return " and ".join(self.names)

    def of(self, properties: Properties) -> list[Any]:
        """The values of the properties it changes."""
        return [_at(properties, name) for name in self.names]

    def request(self, properties: Properties) -> Properties:
        """The members of the operation's request."""
        return self._request(properties) if self._request else {name: properties.get(name) for name in self.names}


def _at(properties: Properties, path: str) -> Any:
    value: Any = properties
    for part in path.split("."):
        value = (value or {}).get(part)
    return value


def _storage(properties: Properties) -> Properties:
    ebs = properties["BrokerNodeGroupInfo"]["StorageInfo"]["EBSStorageInfo"]
    target = {"KafkaBrokerNodeId": "ALL", "VolumeSizeGB": ebs["VolumeSize"]}
    throughput = ebs.get("ProvisionedThroughput")
    return {"TargetBrokerEBSVolumeInfo": [{**target, **({"ProvisionedThroughput": throughput} if throughput else {})}]}


_CHANGES = (
    _Change(
        "update_cluster_kafka_version", "KafkaVersion", request=lambda new: {"TargetKafkaVersion": new["KafkaVersion"]}
    ),
    _Change("update_cluster_configuration", "ConfigurationInfo"),
    _Change(
        "update_broker_count",
        "NumberOfBrokerNodes",
        request=lambda new: {"TargetNumberOfBrokerNodes": new["NumberOfBrokerNodes"]},
    ),
    _Change(
        "update_broker_type",
        "BrokerNodeGroupInfo.InstanceType",
        request=lambda new: {"TargetInstanceType": new["BrokerNodeGroupInfo"]["InstanceType"]},
    ),
    _Change("update_broker_storage", "BrokerNodeGroupInfo.StorageInfo", request=_storage),
    _Change("update_storage", "StorageMode"),
    _Change("update_rebalancing", "Rebalancing"),
    _Change(
        "update_connectivity",
        "BrokerNodeGroupInfo.ConnectivityInfo",
        request=lambda new: {"ConnectivityInfo": new["BrokerNodeGroupInfo"]["ConnectivityInfo"]},
    ),
    _Change("update_monitoring", "EnhancedMonitoring", "LoggingInfo", "OpenMonitoring"),
    _Change("update_security", "ClientAuthentication", "EncryptionInfo.EncryptionInTransit.ClientBroker"),
)


def _frozen(properties: Properties) -> list[Any]:
    """What only another cluster can have."""
    group = properties.get("BrokerNodeGroupInfo") or {}
    names = ("ClusterName", "EncryptionInfo.EncryptionAtRest", "EncryptionInfo.EncryptionInTransit.InCluster")
    return [*(_at(properties, name) for name in names), *(group.get(name) for name in _CREATE_ONLY)]


def _cluster_attributes(arn: str) -> dict[str, str]:
    described = aws.client("kafka").describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]
    return {"Arn": arn, "CurrentVersion": described["CurrentVersion"]}


def _retag(arn: str, old: Properties, new: Properties) -> None:
    before, after = old.get("Tags") or {}, new.get("Tags") or {}
    gone = sorted(set(before) - set(after))
    if gone:
        aws.client("kafka").untag_resource(ResourceArn=arn, TagKeys=gone)
    if after:
        aws.client("kafka").tag_resource(ResourceArn=arn, Tags={key: str(value) for key, value in after.items()})


def _gone(delete: Callable[[], Any]) -> None:
    try:
        delete()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
