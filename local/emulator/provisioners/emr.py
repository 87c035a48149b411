"""Amazon EMR: clusters (instance fleets or groups, managed scaling) and security configurations."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from emulator import aws
from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.provisioner import Identity, Provisioned, Provisioner

_IN_PLACE = {"AutoTerminationPolicy", "ManagedScalingPolicy", "StepConcurrencyLevel", "Tags", "VisibleToAllUsers"}
"""What CloudFormation changes without replacing the cluster, beside termination protection and fleet capacities."""


class Cluster(Provisioner):
    """`AWS::EMR::Cluster`; `Ref` is the cluster id."""

    resource_type = "AWS::EMR::Cluster"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Start the cluster; CloudFormation's default keeps it alive without steps."""
        request = {**properties, "Instances": _instances(properties["Instances"])}
        request["Configurations"] = configurations(properties.get("Configurations") or [])
        request["BootstrapActions"] = properties.get("BootstrapActions") or []
        cluster = str(aws.call("emr", "run_job_flow", request)["JobFlowId"])
        return cluster, self._attributes(cluster)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Tags, scaling, concurrency and protection in place; anything else starts another cluster."""
        if _frozen(old) != _frozen(new):
            return self.create(identity, new)
        emr = aws.client("emr")
        gone = sorted({t["Key"] for t in aws.tag_list(old)} - {t["Key"] for t in aws.tag_list(new)})
        if gone:
            emr.remove_tags(ResourceId=physical_id, TagKeys=gone)
        emr.add_tags(ResourceId=physical_id, Tags=aws.tag_list(new))
        emr.modify_cluster(ClusterId=physical_id, StepConcurrencyLevel=int(new.get("StepConcurrencyLevel") or 1))
        protected = aws.truthy(new["Instances"].get("TerminationProtected", False))
        emr.set_termination_protection(JobFlowIds=[physical_id], TerminationProtected=protected)
        _policy(physical_id, "ManagedScalingPolicy", old, new)
        _policy(physical_id, "AutoTerminationPolicy", old, new)
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Terminate it, running steps included; a protected cluster stays and the deletion fails."""
        try:
            aws.client("emr").terminate_job_flows(JobFlowIds=[physical_id])
        except ClientError as error:
            remedy = "turn termination protection off first"
            raise refuse(f"cluster {physical_id}", "free to terminate", str(error), remedy) from error

    @staticmethod
    def _attributes(cluster: str) -> dict[str, str]:
        described = aws.client("emr").describe_cluster(ClusterId=cluster)["Cluster"]
        return {"MasterPublicDNS": described["MasterPublicDnsName"], "Id": cluster}


class SecurityConfiguration(Provisioner):
    """`AWS::EMR::SecurityConfiguration`; a change makes another one."""

    resource_type = "AWS::EMR::SecurityConfiguration"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Its document travels as a string in the API."""
        name = properties.get("Name") or identity.physical_name(256)
        document = aws.text(properties["SecurityConfiguration"])
        aws.client("emr").create_security_configuration(Name=name, SecurityConfiguration=document)
        return name, {"Name": name}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        try:
            aws.client("emr").delete_security_configuration(Name=physical_id)
        except ClientError as error:
            if "does not exist" not in str(error):
                raise


def configurations(given: list[Properties]) -> list[dict[str, Any]]:
    """CloudFormation's `ConfigurationProperties` are the API's `Properties`, at every depth."""
    return [
        {
            "Classification": entry.get("Classification"),
            "Properties": {k: aws.text(v) for k, v in (entry.get("ConfigurationProperties") or {}).items()},
            "Configurations": configurations(entry.get("Configurations") or []),
        }
        for entry in given
    ]


def _instances(given: Properties) -> dict[str, Any]:
    """CloudFormation names master, core and task instances apart; the API has one list with a role each."""
    rest = dict(given)
    groups, fleets = [], []
    for role, prefix in (("MASTER", "Master"), ("CORE", "Core")):
        group, fleet = rest.pop(f"{prefix}InstanceGroup", None), rest.pop(f"{prefix}InstanceFleet", None)
        groups.extend([{**group, "InstanceRole": role}] if group else [])
        fleets.extend([{**fleet, "InstanceFleetType": role}] if fleet else [])
    groups.extend({**group, "InstanceRole": "TASK"} for group in rest.pop("TaskInstanceGroups", None) or [])
    fleets.extend({**fleet, "InstanceFleetType": "TASK"} for fleet in rest.pop("TaskInstanceFleets", None) or [])
    for part in (*groups, *fleets):
        _translate_configurations(part)
    if groups:
        rest["InstanceGroups"] = groups
    if fleets:
        rest["InstanceFleets"] = fleets
    rest.setdefault("KeepJobFlowAliveWhenNoSteps", True)
    return rest


def _translate_configurations(part: dict[str, Any]) -> None:
    if part.get("Configurations"):
        part["Configurations"] = configurations(part["Configurations"])
    if part.get("InstanceTypeConfigs"):
        part["InstanceTypeConfigs"] = [
            {
                **kind,
                **({"Configurations": configurations(kind["Configurations"])} if kind.get("Configurations") else {}),
            }
            for kind in part["InstanceTypeConfigs"]
        ]


def _frozen(properties: Properties) -> Properties:
    kept = {key: value for key, value in properties.items() if key not in _IN_PLACE}
    kept["Instances"] = {k: v for k, v in properties["Instances"].items() if k != "TerminationProtected"}
    return kept


def _policy(cluster: str, name: str, old: Properties, new: Properties) -> None:
    operation = {"ManagedScalingPolicy": "managed_scaling_policy", "AutoTerminationPolicy": "auto_termination_policy"}[
        name
    ]
    if new.get(name):
        aws.call("emr", f"put_{operation}", {"ClusterId": cluster, name: new[name]})
    elif old.get(name):
        getattr(aws.client("emr"), f"remove_{operation}")(ClusterId=cluster)
