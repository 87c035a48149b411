"""Amazon EC2 security groups and their rules."""

from __future__ import annotations

from typing import Any

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import first, found, present, reader


@reader("AWS::EC2::SecurityGroup")
def security_group(aws: Aws, resource: Resource) -> Live | None:
    """DescribeSecurityGroups; the rules listed are the group's all, wherever they were declared."""
    live = _group(aws, resource.physical_id)
    if live is None:
        return None
    members = present(
        GroupDescription=live["Description"],
        GroupName=live["GroupName"],
        VpcId=live.get("VpcId"),
        SecurityGroupIngress=[rule for item in live["IpPermissions"] for rule in _rules(item, "Source")],
        SecurityGroupEgress=[rule for item in live["IpPermissionsEgress"] for rule in _rules(item, "Destination")],
        Tags=live.get("Tags"),
    )
    return Live(members, {"GroupId": live["GroupId"], "VpcId": live.get("VpcId"), "Id": live["GroupId"]})


@reader("AWS::EC2::SecurityGroupIngress")
def ingress(aws: Aws, resource: Resource) -> Live | None:
    """The rule among its group's in DescribeSecurityGroups."""
    return _single(aws, resource, "IpPermissions", "Source")


@reader("AWS::EC2::SecurityGroupEgress")
def egress(aws: Aws, resource: Resource) -> Live | None:
    """The rule among its group's in DescribeSecurityGroups."""
    return _single(aws, resource, "IpPermissionsEgress", "Destination")


def _single(aws: Aws, resource: Resource, key: str, side: str) -> Live | None:
    rules = aws.client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [resource.expected["GroupId"]]}]
    )["SecurityGroupRules"]
    live = first(rule for rule in rules if rule["SecurityGroupRuleId"] == resource.physical_id)
    if live is None:
        return None
    wanted_direction = side == "Destination"
    if bool(live.get("IsEgress")) != wanted_direction:
        return None
    members = {
        **present(
            GroupId=live["GroupId"],
            IpProtocol=live["IpProtocol"],
            CidrIp=live.get("CidrIpv4"),
            CidrIpv6=live.get("CidrIpv6"),
            Description=live.get("Description"),
        ),
        **{key: live[key] for key in ("FromPort", "ToPort") if key in live},
    }
    peer = (live.get("ReferencedGroupInfo") or {}).get("GroupId")
    if peer:
        members[f"{side}SecurityGroupId"] = peer
    if live.get("PrefixListId"):
        members[f"{side}PrefixListId"] = live["PrefixListId"]
    return Live(members, {"Id": resource.physical_id})


def _group(aws: Aws, identifier: str) -> Any:
    answer = found(lambda: aws.client("ec2").describe_security_groups(GroupIds=[identifier]))
    return first(answer["SecurityGroups"]) if answer else None


def _rules(permission: Properties, side: str) -> list[Properties]:
    base: Properties = {key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in permission}
    peers = (
        ("IpRanges", "CidrIp", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
        ("UserIdGroupPairs", "GroupId", f"{side}SecurityGroupId"),
        ("PrefixListIds", "PrefixListId", f"{side}PrefixListId"),
    )
    return [
        {**base, name: peer[member], **present(Description=peer.get("Description"))}
        for ranges, member, name in peers
        for peer in permission.get(ranges) or []
    ]
