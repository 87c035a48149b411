"""Application Auto Scaling: targets and policies."""

from __future__ import annotations

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import first, present, reader

_KEY = ("ResourceId", "ScalableDimension", "ServiceNamespace")


@reader("AWS::ApplicationAutoScaling::ScalableTarget")
def scalable_target(aws: Aws, resource: Resource) -> Live | None:
    """DescribeScalableTargets, ListTagsForResource."""
    resource_id, dimension, namespace = resource.physical_id.split("|")
    scaling = aws.client("application-autoscaling")
    answer = scaling.describe_scalable_targets(
        ServiceNamespace=namespace, ResourceIds=[resource_id], ScalableDimension=dimension
    )
    live = first(answer["ScalableTargets"])
    if live is None:
        return None
    names = (*_KEY, "MinCapacity", "MaxCapacity", "RoleARN")
    tags = scaling.list_tags_for_resource(ResourceARN=live["ScalableTargetARN"])["Tags"]
    members = {name: live.get(name) for name in names}
    return Live(present(**members, Tags=[{"Key": key, "Value": tags[key]} for key in sorted(tags)]), {"Id": _id(live)})


@reader("AWS::ApplicationAutoScaling::ScalingPolicy")
def scaling_policy(aws: Aws, resource: Resource) -> Live | None:
    """DescribeScalingPolicies; the target's id is made of what the policy says of it."""
    namespace = resource.physical_id.split(":resource/")[1].split("/")[0]
    answer = aws.client("application-autoscaling").describe_scaling_policies(ServiceNamespace=namespace)
    live = first(policy for policy in answer["ScalingPolicies"] if policy["PolicyARN"] == resource.physical_id)
    if live is None:
        return None
    names = ("PolicyName", "PolicyType", "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration")
    members = {name: live.get(name) for name in (*names, *_KEY)}
    return Live(present(**members, ScalingTargetId=_id(live)), {"Arn": live["PolicyARN"]})


def _id(live: Properties) -> str:
    return "|".join(str(live[name]) for name in _KEY)
