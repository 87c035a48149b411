"""The Application Auto Scaling API, which the endpoint lacks: targets and policies are kept, and nothing scales.

Source: Application Auto Scaling API reference; Amazon MSK Developer Guide, "Automatic scaling for Amazon MSK clusters".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from ministack import app as served
from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response, new_uuid
from ministack.services import msk

from emulator import aws
from emulator.completions.rest_json import RefusedError

Request = dict[str, Any]

_KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_VOLUMES = ("kafka", "kafka:broker-storage:VolumeSize")
_LARGEST_VOLUME_GIB = 16_384

_targets: Any = AccountRegionScopedDict()
"""Namespace, resource and dimension, joined by bars -> the target."""
_policies: Any = AccountRegionScopedDict()
"""The same and the policy's name -> the policy."""
_tags: Any = AccountRegionScopedDict()
"""ARN of a target -> its tags."""


def install() -> None:
    """Answer for the service."""

    async def handling(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Any:
        name = headers.get("x-amz-target", "").split(".")[-1]
        operation = _OPERATIONS.get(name)
        if operation is None:
            return error_response_json("ValidationException", f"{name} is not emulated.", 400)
        try:
            return json_response(operation(json.loads(body or b"{}")))
        except RefusedError as refused:
            return error_response_json(refused.code, str(refused), refused.status)

    served.SERVICE_HANDLERS["application-autoscaling"] = handling


def _key(request: Request) -> str:
    return "|".join(str(request[name]) for name in _KEY)


def _register(request: Request) -> Request:
    key = _key(request)
    given: Request = {name: request[name] for name in ("MinCapacity", "MaxCapacity", "RoleARN") if name in request}
    before: Request = _targets.get(key) or {
        **{name: request[name] for name in _KEY},
        "CreationTime": time.time(),
        "ScalableTargetARN": aws.arn("application-autoscaling", f"scalable-target/{new_uuid()}"),
    }
    target = {**before, **given}
    _check(target)
    _targets[key] = target
    if request.get("Tags"):
        _tags[target["ScalableTargetARN"]] = dict(request["Tags"])
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def _check(target: Request) -> None:
    """Limits the right way round, and volumes of a cluster that is there and has volumes."""
    least, most = target.get("MinCapacity"), target.get("MaxCapacity")
    if least is None or most is None or least > most:
        raise _invalid(f"Minimum capacity {least} must be at most the maximum, {most}.")
    if (target["ServiceNamespace"], target["ScalableDimension"]) != _VOLUMES:
        raise _invalid(f"{target['ScalableDimension']} is not emulated.")
    cluster = msk._clusters.get(target["ResourceId"])
    if cluster is None or not cluster["BrokerNodeGroupInfo"].get("storageInfo"):
        raise _invalid(f"Cluster {target['ResourceId']} has no volumes that can grow.")
    if most > _LARGEST_VOLUME_GIB:
        raise _invalid(f"A volume has {_LARGEST_VOLUME_GIB} GiB at most.")


def _deregister(request: Request) -> Request:
    key = _key(request)
    target = _targets.pop(key, None)
    if target is None:
        raise _missing(f"No scalable target is registered for {key}.")
    _tags.pop(target["ScalableTargetARN"], None)
    for name in [name for name in _policies if name.startswith(f"{key}|")]:
        del _policies[name]
    return {}


def _describe_targets(request: Request) -> Request:
    asked = request.get("ResourceIds")
    found = [target for target in _targets.values() if _matches(target, request)]
    return {"ScalableTargets": [target for target in found if asked is None or target["ResourceId"] in asked]}


def _put_policy(request: Request) -> Request:
    target = _targets.get(_key(request))
    if target is None:
        raise _missing(f"No scalable target is registered for {_key(request)}.")
    key = f"{_key(request)}|{request['PolicyName']}"
    before: Request = _policies.get(key) or {}
    identity = f"scalingPolicy:{new_uuid()}:resource/{request['ServiceNamespace']}/{request['ResourceId']}"
    _policies[key] = {
        **request,
        "Alarms": [],
        "CreationTime": before.get("CreationTime", time.time()),
        "PolicyARN": before.get("PolicyARN")
        or aws.arn("autoscaling", f"{identity}:policyName/{request['PolicyName']}"),
    }
    return {"PolicyARN": _policies[key]["PolicyARN"], "Alarms": []}


def _describe_policies(request: Request) -> Request:
    names = request.get("PolicyNames")
    found = [policy for policy in _policies.values() if _matches(policy, request)]
    resource = request.get("ResourceId")
    return {
        "ScalingPolicies": [
            policy
            for policy in found
            if (names is None or policy["PolicyName"] in names) and (resource in (None, policy["ResourceId"]))
        ]
    }


def _delete_policy(request: Request) -> Request:
    if _policies.pop(f"{_key(request)}|{request['PolicyName']}", None) is None:
        raise _missing(f"No scaling policy is called {request['PolicyName']}.")
    return {}


def _tag(request: Request) -> Request:
    arn = request["ResourceARN"]
    _tags[arn] = {**_tags.get(arn, {}), **request["Tags"]}
    return {}


def _untag(request: Request) -> Request:
    arn = request["ResourceARN"]
    _tags[arn] = {key: value for key, value in _tags.get(arn, {}).items() if key not in request["TagKeys"]}
    return {}


def _matches(record: Request, request: Request) -> bool:
    names = ("ServiceNamespace", "ScalableDimension")
    return all(request.get(name) in (None, record[name]) for name in names)


def _invalid(message: str) -> RefusedError:
    return RefusedError(message, "ValidationException")


def _missing(message: str) -> RefusedError:
    return RefusedError(message, "ObjectNotFoundException")


_OPERATIONS: dict[str, Callable[[Request], Request]] = {
    "RegisterScalableTarget": _register,
    "DeregisterScalableTarget": _deregister,
    "DescribeScalableTargets": _describe_targets,
    "PutScalingPolicy": _put_policy,
    "DescribeScalingPolicies": _describe_policies,
    "DeleteScalingPolicy": _delete_policy,
    "ListTagsForResource": lambda request: {"Tags": dict(_tags.get(request["ResourceARN"], {}))},
    "TagResource": _tag,
    "UntagResource": _untag,
}
