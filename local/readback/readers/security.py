"""AWS KMS and AWS IAM."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from readback.aws import Aws
from readback.model import ABSENT, Live, Properties, Resource
from readback.readers.common import first, found, present, reader


@reader("AWS::KMS::Key")
def key(aws: Aws, resource: Resource) -> Live | None:
    """DescribeKey, GetKeyPolicy, GetKeyRotationStatus, ListResourceTags."""
    kms, name = aws.client("kms"), resource.physical_id
    answer = found(lambda: kms.describe_key(KeyId=name))
    if answer is None:
        return None
    live = answer["KeyMetadata"]
    rotation = kms.get_key_rotation_status(KeyId=name)
    tags = kms.list_resource_tags(KeyId=name).get("Tags") or []
    members = {
        "Enabled": live["Enabled"],
        "EnableKeyRotation": rotation["KeyRotationEnabled"],
        "MultiRegion": live.get("MultiRegion", False),
        **present(
            Description=live.get("Description"),
            KeyPolicy=kms.get_key_policy(KeyId=name, PolicyName="default")["Policy"],
            KeySpec=live.get("KeySpec"),
            KeyUsage=live.get("KeyUsage"),
            Origin=live.get("Origin"),
            RotationPeriodInDays=rotation.get("RotationPeriodInDays"),
            Tags=[{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in tags],
        ),
    }
    return Live(members, {"Arn": live["Arn"], "KeyId": live["KeyId"]})


@reader("AWS::KMS::Alias")
def alias(aws: Aws, resource: Resource) -> Live | None:
    """ListAliases and DescribeKey: the template may name the key by id or by ARN."""
    aliases = aws.pages("kms", "list_aliases", "Aliases")
    live = first(item for item in aliases if item["AliasName"] == resource.physical_id)
    if live is None:
        return None
    target = live.get("TargetKeyId", "")
    if str(resource.expected.get("TargetKeyId", "")).startswith("arn:"):
        target = aws.client("kms").describe_key(KeyId=target)["KeyMetadata"]["Arn"]
    return Live({"AliasName": live["AliasName"], "TargetKeyId": target})


@reader("AWS::IAM::Role")
def role(aws: Aws, resource: Resource) -> Live | None:
    """GetRole, the inline policies of its own, ListAttachedRolePolicies."""
    iam, name = aws.client("iam"), resource.physical_id
    answer = found(lambda: iam.get_role(RoleName=name))
    if answer is None:
        return None
    live = answer["Role"]
    declared = [policy["PolicyName"] for policy in resource.expected.get("Policies") or []]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    wanted = resource.expected.get("ManagedPolicyArns") or []
    members = present(
        RoleName=live["RoleName"],
        AssumeRolePolicyDocument=_document(live["AssumeRolePolicyDocument"]),
        Description=live.get("Description"),
        Path=live.get("Path"),
        MaxSessionDuration=live.get("MaxSessionDuration"),
        # managed policies name their roles too: only this template's own are its property
        ManagedPolicyArns=[policy["PolicyArn"] for policy in attached if policy["PolicyArn"] in wanted],
        PermissionsBoundary=(live.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        Policies=[p for policy in declared if (p := _inline(aws, name, policy))],
        Tags=live.get("Tags"),
    )
    return Live(members, {"Arn": live["Arn"], "RoleId": live["RoleId"]})


@reader("AWS::IAM::Policy")
def policy(aws: Aws, resource: Resource) -> Live | None:
    """GetRolePolicy of each role the template names."""
    roles = resource.expected.get("Roles") or []
    found_on = {name: _inline(aws, name, resource.expected["PolicyName"]) for name in roles}
    held = [name for name, live in found_on.items() if live]
    if not held:
        return None
    documents = [found_on[name]["PolicyDocument"] for name in held]
    same = all(document == documents[0] for document in documents)
    return Live(
        {
            "PolicyName": resource.expected["PolicyName"],
            "PolicyDocument": documents[0] if same else ABSENT,
            "Roles": held,
        }
    )


@reader("AWS::IAM::ManagedPolicy")
def managed_policy(aws: Aws, resource: Resource) -> Live | None:
    """GetPolicy, GetPolicyVersion, ListEntitiesForPolicy."""
    iam, arn = aws.client("iam"), resource.physical_id
    answer = found(lambda: iam.get_policy(PolicyArn=arn))
    if answer is None:
        return None
    live = answer["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=live["DefaultVersionId"])["PolicyVersion"]
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    members = present(
        ManagedPolicyName=live["PolicyName"],
        Description=live.get("Description"),
        Path=live.get("Path"),
        PolicyDocument=_document(version["Document"]),
        Roles=[item["RoleName"] for item in entities.get("PolicyRoles") or []],
    )
    return Live(members, {"PolicyArn": arn, "PolicyId": live["PolicyId"]})


@reader("AWS::IAM::InstanceProfile")
def instance_profile(aws: Aws, resource: Resource) -> Live | None:
    """GetInstanceProfile."""
    name = resource.physical_id
    answer = found(lambda: aws.client("iam").get_instance_profile(InstanceProfileName=name))
    if answer is None:
        return None
    live = answer["InstanceProfile"]
    roles = [item["RoleName"] for item in live.get("Roles") or []]
    members = present(InstanceProfileName=live["InstanceProfileName"], Path=live.get("Path"), Roles=roles)
    return Live(members, {"Arn": live["Arn"]})


def _inline(aws: Aws, role_name: str, policy_name: str) -> Any:
    iam = aws.client("iam")
    answer = found(lambda: iam.get_role_policy(RoleName=role_name, PolicyName=policy_name))
    return answer and {"PolicyName": answer["PolicyName"], "PolicyDocument": _document(answer["PolicyDocument"])}


def _document(value: Any) -> Properties:
    document: Properties = json.loads(unquote(value)) if isinstance(value, str) else value
    return document
