"""EC2 describe operations that leave out fields the create operations were given: flow logs, NAT gateways, endpoints.

Source: EC2 API reference, DescribeFlowLogs, DescribeNatGateways, DescribeVpcEndpoints, CreateVpcEndpoint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import ec2

Response = tuple[int, dict[str, str], bytes]
Action = Callable[[dict[str, Any]], Response]

_FLOW_LOG_FIELDS = {
    "DeliverLogsPermissionArn": "deliverLogsPermissionArn",
    "DeliverCrossAccountRole": "deliverCrossAccountRole",
    "LogFormat": "logFormat",
    "LogGroupName": "logGroupName",
    "MaxAggregationInterval": "maxAggregationInterval",
}
_DESTINATION_FIELDS = {
    "FileFormat": "fileFormat",
    "HiveCompatiblePartitions": "hiveCompatiblePartitions",
    "PerHourPartition": "perHourPartition",
}


def install() -> None:
    """Wrap the actions in the endpoint's own table."""
    actions: dict[str, Action] = ec2._ACTION_MAP
    actions["CreateFlowLogs"] = _keeping(actions["CreateFlowLogs"], ec2._flow_logs, "fl", _flow_log_fields)
    actions["DescribeFlowLogs"] = _adding(actions["DescribeFlowLogs"], ec2._flow_logs, "flowLogId", _flow_log_xml)
    actions["DescribeNatGateways"] = _adding(
        actions["DescribeNatGateways"], ec2._nat_gateways, "natGatewayId", _nat_gateway_xml
    )
    actions["CreateVpcEndpoint"] = _keeping(
        actions["CreateVpcEndpoint"], ec2._vpc_endpoints, "vpce", _vpc_endpoint_fields
    )
    actions["DescribeVpcEndpoints"] = _adding(
        actions["DescribeVpcEndpoints"], ec2._vpc_endpoints, "vpcEndpointId", _vpc_endpoint_xml
    )


def _keeping(create: Action, store: Any, prefix: str, fields: Callable[[dict[str, Any]], dict[str, Any]]) -> Action:
    """Run the creation, then keep the request fields it dropped on each record it made."""

    def kept(params: dict[str, Any]) -> Response:
        response = create(params)
        for found in set(re.findall(rf"{prefix}-[0-9a-f]{{17}}", response[2].decode())):
            if found in store:
                store[found].update(fields(params))
        return response

    return kept


def _adding(describe: Action, store: Any, key: str, render: Callable[[dict[str, Any]], str]) -> Action:
    """Run the description, then add to each item the fields kept on its record."""
    id_element = re.compile(rf"<{key}>([^<]+)</{key}>")

    def added(params: dict[str, Any]) -> Response:
        status, headers, body = describe(params)
        text = (body if isinstance(body, str) else body.decode()).replace("<natGatewayAddressSet/>", "")
        text = id_element.sub(lambda m: m[0] + (render(store[m[1]]) if m[1] in store else ""), text)
        return status, headers, text.encode()

    return added


def _flow_log_fields(params: dict[str, Any]) -> dict[str, Any]:
    kept = {name: ec2._p(params, name) for name in _FLOW_LOG_FIELDS}
    options = {name: ec2._p(params, f"DestinationOptions.{name}") for name in _DESTINATION_FIELDS}
    return {"kept": {k: v for k, v in kept.items() if v}, "options": {k: v for k, v in options.items() if v}}


def _flow_log_xml(record: dict[str, Any]) -> str:
    options = _elements(record.get("options", {}), _DESTINATION_FIELDS)
    resource_type = f"<resourceType>{escape(str(record.get('ResourceType', '')))}</resourceType>"
    wrapped = f"<destinationOptions>{options}</destinationOptions>" if options else ""
    return _elements(record.get("kept", {}), _FLOW_LOG_FIELDS) + resource_type + wrapped


def _nat_gateway_xml(record: dict[str, Any]) -> str:
    if not record.get("AllocationId"):
        return ""
    allocation = f"<item><allocationId>{escape(str(record['AllocationId']))}</allocationId></item>"
    return f"<natGatewayAddressSet>{allocation}</natGatewayAddressSet>"


def _vpc_endpoint_fields(params: dict[str, Any]) -> dict[str, Any]:
    return {
        "SecurityGroupIds": ec2._parse_member_list(params, "SecurityGroupId"),
        "PrivateDnsEnabled": ec2._p(params, "PrivateDnsEnabled") == "true",
        "PolicyDocument": ec2._p(params, "PolicyDocument") or None,
    }


def _vpc_endpoint_xml(record: dict[str, Any]) -> str:
    groups = "".join(
        f"<item><groupId>{escape(group)}</groupId></item>" for group in record.get("SecurityGroupIds") or []
    )
    dns = str(bool(record.get("PrivateDnsEnabled"))).lower()
    policy = record.get("PolicyDocument")
    document = json.dumps(policy) if isinstance(policy, dict) else policy
    return f"<groupSet>{groups}</groupSet><privateDnsEnabled>{dns}</privateDnsEnabled>" + (
        f"<policyDocument>{escape(document)}</policyDocument>" if document else ""
    )


def _elements(values: dict[str, Any], names: dict[str, str]) -> str:
    return "".join(f"<{names[k]}>{escape(str(v))}</{names[k]}>" for k, v in values.items())
