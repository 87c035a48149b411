"""AWS CloudFormation: nested stacks that keep what their templates retain."""

from __future__ import annotations

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import engine
from ministack.services.cloudformation import provisioners as stock

from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.provisioner import Completed

_KEPT = ("Retain", "RetainExceptOnCreate")


class NestedStack(Completed):
    """`AWS::CloudFormation::Stack`. The endpoint's own deletion deletes everything and swallows what goes wrong."""

    resource_type = "AWS::CloudFormation::Stack"

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Creation and update are whole."""

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete in reverse order what no policy keeps; the first failure is the stack's."""
        name = stock._nested_stack_lookup_name(physical_id)
        stack = cloudformation._stacks.get(name)
        if stack is None:
            return
        declared: dict[str, Any] = (stack.get("_template") or {}).get("Resources") or {}
        present: dict[str, Any] = stack.get("_resources") or {}
        for logical_id in reversed(engine._topological_sort(declared, stack.get("_conditions") or {})):
            resource = present.get(logical_id)
            if resource and declared[logical_id].get("DeletionPolicy") not in _KEPT:
                self._delete(name, logical_id, resource)
            present.pop(logical_id, None)
        self.stock["delete"](physical_id, properties)

    @staticmethod
    def _delete(stack: str, logical_id: str, resource: dict[str, Any]) -> None:
        kind, physical_id = resource.get("ResourceType", ""), resource.get("PhysicalResourceId", "")
        try:
            stock._delete_resource(kind, physical_id, resource.get("Properties") or {}, stack, logical_id)
        except Exception as error:
            remedy = "see the events of the nested stack"
            raise refuse(f"{kind} {logical_id} of {stack}", "deletable", str(error), remedy) from error
