"""Amazon EMR: clusters with their fleets, groups and policies; security configurations; serverless applications."""

from __future__ import annotations

from collections import Counter
from typing import Any

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import capitalized, found, present, reader

_SAME = (
    *("AutoScalingRole", "CustomAmiId", "EbsRootVolumeIops", "EbsRootVolumeSize", "EbsRootVolumeThroughput"),
    *("KerberosAttributes", "LogEncryptionKmsKeyId", "LogUri", "Name", "OSReleaseLabel", "PlacementGroupConfigs"),
    *("ReleaseLabel", "ScaleDownBehavior", "SecurityConfiguration", "ServiceRole", "StepConcurrencyLevel"),
    *("Tags", "VisibleToAllUsers", "Applications"),
)


@reader("AWS::EMR::Cluster")
def cluster(aws: Aws, resource: Resource) -> Live | None:
    """DescribeCluster, ListInstanceFleets or -Groups, ListBootstrapActions, the policies."""
    emr, name = aws.client("emr"), resource.physical_id
    answer = found(lambda: emr.describe_cluster(ClusterId=name))
    if answer is None or answer["Cluster"]["Status"]["State"].startswith("TERMINAT"):
        return None
    live = answer["Cluster"]
    scaling = emr.get_managed_scaling_policy(ClusterId=name).get("ManagedScalingPolicy")
    ending = emr.get_auto_termination_policy(ClusterId=name).get("AutoTerminationPolicy")
    actions = emr.list_bootstrap_actions(ClusterId=name).get("BootstrapActions") or []
    members = present(
        **{key: live.get(key) for key in _SAME},
        JobFlowRole=live["Ec2InstanceAttributes"].get("IamInstanceProfile"),
        Configurations=_configurations(live.get("Configurations")),
        BootstrapActions=[_bootstrap(action) for action in actions],
        ManagedScalingPolicy=scaling,
        AutoTerminationPolicy=ending,
        Instances=_instances(aws, live),
    )
    return Live(members, {"MasterPublicDNS": live.get("MasterPublicDnsName"), "Id": name})


@reader("AWS::EMR::SecurityConfiguration")
def security_configuration(aws: Aws, resource: Resource) -> Live | None:
    """DescribeSecurityConfiguration."""
    name = resource.physical_id
    live = found(lambda: aws.client("emr").describe_security_configuration(Name=name))
    return live and Live({"Name": live["Name"], "SecurityConfiguration": live["SecurityConfiguration"]})


