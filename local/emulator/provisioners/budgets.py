"""AWS Budgets."""

from __future__ import annotations

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner


class Budget(Provisioner):
    """`AWS::Budgets::Budget`."""

    resource_type = "AWS::Budgets::Budget"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create it with its notifications and tags, under its own or CloudFormation's name."""
        return self._make(properties["Budget"].get("BudgetName") or identity.physical_name(100), properties)

    def _make(self, name: str, properties: Properties) -> Provisioned:
        aws.call(
            "budgets",
            "create_budget",
            {**properties, "Budget": {**properties["Budget"], "BudgetName": name}},
            AccountId=aws.account_id(),
        )
        return name, {"Id": name}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """The budget changes in place; other notifications, or another name, make another budget."""
        name = new["Budget"].get("BudgetName") or physical_id
        notified = [properties.get("NotificationsWithSubscribers") for properties in (old, new)]
        if name != physical_id or notified[0] != notified[1]:
            return self._make(new["Budget"].get("BudgetName") or identity.successor_name(100), new)
        aws.call(
            "budgets",
            "update_budget",
            {"NewBudget": {**new["Budget"], "BudgetName": name}},
            AccountId=aws.account_id(),
        )
        self._retag(name, old, new)
        return name, {"Id": name}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        budgets = aws.client("budgets")
        try:
            budgets.delete_budget(AccountId=aws.account_id(), BudgetName=physical_id)
        except budgets.exceptions.NotFoundException:
            return

    @staticmethod
    def _retag(name: str, old: Properties, new: Properties) -> None:
        arn = aws.arn("budgets", f"budget/{name}", regional=False)
        was, now = ({tag["Key"]: tag for tag in p.get("ResourceTags") or []} for p in (old, new))
        gone = sorted(was.keys() - now.keys())
        if gone:
            aws.client("budgets").untag_resource(ResourceARN=arn, ResourceTagKeys=gone)
        if now:
            aws.client("budgets").tag_resource(ResourceARN=arn, ResourceTags=list(now.values()))
