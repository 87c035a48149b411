"""Amazon Athena: workgroups and the queries saved in them."""

from __future__ import annotations

from typing import Any

from emulator import aws
from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.provisioner import Identity, Provisioned, Provisioner


class WorkGroup(Provisioner):
    """`AWS::Athena::WorkGroup`."""

    resource_type = "AWS::Athena::WorkGroup"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create it under the name the template gives, then set the state, which creation does not take."""
        name = properties.get("Name")
        if not name:
            raise refuse("Name", "the name of the workgroup", name, "CloudFormation makes none for a workgroup")
        configuration = properties.get("WorkGroupConfiguration") or {}
        aws.call("athena", "create_work_group", {**properties, "Configuration": configuration}, Name=name)
        if properties.get("State"):
            aws.client("athena").update_work_group(WorkGroup=name, State=properties["State"])
        return name, self._attributes(name)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """In place; another name is another workgroup. What the template no longer says goes back to its default."""
        if new.get("Name") != physical_id:
            return self.create(identity, new)
        aws.call(
            "athena",
            "update_work_group",
            {"ConfigurationUpdates": _updates(old, new)},
            WorkGroup=physical_id,
            Description=new.get("Description", ""),
            State=new.get("State") or "ENABLED",
        )
        self._retag(physical_id, old, new)
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Without `RecursiveDeleteOption` one that holds saved queries of others stays, as on AWS."""
        athena, recursive = aws.client("athena"), aws.truthy(properties.get("RecursiveDeleteOption", False))
        held = athena.list_named_queries(WorkGroup=physical_id)["NamedQueryIds"]
        if held and not recursive:
            raise refuse(
                "RecursiveDeleteOption", "true", False, f"{physical_id} is not empty: delete its queries first"
            )
        for query in held:
            athena.delete_named_query(NamedQueryId=query)
        athena.delete_work_group(WorkGroup=physical_id, RecursiveDeleteOption=recursive)

    @staticmethod
    def _attributes(name: str) -> dict[str, Any]:
        live = aws.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]
        engine = live.get("Configuration", {}).get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO")
        effective = "Athena engine version 3" if engine == "AUTO" else engine
        return {
            "CreationTime": str(int(live["CreationTime"].timestamp())),
            "WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion": effective,
        }

    @staticmethod
    def _retag(name: str, old: Properties, new: Properties) -> None:
        arn = aws.arn("athena", f"workgroup/{name}")
        tags = aws.tag_list(new)
        gone = sorted({t["Key"] for t in aws.tag_list(old)} - {t["Key"] for t in tags})
        if gone:
            aws.client("athena").untag_resource(ResourceARN=arn, TagKeys=gone)
        if tags:
            aws.client("athena").tag_resource(ResourceARN=arn, Tags=tags)


def _updates(old: Properties, new: Properties) -> dict[str, Any]:
    """The new configuration as the update operation takes it: what is gone is removed by a flag of its own."""
    was = old.get("WorkGroupConfiguration") or {}
    now = dict(new.get("WorkGroupConfiguration") or {})
    results = dict(now.pop("ResultConfiguration", None) or {})
    for name in ("OutputLocation", "EncryptionConfiguration"):
        if name in (was.get("ResultConfiguration") or {}) and name not in results:
            results[f"Remove{name}"] = True
    limit = "BytesScannedCutoffPerQuery"
    if limit in was and limit not in now:
        now[f"Remove{limit}"] = True
    return {**now, "ResultConfigurationUpdates": results} if results else now


class NamedQuery(Provisioner):
    """`AWS::Athena::NamedQuery`: nothing of it changes in place."""

    resource_type = "AWS::Athena::NamedQuery"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Save it; its id is the service's."""
        name = properties.get("Name") or identity.physical_name(128)
        identifier = aws.call("athena", "create_named_query", properties, Name=name)["NamedQueryId"]
        return identifier, {"NamedQueryId": identifier}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        aws.client("athena").delete_named_query(NamedQueryId=physical_id)