@reader("AWS::EMRServerless::Application")
def application(aws: Aws, resource: Resource) -> Live | None:
    """GetApplication."""
    name = resource.physical_id
    answer = found(lambda: aws.client("emr-serverless").get_application(applicationId=name))
    if answer is None or answer["application"]["state"] == "TERMINATED":
        return None
    live = answer["application"]
    attributes = {"ApplicationId": live["applicationId"], "Arn": live["arn"]}
    capacity, specifications, tags = (
        live.pop(name, None) or {} for name in ("initialCapacity", "workerTypeSpecifications", "tags")
    )
    wanted = str(resource.expected.get("Type"))
    # the service writes `Spark` whatever the capitals it was given
    live["type"] = wanted if wanted.lower() == live["type"].lower() else live["type"]
    members = present(
        InitialCapacity=[{"Key": key, "Value": capitalized(value)} for key, value in capacity.items()],
        WorkerTypeSpecifications={key: capitalized(value) for key, value in specifications.items()},
        RuntimeConfiguration=[_classification(entry) for entry in live.pop("runtimeConfiguration", None) or []],
        MonitoringConfiguration=_monitoring(live.pop("monitoringConfiguration", None) or {}),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    return Live({**capitalized(live), **members}, attributes)


def _classification(entry: Properties) -> Properties:
    return present(
        Classification=entry.get("classification"),
        Properties=entry.get("properties"),
        Configurations=[_classification(inner) for inner in entry.get("configurations") or []],
    )


def _monitoring(live: Properties) -> Properties:
    logging = dict(live.get("cloudWatchLoggingConfiguration") or {})
    types = [{"Key": key, "Value": value} for key, value in (logging.pop("logTypes", None) or {}).items()]
    shown: Properties = capitalized({**live, "cloudWatchLoggingConfiguration": logging})
    if types:
        shown["CloudWatchLoggingConfiguration"]["LogTypeMap"] = types
    return {key: value for key, value in shown.items() if value}


def _instances(aws: Aws, live: Properties) -> Properties:
    attributes = live["Ec2InstanceAttributes"]
    names = (
        *("AdditionalMasterSecurityGroups", "AdditionalSlaveSecurityGroups", "Ec2KeyName", "Ec2SubnetId"),
        *("EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup", "ServiceAccessSecurityGroup"),
    )
    members = present(
        **{name: attributes.get(name) for name in names},
        Ec2SubnetIds=attributes.get("RequestedEc2SubnetIds"),
    )
    members["TerminationProtected"] = live.get("TerminationProtected", False)
    members["UnhealthyNodeReplacement"] = live.get("UnhealthyNodeReplacement", False)
    members["KeepJobFlowAliveWhenNoSteps"] = not live.get("AutoTerminate", False)
    fleets = live.get("InstanceCollectionType") == "INSTANCE_FLEET"
    kind = "Fleet" if fleets else "Group"
    emr = aws.client("emr")
    listed = (
        emr.list_instance_fleets(ClusterId=live["Id"]) if fleets else emr.list_instance_groups(ClusterId=live["Id"])
    )
    for item in listed[f"Instance{kind}s"]:
        part = _fleet(item) if fleets else _group(item)
        role = item[f"Instance{kind}Type"]
        if role == "TASK":
            members.setdefault(f"TaskInstance{kind}s", []).append(part)
        else:
            members[f"{role.capitalize()}Instance{kind}"] = part
    return members


def _fleet(live: Properties) -> Properties:
    return {
        "Name": live.get("Name"),
        "TargetOnDemandCapacity": live.get("TargetOnDemandCapacity", 0),
        "TargetSpotCapacity": live.get("TargetSpotCapacity", 0),
        "InstanceTypeConfigs": [_type_config(kind) for kind in live.get("InstanceTypeSpecifications") or []],
        **present(
            LaunchSpecifications=live.get("LaunchSpecifications"), ResizeSpecifications=live.get("ResizeSpecifications")
        ),
    }


def _type_config(live: Properties) -> Properties:
    same = ("BidPrice", "BidPriceAsPercentageOfOnDemandPrice", "CustomAmiId", "InstanceType", "Priority")
    return present(
        **{key: live.get(key) for key in same},
        WeightedCapacity=live.get("WeightedCapacity"),
        Configurations=_configurations(live.get("Configurations")),
        EbsConfiguration=_ebs(live),
    )


def _group(live: Properties) -> Properties:
    return present(
        Name=live.get("Name"),
        InstanceCount=live.get("RequestedInstanceCount"),
        InstanceType=live.get("InstanceType"),
        Market=live.get("Market"),
        BidPrice=live.get("BidPrice"),
        CustomAmiId=live.get("CustomAmiId"),
        AutoScalingPolicy=live.get("AutoScalingPolicy"),
        Configurations=_configurations(live.get("Configurations")),
        EbsConfiguration=_ebs(live),
    )


def _ebs(live: Properties) -> Properties:
    """One block device per volume, gathered again into equal volumes and their number."""
    volumes = [tuple(sorted(device["VolumeSpecification"].items())) for device in live.get("EbsBlockDevices") or []]
    if not volumes:
        return {}
    configs = [{"VolumeSpecification": dict(v), "VolumesPerInstance": n} for v, n in Counter(volumes).items()]
    return {"EbsBlockDeviceConfigs": configs, "EbsOptimized": live.get("EbsOptimized", False)}


def _configurations(live: Any) -> list[Properties]:
    return [
        present(
            Classification=entry.get("Classification"),
            ConfigurationProperties=entry.get("Properties"),
            Configurations=_configurations(entry.get("Configurations")),
        )
        for entry in live or []
    ]


def _bootstrap(live: Properties) -> Properties:
    return {"Name": live["Name"], "ScriptBootstrapAction": present(Path=live["ScriptPath"], Args=live.get("Args"))}
