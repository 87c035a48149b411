"""Resources of every EC2 type."""

from __future__ import annotations

from tests.templates import Template, att, ref, tags


def network() -> dict[str, Template]:
    vpc = ref("Vpc")
    return {
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "Properties": {
                "CidrBlock": "10.3.0.0/16",
                "EnableDnsHostnames": True,
                "EnableDnsSupport": True,
                "InstanceTenancy": "default",
                "Tags": tags("vpc"),
            },
        },
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": vpc,
                "CidrBlock": "10.3.1.0/24",
                "AvailabilityZone": "us-east-1b",
                "MapPublicIpOnLaunch": True,
                "Tags": tags("subnet"),
            },
        },
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": vpc, "Tags": tags("routes")}},
        "Association": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": ref("Routes"), "SubnetId": ref("Subnet")},
        },
        "Internet": {"Type": "AWS::EC2::InternetGateway", "Properties": {"Tags": tags("internet")}},
        "Attachment": {
            "Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": vpc, "InternetGatewayId": ref("Internet")},
        },
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc", "Tags": tags("address")}},
        "Nat": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {
                "AllocationId": att("Address", "AllocationId"),
                "SubnetId": ref("Subnet"),
                "Tags": tags("nat"),
            },
        },
        "Out": {
            "Type": "AWS::EC2::Route",
            "Properties": {
                "RouteTableId": ref("Routes"),
                "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": ref("Nat"),
            },
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {
                "GroupDescription": "of tests",
                "VpcId": vpc,
                "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "Description": "all"}],
                "Tags": tags("group"),
            },
        },
        "In": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": att("Group", "GroupId"),
                "IpProtocol": "tcp",
                "FromPort": 9443,
                "ToPort": 9444,
                "SourceSecurityGroupId": att("Group", "GroupId"),
                "Description": "from itself",
            },
        },
        "Away": {
            "Type": "AWS::EC2::SecurityGroupEgress",
            "Properties": {
                "GroupId": att("Group", "GroupId"),
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "CidrIp": "10.0.0.0/8",
                "Description": "inside",
            },
        },
        "Gateway": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": vpc,
                "ServiceName": "com.amazonaws.us-east-1.s3",
                "VpcEndpointType": "Gateway",
                "RouteTableIds": [ref("Routes")],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
                },
                "Tags": tags("gateway"),
            },
        },
        "Interface": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": vpc,
                "ServiceName": "com.amazonaws.us-east-1.kms",
                "VpcEndpointType": "Interface",
                "SubnetIds": [ref("Subnet")],
                "SecurityGroupIds": [att("Group", "GroupId")],
                "PrivateDnsEnabled": True,
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
                },
                "Tags": tags("interface"),
            },
        },
        "Flow": {
            "Type": "AWS::EC2::FlowLog",
            "Properties": {
                "DeliverLogsPermissionArn": att("Role", "Arn"),
                "LogDestinationType": "cloud-watch-logs",
                "LogGroupName": ref("Logs"),
                "MaxAggregationInterval": 60,
                "ResourceId": vpc,
                "ResourceType": "VPC",
                "TrafficType": "REJECT",
                "Tags": tags("flow"),
            },
        },
    }
