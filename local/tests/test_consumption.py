"""Workgroups and budgets on the endpoint: what changes in place, what is replaced, what refuses to go."""

from __future__ import annotations

import copy
from typing import Any

from readback.report import read_back
from tests.support import REGION, Endpoint
from tests.templates import Template

WORKGROUP: Template = {
    "Type": "AWS::Athena::WorkGroup",
    "Properties": {
        "Name": "analysts",
        "Description": "ad-hoc",
        "WorkGroupConfiguration": {
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 20_000_000,
            "ResultConfiguration": {
                "OutputLocation": "s3://results/athena/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
            },
        },
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    },
}
BUDGET: Template = {
    "Type": "AWS::Budgets::Budget",
    "Properties": {
        "Budget": {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 100, "Unit": "USD"}},
        "NotificationsWithSubscribers": [
            {
                "Notification": {
                    "NotificationType": "ACTUAL",
                    "ComparisonOperator": "GREATER_THAN",
                    "Threshold": 80,
                },
                "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "costs@example.com"}],
            }
        ],
        "ResourceTags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    },
}


def physical_id(endpoint: Endpoint, stack: str) -> str:
    """The physical id of a stack's one resource."""
    found = endpoint.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return str(found[0]["PhysicalResourceId"])


def deployed(endpoint: Endpoint, stack: str, resource: Template) -> str:
    """Deploy a resource alone, read it back, and give its physical id."""
    status = endpoint.deploy(stack, {"Resources": {"It": resource}})
    assert status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), endpoint.why(stack)
    assert read_back(endpoint.url, stack, REGION).mismatches == []
    return physical_id(endpoint, stack)


def changed(resource: Template, **properties: Any) -> Template:
    """The resource with other properties; those that are None are left out."""
    made = copy.deepcopy(resource)
    made["Properties"] = {k: v for k, v in {**made["Properties"], **properties}.items() if v is not None}
    return made


def test_a_workgroup_changes_in_place_and_forgets_what_the_template_no_longer_says(endpoint: Endpoint) -> None:
    assert deployed(endpoint, "queries", WORKGROUP) == "analysts"
    configuration = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": {"OutputLocation": "s3://other/"}}
    tags = [{"Key": "b", "Value": "3"}]
    after = changed(WORKGROUP, WorkGroupConfiguration=configuration, Tags=tags, Description=None, State="DISABLED")
    assert deployed(endpoint, "queries", after) == "analysts"
    live = endpoint.client("athena").get_work_group(WorkGroup="analysts")["WorkGroup"]
    assert live["State"] == "DISABLED"
    assert live.get("Description", "") == ""
    assert "BytesScannedCutoffPerQuery" not in live["Configuration"]
    assert live["Configuration"]["ResultConfiguration"] == {"OutputLocation": "s3://other/"}
    assert endpoint.destroy("queries") == "DELETE_COMPLETE"


def test_a_workgroup_with_queries_of_other_people_stays(endpoint: Endpoint) -> None:
    deployed(endpoint, "held", changed(WORKGROUP, Name="held", RecursiveDeleteOption=False))
    athena = endpoint.client("athena")
    query = athena.create_named_query(Name="theirs", Database="silver", QueryString="SELECT 1", WorkGroup="held")
    assert endpoint.destroy("held") == "DELETE_FAILED"
    assert "held is not empty" in endpoint.why("held")
    athena.delete_named_query(NamedQueryId=query["NamedQueryId"])
    assert endpoint.destroy("held") == "DELETE_COMPLETE"


def test_a_budget_takes_another_limit_and_other_tags_in_place(endpoint: Endpoint) -> None:
    name = deployed(endpoint, "costs", BUDGET)
    budget = {**BUDGET["Properties"]["Budget"], "BudgetLimit": {"Amount": 250.5, "Unit": "USD"}}
    after = changed(BUDGET, Budget=budget, ResourceTags=[{"Key": "b", "Value": "3"}])
    assert deployed(endpoint, "costs", after) == name
    assert endpoint.destroy("costs") == "DELETE_COMPLETE"


def test_a_budget_with_other_notifications_is_another_budget(endpoint: Endpoint) -> None:
    name = deployed(endpoint, "notified", BUDGET)
    notifications = copy.deepcopy(BUDGET["Properties"]["NotificationsWithSubscribers"])
    notifications[0]["Notification"]["Threshold"] = 90
    successor = deployed(endpoint, "notified", changed(BUDGET, NotificationsWithSubscribers=notifications))
    assert successor != name
    account = endpoint.aws.account_id()
    budgets = endpoint.client("budgets").describe_budgets(AccountId=account)["Budgets"]
    assert [budget["BudgetName"] for budget in budgets] == [successor]
    assert endpoint.destroy("notified") == "DELETE_COMPLETE"
