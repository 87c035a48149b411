"""Resources of every Athena and Budgets type."""

from __future__ import annotations

from tests.templates import Template, att, ref, tags


def queries() -> dict[str, Template]:
    """A workgroup with every property the library sets, and a query saved in it."""
    return {
        "WorkGroup": {
            "Type": "AWS::Athena::WorkGroup",
            "Properties": {
                "Name": "tests",
                "Description": "ad-hoc",
                "State": "ENABLED",
                "RecursiveDeleteOption": False,
                "WorkGroupConfiguration": {
                    "EnforceWorkGroupConfiguration": True,
                    "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
                    "BytesScannedCutoffPerQuery": 107374182400,
                    "PublishCloudWatchMetricsEnabled": True,
                    "RequesterPaysEnabled": False,
                    "ResultConfiguration": {
                        "OutputLocation": {"Fn::Sub": "s3://${Lake}/athena/"},
                        "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": att("Key", "Arn")},
                    },
                },
                "Tags": tags("queries"),
            },
        },
        "NamedQuery": {
            "Type": "AWS::Athena::NamedQuery",
            "Properties": {
                "Name": "silver.events: partitions",
                "Description": "what the partitions hold",
                "Database": "silver",
                "QueryString": 'SELECT * FROM "silver"."events$partitions"\n',
                "WorkGroup": ref("WorkGroup"),
            },
        },
    }


def costs() -> dict[str, Template]:
    """Two budgets: one with every notification, filters and tags, and one that is only a limit."""
    topic = {"SubscriptionType": "SNS", "Address": ref("Topic")}
    mail = {"SubscriptionType": "EMAIL", "Address": "costs@example.com"}
    whole = {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 250.5, "Unit": "USD"},
        "CostFilters": {"TagKeyValue": ["user:environment$tests"]},
    }
    return {
        "Budget": {
            "Type": "AWS::Budgets::Budget",
            "Properties": {
                "Budget": {"BudgetName": "tests", **whole},
                "NotificationsWithSubscribers": [
                    _notification("ACTUAL", 80, topic),
                    _notification("FORECASTED", 100, topic, mail),
                ],
                "ResourceTags": tags("budget"),
            },
        },
        "Unnamed": {
            "Type": "AWS::Budgets::Budget",
            "Properties": {
                "Budget": {
                    "BudgetType": "COST",
                    "TimeUnit": "QUARTERLY",
                    "BudgetLimit": {"Amount": 10, "Unit": "USD"},
                }
            },
        },
    }


def _notification(kind: str, percent: int, *subscribers: Template) -> Template:
    return {
        "Notification": {
            "NotificationType": kind,
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": percent,
            "ThresholdType": "PERCENTAGE",
        },
        "Subscribers": list(subscribers),
    }
