"""The MSK API: version 2 of the cluster operations, and changes of a configuration; updates and topics are beside it.

Routes come from botocore's own model of the API. The endpoint's records of clusters and configurations stay the only.

Source: Amazon MSK API reference, CreateClusterV2, DescribeClusterV2, GetBootstrapBrokers, UpdateConfiguration,
DeleteConfiguration.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from ministack.services import msk

from emulator.completions import kafka_topics, kafka_updates
from emulator.completions.kafka_answers import Answer, RefusedError, Request, answer, camel, cluster_of, need
from emulator.completions.kafka_checks import check_cluster
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
    check_cluster(given)
    older = {**given, "clusterName": request.get("clusterName"), "tags": request.get("tags") or {}}
    status, _, body = msk._create_cluster(json.dumps(older).encode())
    made = json.loads(body)
    if status != 200:
        raise RefusedError(made["Message"], made["__type"], status)
    record = msk._clusters[made["clusterArn"]]
    record.update({name: given[camel(name)] for name in _NEWER_FIELDS if camel(name) in given})
    return {**made, "clusterType": "PROVISIONED"}


def _describe_cluster(request: Request) -> dict[str, Any]:
    record = cluster_of(request)
    software = {camel(name): value for name, value in record["CurrentBrokerSoftwareInfo"].items() if value is not None}
    provisioned = {camel(name): record[name] for name in _FIELDS if record.get(name) not in (None, {}, "")}
    info = {
        **{camel(name): record[name] for name in ("ClusterArn", "ClusterName", "CreationTime", "CurrentVersion")},
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
    return {"arn": record["Arn"], "latestRevision": {camel(name): value for name, value in latest.items()}}


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
    **kafka_updates.OPERATIONS,
    "GetBootstrapBrokers": _bootstrap_brokers,
    "CreateClusterV2": _create_cluster,
    "ListClustersV2": _list_clusters,
    "DescribeClusterV2": _describe_cluster,
    "UpdateConfiguration": _update_configuration,
    "DeleteConfiguration": _delete_configuration,
}
"""Paths that go on after an ARN come before those that end with one: an ARN's pattern takes all that follows."""
