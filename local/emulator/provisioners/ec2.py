"""Amazon EC2 networking the endpoint's CloudFormation lacks: addresses, NAT gateways, flow logs, single group rules."""

from __future__ import annotations

from typing import Any, ClassVar

from botocore.exceptions import ClientError

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner


def _retag(resource_id: str, old: Properties, new: Properties) -> None:
    """Make a resource's tags the template's; tags from elsewhere stay."""
    gone = {t["Key"] for t in aws.tag_list(old)} - {t["Key"] for t in aws.tag_list(new)}
    if gone:
        aws.client("ec2").delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in sorted(gone)])
    if aws.tag_list(new):
        aws.client("ec2").create_tags(Resources=[resource_id], Tags=aws.tag_list(new))


def _without_tags(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if key != "Tags"}


class ElasticIp(Provisioner):
    """`AWS::EC2::EIP`; `Ref` is the address."""

    resource_type = "AWS::EC2::EIP"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Allocate an address."""
        made = aws.client("ec2").allocate_address(
            Domain=properties.get("Domain", "vpc"), TagSpecifications=aws.tag_specification("elastic-ip", properties)
        )
        return made["PublicIp"], self._attributes(made)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Only tags change in place."""
        if _without_tags(old) != _without_tags(new):
            return self.create(identity, new)
        address = self._find(physical_id)
        _retag(address["AllocationId"], old, new)
        return physical_id, self._attributes(address)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Release the address."""
        address = self._find(physical_id)
        if address:
            aws.client("ec2").release_address(AllocationId=address["AllocationId"])

    @staticmethod
    def _find(address: str) -> dict[str, Any]:
        known = aws.client("ec2").describe_addresses()["Addresses"]
        return next((found for found in known if found["PublicIp"] == address), {})

    @staticmethod
    def _attributes(address: dict[str, Any]) -> dict[str, str]:
        return {"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"]}


class NatGateway(Provisioner):
    """`AWS::EC2::NatGateway`."""

    resource_type = "AWS::EC2::NatGateway"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create the gateway in its subnet."""
        tags = aws.tag_specification("natgateway", properties)
        made = aws.call("ec2", "create_nat_gateway", _without_tags(properties), TagSpecifications=tags)
        gateway = made["NatGateway"]["NatGatewayId"]
        return gateway, {"NatGatewayId": gateway}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Only tags change in place."""
        if _without_tags(old) != _without_tags(new):
            return self.create(identity, new)
        _retag(physical_id, old, new)
        return physical_id, {"NatGatewayId": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the gateway; one that is gone is no error."""
        try:
            aws.client("ec2").delete_nat_gateway(NatGatewayId=physical_id)
        except ClientError as error:
            if "NotFound" not in str(error):
                raise


class FlowLog(Provisioner):
    """`AWS::EC2::FlowLog`."""

    resource_type = "AWS::EC2::FlowLog"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Start the log of one resource."""
        rest = {key: value for key, value in _without_tags(properties).items() if key != "ResourceId"}
        made = aws.call(
            "ec2",
            "create_flow_logs",
            rest,
            ResourceIds=[properties["ResourceId"]],
            TagSpecifications=aws.tag_specification("vpc-flow-log", properties),
        )
        flow_log = made["FlowLogIds"][0]
        _retag(flow_log, {}, properties)
        return flow_log, {"Id": flow_log}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Only tags change in place."""
        if _without_tags(old) != _without_tags(new):
            return self.create(identity, new)
        _retag(physical_id, old, new)
        return physical_id, {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Stop the log."""
        aws.client("ec2").delete_flow_logs(FlowLogIds=[physical_id])


class _SecurityGroupRule(Provisioner):
    """A rule of its own: ingress or egress."""

    direction: ClassVar[str]
    peer_group: ClassVar[str]
    peer_prefix_list: ClassVar[str]

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Authorize the rule."""
        authorize = getattr(aws.client("ec2"), f"authorize_security_group_{self.direction}")
        made = authorize(GroupId=properties["GroupId"], IpPermissions=[self._permission(properties)])
        rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return rule, {"Id": rule}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Revoke the rule; a group or rule that is gone is no error."""
        revoke = getattr(aws.client("ec2"), f"revoke_security_group_{self.direction}")
        try:
            revoke(GroupId=properties["GroupId"], IpPermissions=[self._permission(properties)])
        except ClientError as error:
            if "NotFound" not in str(error):
                raise

    def _permission(self, properties: Properties) -> dict[str, Any]:
        described = {"Description": properties["Description"]} if properties.get("Description") else {}
        permission: dict[str, Any] = {"IpProtocol": str(properties["IpProtocol"])}
        for name in ("FromPort", "ToPort"):
            if properties.get(name) is not None:
                permission[name] = int(properties[name])
        peers = (
            ("CidrIp", "IpRanges", "CidrIp"),
            ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
            (self.peer_group, "UserIdGroupPairs", "GroupId"),
            (self.peer_prefix_list, "PrefixListIds", "PrefixListId"),
        )
        for given, ranges, name in peers:
            if properties.get(given):
                permission[ranges] = [{name: properties[given], **described}]
        return permission


class SecurityGroupIngress(_SecurityGroupRule):
    """`AWS::EC2::SecurityGroupIngress`."""

    resource_type = "AWS::EC2::SecurityGroupIngress"
    direction = "ingress"
    peer_group = "SourceSecurityGroupId"
    peer_prefix_list = "SourcePrefixListId"


class SecurityGroupEgress(_SecurityGroupRule):
    """`AWS::EC2::SecurityGroupEgress`."""

    resource_type = "AWS::EC2::SecurityGroupEgress"
    direction = "egress"
    peer_group = "DestinationSecurityGroupId"
    peer_prefix_list = "DestinationPrefixListId"
