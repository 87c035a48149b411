"""What MSK refuses in a cluster.

Source: Amazon MSK Developer Guide, "Amazon MSK broker types", "Amazon MSK Express brokers", "Tiered storage for
Standard brokers".
"""

from __future__ import annotations

from emulator.completions.kafka_answers import RefusedError, Request

_EXPRESS_SUBNETS = 3


def is_express(instance_type: str) -> bool:
    """Whether brokers of a type are Express brokers."""
    return instance_type.startswith("express.")


def check_brokers(count: int, group: Request) -> None:
    """As many brokers in each subnet as in the others."""
    subnets = len(group["clientSubnets"])
    if count % subnets:
        raise RefusedError(
            f"The number of broker nodes ({count}) must be a multiple of the number of subnets ({subnets})."
        )


def check_cluster(given: Request) -> None:
    """Brokers that can be, on what they run."""
    group = given["brokerNodeGroupInfo"]
    check_brokers(given["numberOfBrokerNodes"], group)
    kind = group["instanceType"]
    tiered = given.get("storageMode") == "TIERED"
    if kind == "kafka.t3.small" and (tiered or given["kafkaVersion"].endswith(".kraft")):
        raise RefusedError(f"Instance type {kind} is not supported for KRaft clusters, nor for tiered storage.")
    if is_express(kind):
        if group.get("storageInfo") or tiered:
            raise RefusedError(f"Storage cannot be chosen for brokers of type {kind}.")
        if len(group["clientSubnets"]) != _EXPRESS_SUBNETS:
            raise RefusedError(f"Brokers of type {kind} need {_EXPRESS_SUBNETS} subnets.")
    elif given.get("rebalancing"):
        raise RefusedError(f"Rebalancing is not supported for brokers of type {kind}.")
    connectivity = group.get("connectivityInfo") or {}
    if connectivity.get("vpcConnectivity") or (connectivity.get("publicAccess") or {}).get("type", "DISABLED") != (
        "DISABLED"
    ):
        raise RefusedError("Public access and access from other networks can be turned on after the cluster is made.")
