"""Amazon EventBridge Scheduler: schedules with every property, which the endpoint's CloudFormation drops in part."""

from __future__ import annotations

from typing import Any

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner


class Schedule(Provisioner):
    """`AWS::Scheduler::Schedule`; `Ref` is its name."""

    resource_type = "AWS::Scheduler::Schedule"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create it in its group."""
        name = properties.get("Name") or identity.physical_name(64)
        arn = str(aws.call("scheduler", "create_schedule", properties, Name=name)["ScheduleArn"])
        return name, {"Arn": arn}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """In place; another name or group is another schedule."""
        if any(old.get(name) != new.get(name) for name in ("Name", "GroupName")):
            return self.create(identity, new)
        answer: dict[str, Any] = aws.call("scheduler", "update_schedule", new, Name=physical_id)
        return physical_id, {"Arn": answer["ScheduleArn"]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone, with its group perhaps, is no error."""
        scheduler = aws.client("scheduler")
        try:
            scheduler.delete_schedule(Name=physical_id, GroupName=properties.get("GroupName", "default"))
        except scheduler.exceptions.ResourceNotFoundException:
            return
