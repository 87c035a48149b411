"""The updates of a cluster of MSK: each changes one thing and gives the cluster another version.

Source: Amazon MSK API reference, UpdateBrokerCount and its kin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import msk

from emulator.completions.kafka_answers import RefusedError, Request, camel, cluster_of, need
from emulator.completions.kafka_checks import check_brokers, is_express


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
    check_brokers(count, record["BrokerNodeGroupInfo"])
    record["NumberOfBrokerNodes"] = count


def _broker_type(record: Request, request: Request) -> None:
    group, target = record["BrokerNodeGroupInfo"], need(request, "targetInstanceType")
    if is_express(group["instanceType"]) != is_express(target):
        raise RefusedError(f"Brokers of type {group['instanceType']} cannot become {target}.")
    group["instanceType"] = target


def _broker_storage(record: Request, request: Request) -> None:
    storage = record["BrokerNodeGroupInfo"].setdefault("storageInfo", {}).setdefault("ebsStorageInfo", {})
    for target in need(request, "targetBrokerEBSVolumeInfo"):
        size = target.get("volumeSizeGB", storage.get("volumeSize"))
        if size < storage.get("volumeSize", 0):
            raise RefusedError("The size of a volume can only grow.")
        storage["volumeSize"] = size
        if "provisionedThroughput" in target:
            storage["provisionedThroughput"] = target["provisionedThroughput"]


def _storage_mode(record: Request, request: Request) -> None:
    mode = need(request, "storageMode")
    if is_express(record["BrokerNodeGroupInfo"]["instanceType"]):
        raise RefusedError("Storage cannot be chosen for Express brokers.")
    if record.get("StorageMode") == "TIERED" and mode != "TIERED":
        raise RefusedError("Tiered storage cannot be turned off.")
    record["StorageMode"] = mode


def _connectivity(record: Request, request: Request) -> None:
    record["BrokerNodeGroupInfo"]["connectivityInfo"] = need(request, "connectivityInfo")


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
        record.update({name: request[camel(name)] for name in names if camel(name) in request})

    return change


OPERATIONS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "UpdateBrokerCount": _updating(_broker_count),
    "UpdateBrokerType": _updating(_broker_type),
    "UpdateBrokerStorage": _updating(_broker_storage),
    "UpdateStorage": _updating(_storage_mode),
    "UpdateConnectivity": _updating(_connectivity),
    "UpdateClusterConfiguration": _updating(_configuration),
    "UpdateClusterKafkaVersion": _updating(_kafka_version),
    "UpdateMonitoring": _updating(_members("EnhancedMonitoring", "LoggingInfo", "OpenMonitoring")),
    "UpdateRebalancing": _updating(_members("Rebalancing")),
    "UpdateSecurity": _updating(_members("ClientAuthentication", "EncryptionInfo")),
}
