"""AWS IAM: the role's permissions boundary, which the endpoint's CloudFormation drops, and instance profiles."""

from __future__ import annotations

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Completed, Identity, Provisioned, Provisioner


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


class InstanceProfile(Provisioner):
    """`AWS::IAM::InstanceProfile`; `Ref` is its name, where the endpoint's own gives the ARN."""

    resource_type = "AWS::IAM::InstanceProfile"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create it and put its role in."""
        iam = aws.client("iam")
        name = properties.get("InstanceProfileName") or identity.physical_name(128)
        made = iam.create_instance_profile(InstanceProfileName=name, Path=properties.get("Path", "/"))
        for role in properties.get("Roles") or []:
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return name, {"Arn": made["InstanceProfile"]["Arn"]}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """Swap the role in place; another name or path is another profile."""
        if any(old.get(name) != new.get(name) for name in ("InstanceProfileName", "Path")):
            return self.create(identity, new)
        iam = aws.client("iam")
        for role in sorted(set(old.get("Roles") or []) - set(new.get("Roles") or [])):
            iam.remove_role_from_instance_profile(InstanceProfileName=physical_id, RoleName=role)
        for role in sorted(set(new.get("Roles") or []) - set(old.get("Roles") or [])):
            iam.add_role_to_instance_profile(InstanceProfileName=physical_id, RoleName=role)
        arn = iam.get_instance_profile(InstanceProfileName=physical_id)["InstanceProfile"]["Arn"]
        return physical_id, {"Arn": arn}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take the roles out, then delete it; one that is gone is no error."""
        iam = aws.client("iam")
        try:
            roles = iam.get_instance_profile(InstanceProfileName=physical_id)["InstanceProfile"]["Roles"]
        except iam.exceptions.NoSuchEntityException:
            return
        for role in roles:
            iam.remove_role_from_instance_profile(InstanceProfileName=physical_id, RoleName=role["RoleName"])
        iam.delete_instance_profile(InstanceProfileName=physical_id)
