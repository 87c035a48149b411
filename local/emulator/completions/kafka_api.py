"""The MSK API: version 2 of the cluster operations, updates, topics, and changes of a configuration.

Routes come from botocore's own model of the API. The endpoint's records of clusters and configurations stay the only.

Source: Amazon MSK API reference, CreateClusterV2, DescribeClusterV2, GetBootstrapBrokers, UpdateBrokerCount and its
kin, CreateTopic, DescribeTopic, UpdateTopic, DeleteTopic, ListTopics, UpdateConfiguration, DeleteConfiguration.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from ministack.services import msk

from emulator.completions import kafka_topics
from emulator.completions.kafka_answers import Answer, RefusedError, Request, answer, cluster_of, need
from emulator.completions.rest_json import Operation, routed, routes

_FIELDS = (
    *("BrokerNodeGroupInfo", "ClientAuthentication", "EncryptionInfo", "EnhancedMonitoring", "LoggingInfo"),
    *("NumberOfBrokerNodes", "OpenMonitoring", "Rebalancing", "StorageMode", "ZookeeperConnectString"),
)
_NEWER_FIELDS = ("Rebalancing", "StorageMode")
"""What the endpoint's own, older creation does not know."""


def install() -> None:
    """Answer these operations before the endpoint's MSK sees them."""
    stock = msk.handle_request
    # an ARN in a path has slashes of its own
    table = routes("kafka", _OPERATIONS, clusterArn=".+", arn=".+", topicName="[^/]+")

    async def handling(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Answer:
        found = routed(table, method, path)
        if found:
            operation, labels = found
            given = json.loads(body) if body else {}
            # a broker may take its time; the loop goes on answering meanwhile
            return await asyncio.to_thread(_performed, operation, {**labels, **given})
        result: Answer = await stock(method, path, headers, body, query)
        return result

    msk.handle_request = handling


def _performed(operation: Operation, request: Request) -> Answer:
    try:
        return answer(operation(request))
    except RefusedError as refused:
        result: Answer = msk._error(refused.code, str(refused), refused.status)
        return result


# --- clusters


def _create_cluster(request: Request) -> dict[str, Any]:
    given = need(request, "provisioned")
    _check_brokers(given["numberOfBrokerNodes"], given["brokerNodeGroupInfo"])
    kind = given["brokerNodeGroupInfo"]["instanceType"]
    if kind == "kafka.t3.small" and given["kafkaVersion"].endswith(".kraft"):
        raise RefusedError(f"Instance type {kind} is not supported for KRaft clusters.")
    older = {**given, "clusterName": request.get("clusterName"), "tags": request.get("tags") or {}}
    status, _, body = msk._create_cluster(json.dumps(older).encode())
    made = json.loads(body)
    if status != 200:
        raise RefusedError(made["Message"], made["__type"], status)
    record = msk._clusters[made["clusterArn"]]
    record.update({name: given[_camel(name)] for name in _NEWER_FIELDS if _camel(name) in given})
    return {**made, "clusterType": "PROVISIONED"}


def _check_brokers(count: int, group: Request) -> None:
    subnets = len(group["clientSubnets"])
    if count % subnets:
        raise RefusedError(
            f"The number of broker nodes ({count}) must be a multiple of the number of subnets ({subnets})."
        )


def _describe_cluster(request: Request) -> dict[str, Any]:
    record = cluster_of(request)
    software = {_camel(name): value for name, value in record["CurrentBrokerSoftwareInfo"].items() if value is not None}
    provisioned = {_camel(name): record[name] for name in _FIELDS if record.get(name) not in (None, {}, "")}
    info = {
        **{_camel(name): record[name] for name in ("ClusterArn", "ClusterName", "CreationTime", "CurrentVersion")},
        "clusterType": "PROVISIONED",
        "state": record["State"],
        "tags": dict(msk._tags.get(record["ClusterArn"], {})),
        "provisioned": {**provisioned, "currentBrokerSoftwareInfo": software},
    }
    return {"clusterInfo": info}


def _bootstrap_brokers(request: Request) -> dict[str, Any]:
    """The broker takes anybody, so it is named as one that does; without one, an address that never resolves."""
    name = cluster_of(request)["ClusterName"]
    if msk._BOOTSTRAP_PLAIN:
        return {"bootstrapBrokerString": msk._BOOTSTRAP_PLAIN}
    return {"bootstrapBrokerStringSaslIam": f"b-1.{name}.kafka.invalid:9098"}


def _list_clusters(request: Request) -> dict[str, Any]:
    described = [_describe_cluster({"clusterArn": arn}) for arn in msk._clusters]
    return {"clusterInfoList": [one["clusterInfo"] for one in described]}


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


# --- updates of a cluster: each changes one thing and gives the cluster another version


def _updating(change: Callable[[Request, Request], None]) -> Callable[[Request], dict[str, Any]]:
    def update(request: Request) -> dict[str, Any]:
        record = cluster_of(request)
        if request.get("currentVersion") != record["CurrentVersion"]:
            raise RefusedError("You specified an invalid value for currentVersion: the cluster has another version.")
        change(record, request)
        number = int(record["CurrentVersion"].removeprefix("K"), 36) + 1
        record["CurrentVersion"] = f"K{_base36(number)}"
        arn = record["ClusterArn"]
        operation = f"{arn.replace(':cluster/', ':cluster-operation/')}/{record['CurrentVersion']}"
        return {"clusterArn": arn, "clusterOperationArn": operation}

    return update


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest] + digits
    return digits


