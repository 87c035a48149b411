"""Amazon EC2: networks, routes, security groups, endpoints, flow logs."""

from __future__ import annotations

from typing import Any

from readback.aws import Aws
from readback.model import Live, Resource
from readback.readers.common import first, found, present, reader


def _describe(aws: Aws, operation: str, key: str, **arguments: Any) -> Any:
    answer = found(lambda: getattr(aws.client("ec2"), operation)(**arguments))
    return first(answer[key]) if answer else None


@reader("AWS::EC2::VPC")
def vpc(aws: Aws, resource: Resource) -> Live | None:
    """DescribeVpcs, DescribeVpcAttribute."""
    ec2, name = aws.client("ec2"), resource.physical_id
    live = _describe(aws, "describe_vpcs", "Vpcs", VpcIds=[name])
    if live is None:
        return None
    attribute = {
        key: ec2.describe_vpc_attribute(VpcId=name, Attribute=key[0].lower() + key[1:])[key]["Value"]
        for key in ("EnableDnsSupport", "EnableDnsHostnames")
    }
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [name]}])["SecurityGroups"]
    default = first(group for group in groups if group["GroupName"] == "default")
    return Live(
        {
            **present(CidrBlock=live["CidrBlock"], InstanceTenancy=live.get("InstanceTenancy"), Tags=live.get("Tags")),
            **attribute,
        },
        present(VpcId=name, CidrBlock=live["CidrBlock"], DefaultSecurityGroup=default and default["GroupId"]),
    )


@reader("AWS::EC2::Subnet")
def subnet(aws: Aws, resource: Resource) -> Live | None:
    """DescribeSubnets."""
    live = _describe(aws, "describe_subnets", "Subnets", SubnetIds=[resource.physical_id])
    if live is None:
        return None
    names = ("AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "VpcId", "Tags", "AssignIpv6AddressOnCreation")
    attributes = present(SubnetId=live["SubnetId"], AvailabilityZone=live["AvailabilityZone"], VpcId=live["VpcId"])
    return Live({name: live[name] for name in names if name in live}, attributes)


def _route_table(aws: Aws, identifier: str) -> Any:
    return _describe(aws, "describe_route_tables", "RouteTables", RouteTableIds=[identifier])


@reader("AWS::EC2::RouteTable")
def route_table(aws: Aws, resource: Resource) -> Live | None:
    """DescribeRouteTables."""
    live = _route_table(aws, resource.physical_id)
    if live is None:
        return None
    return Live(present(VpcId=live["VpcId"], Tags=live.get("Tags")), {"RouteTableId": live["RouteTableId"]})


@reader("AWS::EC2::Route")
def route(aws: Aws, resource: Resource) -> Live | None:
    """The route to its destination in DescribeRouteTables."""
    wanted = resource.expected
    table = _route_table(aws, wanted["RouteTableId"])
    keys = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    live = first(
        item
        for item in (table or {}).get("Routes", [])
        if any(wanted.get(key) and item.get(key) == wanted[key] for key in keys)
    )
    if live is None:
        return None
    gateways = ("GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId")
    return Live(
        {"RouteTableId": table["RouteTableId"], **present(**{key: live.get(key) for key in (*keys, *gateways)})}
    )


@reader("AWS::EC2::SubnetRouteTableAssociation")
def subnet_route_table_association(aws: Aws, resource: Resource) -> Live | None:
    """The association of that id in DescribeRouteTables."""
    for table in aws.client("ec2").describe_route_tables()["RouteTables"]:
        for association in table.get("Associations") or []:
            if association["RouteTableAssociationId"] == resource.physical_id:
                members = present(RouteTableId=table["RouteTableId"], SubnetId=association.get("SubnetId"))
                return Live(members, {"Id": resource.physical_id})
    return None


@reader("AWS::EC2::InternetGateway")
def internet_gateway(aws: Aws, resource: Resource) -> Live | None:
    """DescribeInternetGateways."""
    identifiers = [resource.physical_id]
    live = _describe(aws, "describe_internet_gateways", "InternetGateways", InternetGatewayIds=identifiers)
    return live and Live(present(Tags=live.get("Tags")), {"InternetGatewayId": live["InternetGatewayId"]})


@reader("AWS::EC2::VPCGatewayAttachment")
def vpc_gateway_attachment(aws: Aws, resource: Resource) -> Live | None:
    """The gateway's attachments in DescribeInternetGateways."""
    gateway = resource.expected["InternetGatewayId"]
    live = _describe(aws, "describe_internet_gateways", "InternetGateways", InternetGatewayIds=[gateway])
    attached = first((live or {}).get("Attachments"))
    return attached and Live({"InternetGatewayId": gateway, "VpcId": attached["VpcId"]})


@reader("AWS::EC2::EIP")
def elastic_ip(aws: Aws, resource: Resource) -> Live | None:
    """DescribeAddresses."""
    live = first(
        item for item in aws.client("ec2").describe_addresses()["Addresses"] if item["PublicIp"] == resource.physical_id
    )
    attributes = live and {"AllocationId": live["AllocationId"], "PublicIp": live["PublicIp"]}
    return live and Live(present(Domain=live.get("Domain"), Tags=live.get("Tags")), attributes)


@reader("AWS::EC2::NatGateway")
def nat_gateway(aws: Aws, resource: Resource) -> Live | None:
    """DescribeNatGateways."""
    live = _describe(aws, "describe_nat_gateways", "NatGateways", NatGatewayIds=[resource.physical_id])
    if live is None or live["State"] == "deleted":
        return None
    address = first(live.get("NatGatewayAddresses")) or {}
    members = present(
        AllocationId=address.get("AllocationId"),
        SubnetId=live["SubnetId"],
        ConnectivityType=live.get("ConnectivityType"),
        Tags=live.get("Tags"),
    )
    return Live(members, {"NatGatewayId": live["NatGatewayId"]})


@reader("AWS::EC2::VPCEndpoint")
def vpc_endpoint(aws: Aws, resource: Resource) -> Live | None:
    """DescribeVpcEndpoints."""
    live = _describe(aws, "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[resource.physical_id])
    if live is None:
        return None
    members = present(
        VpcId=live["VpcId"],
        ServiceName=live["ServiceName"],
        VpcEndpointType=live["VpcEndpointType"],
        RouteTableIds=live.get("RouteTableIds"),
        SubnetIds=live.get("SubnetIds"),
        SecurityGroupIds=[group["GroupId"] for group in live.get("Groups") or []],
        PolicyDocument=live.get("PolicyDocument"),
        Tags=live.get("Tags"),
    )
    return Live({**members, "PrivateDnsEnabled": live.get("PrivateDnsEnabled", False)}, {"Id": live["VpcEndpointId"]})


@reader("AWS::EC2::FlowLog")
def flow_log(aws: Aws, resource: Resource) -> Live | None:
    """DescribeFlowLogs."""
    live = _describe(aws, "describe_flow_logs", "FlowLogs", FlowLogIds=[resource.physical_id])
    if live is None:
        return None
    names = (
        *("DeliverLogsPermissionArn", "DeliverCrossAccountRole", "DestinationOptions", "LogDestination"),
        *("LogDestinationType", "LogFormat", "LogGroupName", "MaxAggregationInterval", "ResourceId", "Tags"),
        "TrafficType",
    )
    kind = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}.get(live["ResourceId"].split("-")[0])
    members = {name: live.get(name) for name in names}
    return Live(present(**members, ResourceType=live.get("ResourceType", kind)), {"Id": live["FlowLogId"]})
