"""Amazon MWAA: Airflow environments."""

from __future__ import annotations

from typing import Any

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner

_CREATE_ONLY = ("Name", "KmsKey", "EndpointManagement")
_CLEARED = {
    "AirflowConfigurationOptions": {},
    "RequirementsS3Path": "",
    "RequirementsS3ObjectVersion": "",
    "PluginsS3Path": "",
    "PluginsS3ObjectVersion": "",
    "StartupScriptS3Path": "",
    "StartupScriptS3ObjectVersion": "",
}
"""What an update is told where the template no longer says anything; the rest stays as it is."""


class Environment(Provisioner):
    """`AWS::MWAA::Environment`; `Ref` is the name."""

    resource_type = "AWS::MWAA::Environment"
    tag_shape = "map"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create it; its name is the template's, and taken while another environment has it."""
        aws.call("mwaa", "create_environment", properties)
        return properties["Name"], self._attributes(properties["Name"])

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """In place; another name, key, management of endpoints or other subnets are another environment."""
        if _frozen(old) != _frozen(new):
            return self.create(identity, new)
        cleared = {name: value for name, value in _CLEARED.items() if name in old and name not in new}
        network = {"SecurityGroupIds": new["NetworkConfiguration"]["SecurityGroupIds"]}
        aws.call("mwaa", "update_environment", {**new, **cleared, "NetworkConfiguration": network})
        self._retag(physical_id, old, new)
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        mwaa = aws.client("mwaa")
        try:
            mwaa.delete_environment(Name=physical_id)
        except mwaa.exceptions.ResourceNotFoundException:
            return

    @staticmethod
    def _attributes(name: str) -> dict[str, Any]:
        live = aws.client("mwaa").get_environment(Name=name)["Environment"]
        names = ("Arn", "WebserverUrl", "CeleryExecutorQueue", "DatabaseVpcEndpointService")
        logs = {
            f"LoggingConfiguration.{kind}.CloudWatchLogGroupArn": module["CloudWatchLogGroupArn"]
            for kind, module in live["LoggingConfiguration"].items()
            if "CloudWatchLogGroupArn" in module
        }
        return {
            **{attribute: live[attribute] for attribute in names},
            "WebserverVpcEndpointService": live["WebserverVpcEndpointService"],
            **logs,
        }

    @staticmethod
    def _retag(name: str, old: Properties, new: Properties) -> None:
        mwaa, arn = aws.client("mwaa"), aws.arn("airflow", f"environment/{name}")
        before, after = old.get("Tags") or {}, new.get("Tags") or {}
        gone = sorted(set(before) - set(after))
        if gone:
            mwaa.untag_resource(ResourceArn=arn, tagKeys=gone)
        if after:
            mwaa.tag_resource(ResourceArn=arn, Tags={key: str(value) for key, value in after.items()})


def _frozen(properties: Properties) -> list[Any]:
    subnets = (properties.get("NetworkConfiguration") or {}).get("SubnetIds")
    return [*(properties.get(name) for name in _CREATE_ONLY), subnets]
