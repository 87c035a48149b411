"""Amazon MSK: clusters, configurations and topics."""

from __future__ import annotations

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import found, present, reader

_SAME = (
    *("ClientAuthentication", "EncryptionInfo", "EnhancedMonitoring", "LoggingInfo", "NumberOfBrokerNodes"),
    *("OpenMonitoring", "Rebalancing", "StorageMode"),
)


@reader("AWS::MSK::Cluster")
def cluster(aws: Aws, resource: Resource) -> Live | None:
    """DescribeClusterV2."""
    arn = resource.physical_id
    answer = found(lambda: aws.client("kafka").describe_cluster_v2(ClusterArn=arn))
    if answer is None:
        return None
    live = answer["ClusterInfo"]
    provisioned = live["Provisioned"]
    software = provisioned["CurrentBrokerSoftwareInfo"]
    members = present(
        **{name: provisioned.get(name) for name in _SAME},
        ClusterName=live["ClusterName"],
        BrokerNodeGroupInfo=_brokers(provisioned["BrokerNodeGroupInfo"]),
        KafkaVersion=software.get("KafkaVersion"),
        ConfigurationInfo=present(Arn=software.get("ConfigurationArn"), Revision=software.get("ConfigurationRevision")),
        Tags=live.get("Tags"),
    )
    return Live(members, {"Arn": arn, "CurrentVersion": live["CurrentVersion"]})


@reader("AWS::MSK::Configuration")
def configuration(aws: Aws, resource: Resource) -> Live | None:
    """DescribeConfiguration, DescribeConfigurationRevision."""
    kafka, arn = aws.client("kafka"), resource.physical_id
    live = found(lambda: kafka.describe_configuration(Arn=arn))
    if live is None:
        return None
    latest = live["LatestRevision"]
    revision = kafka.describe_configuration_revision(Arn=arn, Revision=latest["Revision"])
    members = present(
        Name=live["Name"],
        Description=live.get("Description"),
        KafkaVersionsList=live.get("KafkaVersions"),
        ServerProperties=revision["ServerProperties"].decode(),
    )
    parts = {f"LatestRevision.{name}": latest.get(name) for name in ("Revision", "Description")}
    return Live(members, {"Arn": arn, **parts, "LatestRevision.CreationTime": latest["CreationTime"].isoformat()})


@reader("AWS::MSK::Topic")
def topic(aws: Aws, resource: Resource) -> Live | None:
    """DescribeTopic, by what the topic's ARN says of its cluster."""
    service, names = resource.physical_id.split(":topic/")
    cluster_name, identifier, name = names.split("/")
    arn = f"{service}:cluster/{cluster_name}/{identifier}"
    live = found(lambda: aws.client("kafka").describe_topic(ClusterArn=arn, TopicName=name))
    if live is None:
        return None
    members = ("TopicName", "PartitionCount", "ReplicationFactor", "Configs")
    return Live(
        present(ClusterArn=arn, **{member: live.get(member) for member in members}), {"TopicArn": live["TopicArn"]}
    )


def _brokers(live: Properties) -> Properties:
    """CloudFormation spells `EBSStorageInfo` with other capitals than the API."""
    storage = live.get("StorageInfo") or {}
    if "EbsStorageInfo" not in storage:
        return live
    return {**live, "StorageInfo": {"EBSStorageInfo": storage["EbsStorageInfo"]}}