def _broker_count(record: Request, request: Request) -> None:
    count = need(request, "targetNumberOfBrokerNodes")
    _check_brokers(count, record["BrokerNodeGroupInfo"])
    record["NumberOfBrokerNodes"] = count


def _broker_type(record: Request, request: Request) -> None:
    record["BrokerNodeGroupInfo"]["instanceType"] = need(request, "targetInstanceType")


def _broker_storage(record: Request, request: Request) -> None:
    storage = record["BrokerNodeGroupInfo"].setdefault("storageInfo", {}).setdefault("ebsStorageInfo", {})
    for target in need(request, "targetBrokerEBSVolumeInfo"):
        size = target.get("volumeSizeGB", storage.get("volumeSize"))
        if size < storage.get("volumeSize", 0):
            raise RefusedError("The size of a volume can only grow.")
        storage["volumeSize"] = size
        if "provisionedThroughput" in target:
            storage["provisionedThroughput"] = target["provisionedThroughput"]


def _configuration(record: Request, request: Request) -> None:
    info = need(request, "configurationInfo")
    if info["arn"] not in msk._configurations:
        raise RefusedError(f"Configuration {info['arn']} not found.", "NotFoundException", 404)
    record["CurrentBrokerSoftwareInfo"].update(ConfigurationArn=info["arn"], ConfigurationRevision=info["revision"])


def _kafka_version(record: Request, request: Request) -> None:
    if request.get("configurationInfo"):
        _configuration(record, request)
    record["CurrentBrokerSoftwareInfo"]["KafkaVersion"] = need(request, "targetKafkaVersion")


def _members(*names: str) -> Callable[[Request, Request], None]:
    def change(record: Request, request: Request) -> None:
        record.update({name: request[_camel(name)] for name in names if _camel(name) in request})

    return change


# --- configurations


def _update_configuration(request: Request) -> dict[str, Any]:
    record = _configuration_of(request)
    revisions = msk._config_revisions[record["Arn"]]
    latest = {
        "Revision": len(revisions) + 1,
        "CreationTime": msk._now_iso(),
        "Description": request.get("description", ""),
    }
    revisions.append({**latest, "ServerProperties": need(request, "serverProperties")})
    record.update(LatestRevision=latest, Description=latest["Description"])
    return {"arn": record["Arn"], "latestRevision": {_camel(name): value for name, value in latest.items()}}


def _delete_configuration(request: Request) -> dict[str, Any]:
    arn = _configuration_of(request)["Arn"]
    users = [
        record["ClusterName"]
        for record in msk._clusters.values()
        if record["CurrentBrokerSoftwareInfo"].get("ConfigurationArn") == arn
    ]
    if users:
        raise RefusedError(f"Configuration {arn} is in use by one or more clusters: {', '.join(users)}.")
    del msk._configurations[arn], msk._config_revisions[arn]
    return {"arn": arn, "state": "DELETING"}


def _configuration_of(request: Request) -> Request:
    record: Request | None = msk._configurations.get(request["arn"])
    if record is None:
        raise RefusedError(f"Configuration {request['arn']} not found.", "NotFoundException", 404)
    return record


_OPERATIONS: dict[str, Callable[[Request], dict[str, Any]]] = {
    **kafka_topics.OPERATIONS,
    "GetBootstrapBrokers": _bootstrap_brokers,
    "CreateClusterV2": _create_cluster,
    "ListClustersV2": _list_clusters,
    "UpdateBrokerCount": _updating(_broker_count),
    "UpdateBrokerType": _updating(_broker_type),
    "UpdateBrokerStorage": _updating(_broker_storage),
    "UpdateClusterConfiguration": _updating(_configuration),
    "UpdateClusterKafkaVersion": _updating(_kafka_version),
    "UpdateMonitoring": _updating(_members("EnhancedMonitoring", "LoggingInfo", "OpenMonitoring")),
    "UpdateSecurity": _updating(_members("ClientAuthentication", "EncryptionInfo")),
    "DescribeClusterV2": _describe_cluster,
    "UpdateConfiguration": _update_configuration,
    "DeleteConfiguration": _delete_configuration,
}
"""Paths that go on after an ARN come before those that end with one: an ARN's pattern takes all that follows."""
