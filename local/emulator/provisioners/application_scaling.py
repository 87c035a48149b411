"""Application Auto Scaling: targets, and the policies by which they scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner

_KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class ScalableTarget(Provisioner):
    """`AWS::ApplicationAutoScaling::ScalableTarget`; `Ref` is resource, dimension and namespace."""

    resource_type = "AWS::ApplicationAutoScaling::ScalableTarget"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Its id is made of what it scales."""
        aws.call("application-autoscaling", "register_scalable_target", properties)
        physical_id = "|".join(properties[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace"))
        return physical_id, {"Id": physical_id}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Registered again, with other limits; tags beside it, which the service takes from a new target alone."""
        if any(old[name] != new[name] for name in _KEY):
            return self.create(identity, new)
        scaling = aws.client("application-autoscaling")
        untagged = {name: value for name, value in new.items() if name != "Tags"}
        arn = aws.call("application-autoscaling", "register_scalable_target", untagged)["ScalableTargetARN"]
        before, after = ({tag["Key"]: tag["Value"] for tag in aws.tag_list(tagged)} for tagged in (old, new))
        gone = sorted(set(before) - set(after))
        if gone:
            scaling.untag_resource(ResourceARN=arn, TagKeys=gone)
        if after:
            scaling.tag_resource(ResourceARN=arn, Tags=after)
        return physical_id, {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        key = {name: properties[name] for name in _KEY}
        _gone(lambda: aws.client("application-autoscaling").deregister_scalable_target(**key))


class ScalingPolicy(Provisioner):
    """`AWS::ApplicationAutoScaling::ScalingPolicy`; `Ref` is the ARN."""

    resource_type = "AWS::ApplicationAutoScaling::ScalingPolicy"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Putting one that is there changes it."""
        answer = aws.call("application-autoscaling", "put_scaling_policy", properties, **_target_of(properties))
        arn = str(answer["PolicyARN"])
        return arn, {"Arn": arn}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone, with its target perhaps, is no error."""
        key = {**_target_of(properties), "PolicyName": properties["PolicyName"]}
        _gone(lambda: aws.client("application-autoscaling").delete_scaling_policy(**key))


def _target_of(properties: Properties) -> dict[str, str]:
    """What the policy scales, named by the target's id or by its parts."""
    target = properties.get("ScalingTargetId")
    if target is None:
        return {name: str(properties[name]) for name in _KEY}
    resource, dimension, namespace = target.split("|")
    return {"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension}


def _gone(delete: Callable[[], Any]) -> None:
    try:
        delete()
    except ClientError as error:
        if error.response["Error"]["Code"] != "ObjectNotFoundException":
            raise
