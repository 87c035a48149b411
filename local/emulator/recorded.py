"""Types CloudFormation knows and this endpoint does not emulate: recorded, never silently taken for real."""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Any

import botocore.session

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner

log = logging.getLogger("emulator.recorded")

_TYPE = re.compile(r"^AWS::(?P<service>[A-Za-z0-9]+)::(?P<resource>[A-Za-z0-9]+)$")
_NOT_RECORDED = frozenset({"CloudFormation", "Serverless", "CDK"})
_CLOUDFORMATION_ONLY = frozenset(
    # service namespaces whose name is neither an SDK service name nor its endpoint prefix
    {"msk", "aps", "ask", "certificatemanager", "elasticloadbalancingv2", "elasticsearch", "kinesisanalyticsv2"}
    | {"opensearchservice", "amazonmq", "ses", "cognito", "stepfunctions", "rum", "s3objectlambda", "wafv2"}
)


@cache
def _services() -> frozenset[str]:
    names = botocore.session.Session().get_available_services()
    return frozenset(re.sub(r"[^a-z0-9]", "", name.lower()) for name in names) | _CLOUDFORMATION_ONLY


def is_known(resource_type: str) -> bool:
    """Whether a type belongs to an AWS service; an unknown service is a typo and stays refused.

    The resource half is not checked here: the CDK's template validation and cfn-lint know every type.
    """
    match = _TYPE.match(resource_type)
    if not match or match["service"] in _NOT_RECORDED:
        return False
    return match["service"].lower() in _services()


class SyntheticAttributes(dict[str, Any]):
    """Attributes of a recorded resource, made when a template asks: an ARN for `…Arn`, else `<id>.<name>`."""

    def __init__(self, resource_type: str, physical_id: str) -> None:
        super().__init__({"Id": physical_id})
        self.resource_type = resource_type
        self.physical_id = physical_id

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __missing__(self, name: str) -> str:
        if not name.endswith("Arn"):
            return f"{self.physical_id}.{name}"
        _, service, resource = self.resource_type.split("::")
        return aws.arn(service.lower(), f"{resource.lower()}/{self.physical_id}")

    def __reduce__(self) -> tuple[Any, ...]:
        return SyntheticAttributes, (self.resource_type, self.physical_id)

    def __deepcopy__(self, memo: dict[int, Any]) -> SyntheticAttributes:
        return SyntheticAttributes(self.resource_type, self.physical_id)


class Recorded(Provisioner):
    """Stands for one type that is not emulated; nothing exists behind it."""

    def __init__(self, resource_type: str) -> None:
        self.type_name = resource_type

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Record the resource under a name that says what it is."""
        physical_id = f"recorded-{identity.physical_name(100)}"
        log.warning("recorded, not emulated: %s %s", self.type_name, identity.logical_id)
        return physical_id, SyntheticAttributes(self.type_name, physical_id)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Stay what it was."""
        return physical_id, SyntheticAttributes(self.type_name, physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Nothing was made."""

    def handler(self) -> dict[str, Any]:
        """Marked, so that the endpoint can list what it only recorded."""
        return {**super().handler(), "recorded": True}
