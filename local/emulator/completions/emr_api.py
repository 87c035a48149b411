"""The EMR API: what RunJobFlow was given and DescribeCluster drops, and the operations the endpoint lacks.

Source: Amazon EMR API reference, RunJobFlow, DescribeCluster, ListInstanceFleets, PutManagedScalingPolicy,
PutAutoTerminationPolicy, CreateSecurityConfiguration and their counterparts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response
from ministack.services import emr

Request = dict[str, Any]
_security_configurations: Any = AccountRegionScopedDict()

_CLUSTER_FIELDS = (
    "AutoScalingRole",
    "Configurations",
    "CustomAmiId",
    "EbsRootVolumeIops",
    "EbsRootVolumeSize",
    "EbsRootVolumeThroughput",
    "KerberosAttributes",
    "LogEncryptionKmsKeyId",
    "OSReleaseLabel",
    "ScaleDownBehavior",
    "SecurityConfiguration",
)
_INSTANCE_FIELDS = (
    "AdditionalMasterSecurityGroups",
    "AdditionalSlaveSecurityGroups",
    "EmrManagedMasterSecurityGroup",
    "EmrManagedSlaveSecurityGroup",
    "ServiceAccessSecurityGroup",
)


def install() -> None:
    """Complete the endpoint's EMR operations; the job runner wraps them further."""
    handlers: dict[str, Callable[[Request], Any]] = emr._HANDLERS
    # the JSON protocol carries times as seconds since 1970; the AWS SDK for JavaScript refuses the endpoint's ISO texts
    emr._now_iso = time.time
    run = handlers["RunJobFlow"]

    def run_job_flow(request: Request) -> Any:
        response = run(request)
        if response[0] == 200:
            _complete(emr._clusters[json.loads(response[2])["JobFlowId"]], request)
        return response

    handlers.update(
        RunJobFlow=run_job_flow,
        CreateSecurityConfiguration=_create_security_configuration,
        DescribeSecurityConfiguration=_describe_security_configuration,
        DeleteSecurityConfiguration=_delete_security_configuration,
        ListSecurityConfigurations=_list_security_configurations,
        **_policy_operations("ManagedScalingPolicy"),
        **_policy_operations("AutoTerminationPolicy"),
    )


def _complete(cluster: Request, request: Request) -> None:
    instances = request.get("Instances", {})
    cluster.update({name: request[name] for name in _CLUSTER_FIELDS if request.get(name) not in (None, [], "")})
    cluster["ec2Requested"] = instances.get("Ec2SubnetIds") or []
    attributes = cluster["Ec2InstanceAttributes"]
    attributes.update({name: instances[name] for name in _INSTANCE_FIELDS if instances.get(name)})
    attributes["RequestedEc2SubnetIds"] = cluster.pop("ec2Requested")
    if instances.get("Ec2SubnetIds") and not attributes.get("Ec2SubnetId"):
        # EMR picks one of the subnets when the fleets start
        attributes["Ec2SubnetId"] = instances["Ec2SubnetIds"][0]
    if instances.get("Placement"):
        attributes["Ec2AvailabilityZone"] = instances["Placement"].get("AvailabilityZone", "")
    cluster["UnhealthyNodeReplacement"] = bool(instances.get("UnhealthyNodeReplacement", False))
    for name in ("ManagedScalingPolicy", "AutoTerminationPolicy"):
        if request.get(name):
            cluster[name] = request[name]
    for made, given in zip(cluster["InstanceFleets"], instances.get("InstanceFleets") or [], strict=False):
        _complete_fleet(made, given)
    for made, given in zip(cluster["InstanceGroups"], instances.get("InstanceGroups") or [], strict=False):
        made.update(
            {k: given[k] for k in ("BidPrice", "Configurations", "AutoScalingPolicy", "CustomAmiId") if given.get(k)}
        )
        made.update(_ebs(given.get("EbsConfiguration") or {}))


def _complete_fleet(made: Request, given: Request) -> None:
    made.update({k: given[k] for k in ("LaunchSpecifications", "ResizeSpecifications", "Context") if given.get(k)})
    specifications = []
    for kind in given.get("InstanceTypeConfigs") or []:
        rest = {k: v for k, v in kind.items() if k != "EbsConfiguration"}
        specifications.append({"WeightedCapacity": 1, **rest, **_ebs(kind.get("EbsConfiguration") or {})})
    made["InstanceTypeSpecifications"] = specifications


def _ebs(given: Request) -> Request:
    if not given:
        return {}
    devices = [
        {"VolumeSpecification": config["VolumeSpecification"], "Device": f"/dev/sd{chr(ord('b') + position)}"}
        for position, config in enumerate(
            config
            for config in given.get("EbsBlockDeviceConfigs") or []
            for _ in range(int(config.get("VolumesPerInstance") or 1))
        )
    ]
    optimized = {"EbsOptimized": given["EbsOptimized"]} if "EbsOptimized" in given else {}
    return {"EbsBlockDevices": devices, **optimized}


def _policy_operations(name: str) -> dict[str, Callable[[Request], Any]]:
    def put(request: Request) -> Any:
        cluster = emr._clusters.get(request.get("ClusterId"))
        if cluster is None:
            return _no_cluster(request)
        cluster[name] = request.get(name)
        return json_response({})

    def get(request: Request) -> Any:
        cluster = emr._clusters.get(request.get("ClusterId"))
        if cluster is None:
            return _no_cluster(request)
        return json_response({name: cluster[name]} if cluster.get(name) else {})

    def remove(request: Request) -> Any:
        cluster = emr._clusters.get(request.get("ClusterId"))
        if cluster is None:
            return _no_cluster(request)
        cluster.pop(name, None)
        return json_response({})

    return {f"Put{name}": put, f"Get{name}": get, f"Remove{name}": remove}


def _no_cluster(request: Request) -> Any:
    return error_response_json("InvalidRequestException", f"Cluster id '{request.get('ClusterId')}' is not valid.", 400)


def _create_security_configuration(request: Request) -> Any:
    name = request.get("Name")
    if name in _security_configurations:
        return error_response_json("InvalidRequestException", f"Security configuration with name '{name}' exists", 400)
    created = time.time()
    _security_configurations[name] = {**request, "CreationDateTime": created}
    return json_response({"Name": name, "CreationDateTime": created})


def _describe_security_configuration(request: Request) -> Any:
    found = _security_configurations.get(request.get("Name"))
    return json_response(found) if found else _no_security_configuration(request)


def _delete_security_configuration(request: Request) -> Any:
    found = _security_configurations.pop(request.get("Name"), None)
    return json_response({}) if found else _no_security_configuration(request)


def _list_security_configurations(request: Request) -> Any:
    listed = [{k: c[k] for k in ("Name", "CreationDateTime")} for c in _security_configurations.values()]
    return json_response({"SecurityConfigurations": listed})


def _no_security_configuration(request: Request) -> Any:
    message = f"Security configuration with name '{request.get('Name')}' does not exist"
    return error_response_json("InvalidRequestException", message, 400)
