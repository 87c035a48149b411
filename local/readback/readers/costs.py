"""AWS Budgets."""

from __future__ import annotations

from typing import Any

from readback.aws import Aws
from readback.model import Live, Resource
from readback.readers.common import found, present, reader


@reader("AWS::Budgets::Budget")
def budget(aws: Aws, resource: Resource) -> Live | None:
    """DescribeBudget, DescribeNotificationsForBudget, DescribeSubscribersForNotification, ListTagsForResource."""
    name, account = resource.physical_id, aws.account_id()
    budgets = aws.client("budgets")
    answer = found(
        lambda: budgets.describe_budget(AccountId=account, BudgetName=name, ShowFilterExpression=True),
    )
    if answer is None:
        return None
    listed = aws.pages(
        "budgets", "describe_notifications_for_budget", "Notifications", AccountId=account, BudgetName=name
    )
    notifications = [
        {
            "Notification": {key: value for key, value in item.items() if key != "NotificationState"},
            "Subscribers": _subscribers(aws, name, item),
        }
        for item in listed
    ]
    tags = budgets.list_tags_for_resource(ResourceARN=f"arn:aws:budgets::{account}:budget/{name}").get("ResourceTags")
    members = present(Budget=answer["Budget"], NotificationsWithSubscribers=notifications, ResourceTags=tags)
    return Live(members, {"Id": name})


def _subscribers(aws: Aws, name: str, notification: dict[str, Any]) -> list[dict[str, str]]:
    keys = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
    asked = {key: notification[key] for key in keys if key in notification}
    found = aws.pages(
        "budgets",
        "describe_subscribers_for_notification",
        "Subscribers",
        AccountId=aws.account_id(),
        BudgetName=name,
        Notification=asked,
    )
    return list(found)
