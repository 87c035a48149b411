"""Amazon EMR Serverless: applications."""

from __future__ import annotations

from typing import Any

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner


class Application(Provisioner):
    """`AWS::EMRServerless::Application`; `Ref` is its id. A started one is neither changed nor deleted, as on AWS."""

    resource_type = "AWS::EMRServerless::Application"
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Create it; it starts with its first job."""
        made = aws.call("emr-serverless", "create_application", _request(properties))
        return made["applicationId"], self._attributes(made["applicationId"], made["arn"])

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """All but name and type in place; what the template no longer says needs another application."""
        before, after = ({k: v for k, v in p.items() if k != "Tags"} for p in (old, new))
        if any(old.get(name) != new.get(name) for name in ("Name", "Type")) or set(before) - set(after):
            return self.create(identity, new)
        service = aws.client("emr-serverless")
        if before != after:
            aws.call("emr-serverless", "update_application", {**_request(new), "applicationId": physical_id})
        arn = service.get_application(applicationId=physical_id)["application"]["arn"]
        gone = sorted({t["Key"] for t in aws.tag_list(old)} - {t["Key"] for t in aws.tag_list(new)})
        if gone:
            service.untag_resource(resourceArn=arn, tagKeys=gone)
        if aws.tag_list(new):
            service.tag_resource(resourceArn=arn, tags={t["Key"]: t["Value"] for t in aws.tag_list(new)})
        return physical_id, self._attributes(physical_id, arn)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        service = aws.client("emr-serverless")
        try:
            if service.get_application(applicationId=physical_id)["application"]["state"] != "TERMINATED":
                service.delete_application(applicationId=physical_id)
        except service.exceptions.ResourceNotFoundException:
            return

    @staticmethod
    def _attributes(identifier: str, arn: str) -> dict[str, str]:
        return {"ApplicationId": identifier, "Arn": arn}


def _request(properties: Properties) -> Properties:
    """CloudFormation writes maps as lists of Key and Value."""
    request = dict(properties)
    if properties.get("InitialCapacity"):
        request["InitialCapacity"] = _map(properties["InitialCapacity"])
    if properties.get("MonitoringConfiguration"):
        request["MonitoringConfiguration"] = _monitoring(properties["MonitoringConfiguration"])
    return request


def _monitoring(given: Properties) -> Properties:
    logging = given.get("CloudWatchLoggingConfiguration")
    changed = dict(given)
    if logging:
        types = {"LogTypes": _map(logging["LogTypeMap"])} if logging.get("LogTypeMap") else {}
        changed["CloudWatchLoggingConfiguration"] = {**logging, **types}
    return changed


def _map(pairs: list[Properties]) -> dict[str, Any]:
    return {str(pair["Key"]): pair["Value"] for pair in pairs}
