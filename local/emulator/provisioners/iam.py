"""AWS IAM: the role's permissions boundary, which the endpoint's CloudFormation drops."""

from __future__ import annotations

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Completed


class Role(Completed):
    """`AWS::IAM::Role`."""

    resource_type = "AWS::IAM::Role"

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Set or take away the boundary."""
        iam = aws.client("iam")
        boundary = properties.get("PermissionsBoundary")
        if boundary:
            iam.put_role_permissions_boundary(RoleName=physical_id, PermissionsBoundary=boundary)
        elif old.get("PermissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=physical_id)
