"""A lifecycle rule as CloudFormation writes it, in the S3 API's form."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from emulator.aws import Properties, truthy


def to_api(rule: Properties) -> dict[str, Any]:
    """The rule for `PutBucketLifecycleConfiguration`."""
    made: dict[str, Any] = {
        "ID": rule.get("Id") or uuid4().hex,
        "Status": rule["Status"],
        "Filter": _filter(rule),
    }
    if rule.get("Transitions") or rule.get("Transition"):
        made["Transitions"] = [_transition(t) for t in rule.get("Transitions") or [rule["Transition"]]]
    if rule.get("NoncurrentVersionTransitions"):
        made["NoncurrentVersionTransitions"] = [_noncurrent(t) for t in rule["NoncurrentVersionTransitions"]]
    if rule.get("NoncurrentVersionExpiration"):
        made["NoncurrentVersionExpiration"] = {k: int(v) for k, v in rule["NoncurrentVersionExpiration"].items()}
    if rule.get("AbortIncompleteMultipartUpload"):
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    expiration = _expiration(rule)
    if expiration:
        made["Expiration"] = expiration
    return made


def _filter(rule: Properties) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if rule.get("Prefix"):
        parts["Prefix"] = rule["Prefix"]
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if rule.get(name) is not None:
            parts[name] = int(rule[name])
    tags = rule.get("TagFilters") or []
    if len(parts) + len(tags) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    if tags:
        return {"Tag": tags[0]}
    return parts or {"Prefix": ""}


def _transition(given: Properties) -> dict[str, Any]:
    if "TransitionInDays" in given:
        return {"StorageClass": given["StorageClass"], "Days": int(given["TransitionInDays"])}
    return {"StorageClass": given["StorageClass"], "Date": given["TransitionDate"]}


def _noncurrent(given: Properties) -> dict[str, Any]:
    made = {"StorageClass": given["StorageClass"], "NoncurrentDays": int(given["TransitionInDays"])}
    if "NewerNoncurrentVersions" in given:
        made["NewerNoncurrentVersions"] = int(given["NewerNoncurrentVersions"])
    return made


def _expiration(rule: Properties) -> dict[str, Any]:
    if rule.get("ExpirationInDays"):
        return {"Days": int(rule["ExpirationInDays"])}
    if rule.get("ExpirationDate"):
        return {"Date": rule["ExpirationDate"]}
    return {"ExpiredObjectDeleteMarker": True} if truthy(rule.get("ExpiredObjectDeleteMarker")) else {}
