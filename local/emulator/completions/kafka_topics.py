"""The topic operations of the MSK API, which the endpoint lacks.

Where there is a broker, topics are made on it, and what it says of partitions and configs is the answer. One broker
stands for all of a cluster, so a topic there has one replica, and no writer waits for a second one.

Source: Amazon MSK Developer Guide, topic operations; Amazon MSK API reference, CreateTopic and its kin.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import msk

from emulator.completions.kafka_answers import RefusedError, Request, cluster_of, need
from emulator.kafka_broker import BrokerError, KafkaBroker

_topics: Any = AccountRegionScopedDict()
"""ARN of a topic -> what is known of it."""


def arn(cluster_arn: str, name: str) -> str:
    """The ARN of a topic: its cluster's, of another kind and with its name."""
    return f"{cluster_arn.replace(':cluster/', ':topic/')}/{name}"


def _create(request: Request) -> dict[str, Any]:
    cluster, name = cluster_of(request), need(request, "topicName")
    key = arn(cluster["ClusterArn"], name)
    if key in _topics:
        raise RefusedError(f"Topic {name} already exists.", "TopicExistsException", 409)
    brokers, replicas = cluster["NumberOfBrokerNodes"], need(request, "replicationFactor")
    if replicas > brokers:
        raise RefusedError(f"Replication factor: {replicas} larger than available brokers: {brokers}.")
    configs = _checked(request.get("configs"))
    _check_tier(cluster, configs)
    with _broker() as broker:
        if broker:
            broker.create_topic(name, need(request, "partitionCount"), _fitted(configs))
    _topics[key] = {
        "topicArn": key,
        "topicName": name,
        "partitionCount": need(request, "partitionCount"),
        "replicationFactor": replicas,
        "configs": configs,
        "status": "ACTIVE",
    }
    return _short(_topics[key])


def _describe(request: Request) -> dict[str, Any]:
    topic = dict(_topic_of(request))
    with _broker() as broker:
        if broker:
            topic["partitionCount"] = broker.partitions_of(topic["topicName"])
            live = broker.configs_of(topic["topicName"])
            if live != _fitted(topic["configs"]):
                topic["configs"] = base64.b64encode(json.dumps(live).encode()).decode()
    return topic


def _update(request: Request) -> dict[str, Any]:
    topic = _topic_of(request)
    count = int(request.get("partitionCount") or topic["partitionCount"])
    if count < topic["partitionCount"]:
        raise RefusedError(f"Topic currently has {topic['partitionCount']} partitions, which is higher than {count}.")
    configs = _checked(request["configs"]) if "configs" in request else topic["configs"]
    _check_tier(cluster_of(request), configs)
    with _broker() as broker:
        if broker and configs != topic["configs"]:
            broker.configure_topic(topic["topicName"], _fitted(configs))
        if broker and count > topic["partitionCount"]:
            broker.grow_topic(topic["topicName"], count)
    topic.update(partitionCount=count, configs=configs)
    return _short(topic)


def _delete(request: Request) -> dict[str, Any]:
    topic = _topic_of(request)
    with _broker() as broker:
        if broker:
            broker.delete_topic(topic["topicName"])
    del _topics[topic["topicArn"]]
    return {**_short(topic), "status": "DELETING"}


def _list(request: Request) -> dict[str, Any]:
    beginning = arn(cluster_of(request)["ClusterArn"], "")
    shown = ("topicArn", "topicName", "partitionCount", "replicationFactor")
    found = [topic for key, topic in _topics.items() if key.startswith(beginning)]
    return {"topics": [{**{name: topic[name] for name in shown}, "outOfSyncReplicaCount": 0} for topic in found]}


def _topic_of(request: Request) -> Request:
    key = arn(cluster_of(request)["ClusterArn"], request["topicName"])
    if key not in _topics:
        raise RefusedError(f"Topic {request['topicName']} not found.", "NotFoundException", 404)
    topic: Request = _topics[key]
    return topic


def _checked(configs: str | None) -> str:
    """A JSON object of texts in Base64."""
    if not configs:
        return ""
    try:
        decoded = json.loads(base64.b64decode(configs, validate=True))
    except (binascii.Error, ValueError) as error:
        raise RefusedError(f"Configs must be a JSON object in Base64: {error}.") from error
    if not isinstance(decoded, dict) or not all(isinstance(value, str) for value in decoded.values()):
        raise RefusedError("Configs must be a JSON object of texts in Base64.")
    return configs


def _decoded(configs: str) -> dict[str, str]:
    given: dict[str, str] = json.loads(base64.b64decode(configs)) if configs else {}
    return given


def _check_tier(cluster: Request, configs: str) -> None:
    """Older records can go to a cheaper tier where the cluster has one, and nothing is compacted."""
    given = _decoded(configs)
    if given.get("remote.storage.enable") != "true":
        return
    if cluster.get("StorageMode") != "TIERED":
        raise RefusedError("Tiered storage is not enabled on the cluster.")
    if "compact" in given.get("cleanup.policy", ""):
        raise RefusedError("Tiered storage is not supported for compacted topics.")


_TIER = ("remote.storage.enable", "local.retention.ms", "local.retention.bytes")


def _fitted(configs: str) -> dict[str, str]:
    """The configs as one broker can keep them, which has no cheaper tier."""
    given = {name: value for name, value in _decoded(configs).items() if name not in _TIER}
    return {name: "1" if name == "min.insync.replicas" else value for name, value in given.items()}


@contextmanager
def _broker() -> Iterator[KafkaBroker | None]:
    """The broker, if there is one; its refusals are the service's."""
    try:
        yield KafkaBroker(msk._BOOTSTRAP_PLAIN) if msk._BOOTSTRAP_PLAIN else None
    except BrokerError as error:
        raise RefusedError(str(error)) from error


def _short(topic: Request) -> dict[str, Any]:
    return {name: topic[name] for name in ("topicArn", "topicName", "status")}


OPERATIONS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "CreateTopic": _create,
    "ListTopics": _list,
    "DescribeTopic": _describe,
    "UpdateTopic": _update,
    "DeleteTopic": _delete,
}
