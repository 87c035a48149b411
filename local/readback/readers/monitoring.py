"""Amazon CloudWatch and CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from readback.aws import Aws
from readback.model import Live, Properties, Resource
from readback.readers.common import first, found, present, reader

_ALARM = (
    *("ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "ComparisonOperator", "DatapointsToAlarm"),
    *("Dimensions", "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "ExtendedStatistic", "Metrics"),
    *("InsufficientDataActions", "MetricName", "Namespace", "OKActions", "Period", "Statistic", "Threshold"),
    *("ThresholdMetricId", "TreatMissingData", "Unit", "AlarmRule", "ActionsSuppressor"),
    *("ActionsSuppressorExtensionPeriod", "ActionsSuppressorWaitPeriod"),
)


@reader("AWS::CloudWatch::Alarm")
def metric_alarm(aws: Aws, resource: Resource) -> Live | None:
    """DescribeAlarms, ListTagsForResource."""
    return _alarm(aws, resource, "MetricAlarm")


@reader("AWS::CloudWatch::CompositeAlarm")
def composite_alarm(aws: Aws, resource: Resource) -> Live | None:
    """DescribeAlarms, ListTagsForResource."""
    return _alarm(aws, resource, "CompositeAlarm")


def _alarm(aws: Aws, resource: Resource, kind: str) -> Live | None:
    cloudwatch = aws.client("cloudwatch")
    answer = cloudwatch.describe_alarms(AlarmNames=[resource.physical_id], AlarmTypes=[kind])
    live: Properties | None = first(answer[f"{kind}s"])
    if live is None:
        return None
    tags = cloudwatch.list_tags_for_resource(ResourceARN=live["AlarmArn"]).get("Tags")
    members: dict[str, Any] = {name: live[name] for name in _ALARM if live.get(name) not in (None, "", [])}
    return Live({**members, **present(Tags=tags)}, {"Arn": live["AlarmArn"]})


@reader("AWS::CloudWatch::Dashboard")
def dashboard(aws: Aws, resource: Resource) -> Live | None:
    """GetDashboard, ListTagsForResource."""
    name = resource.physical_id
    cloudwatch = aws.client("cloudwatch")
    live = found(lambda: cloudwatch.get_dashboard(DashboardName=name))
    if live is None:
        return None
    tags = cloudwatch.list_tags_for_resource(ResourceARN=live["DashboardArn"]).get("Tags")
    return Live(present(DashboardName=live["DashboardName"], DashboardBody=live["DashboardBody"], Tags=tags))


@reader("AWS::Logs::QueryDefinition")
def query_definition(aws: Aws, resource: Resource) -> Live | None:
    """DescribeQueryDefinitions."""
    live = first(one for one in _definitions(aws) if one["queryDefinitionId"] == resource.physical_id)
    if live is None:
        return None
    members = present(
        Name=live["name"],
        QueryString=live["queryString"],
        LogGroupNames=live.get("logGroupNames"),
        QueryLanguage=live.get("queryLanguage"),
    )
    return Live(members, {"QueryDefinitionId": live["queryDefinitionId"]})


def _definitions(aws: Aws) -> Iterator[Properties]:
    """All of them: this listing has pages, and boto3 no paginator for it."""
    token: dict[str, str] = {}
    while True:
        page = aws.client("logs").describe_query_definitions(maxResults=1000, **token)
        yield from page["queryDefinitions"]
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}


@reader("AWS::Logs::LogGroup")
def log_group(aws: Aws, resource: Resource) -> Live | None:
    """DescribeLogGroups, ListTagsForResource."""
    logs, name = aws.client("logs"), resource.physical_id
    groups = aws.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    live = first(group for group in groups if group["logGroupName"] == name)
    if live is None:
        return None
    arn = live["arn"].removesuffix(":*")
    members = present(
        LogGroupName=live["logGroupName"],
        LogGroupClass=live.get("logGroupClass"),
        RetentionInDays=live.get("retentionInDays"),
        KmsKeyId=live.get("kmsKeyId"),
        Tags=logs.list_tags_for_resource(resourceArn=arn).get("tags"),
    )
    return Live(members, {"Arn": f"{arn}:*"})
