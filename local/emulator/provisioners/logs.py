"""Amazon CloudWatch Logs: queries saved in Insights."""

from __future__ import annotations

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Identity, Provisioned, Provisioner


class QueryDefinition(Provisioner):
    """`AWS::Logs::QueryDefinition`: everything of it changes in place."""

    resource_type = "AWS::Logs::QueryDefinition"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Save it; its id is the service's."""
        return self._put(properties)

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """The same query, written again as a whole."""
        return self._put(new, queryDefinitionId=physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error."""
        logs = aws.client("logs")
        try:
            logs.delete_query_definition(queryDefinitionId=physical_id)
        except logs.exceptions.ResourceNotFoundException:
            return

    @staticmethod
    def _put(properties: Properties, **extra: str) -> Provisioned:
        made = aws.call("logs", "put_query_definition", properties, **extra)
        return made["queryDefinitionId"], {"QueryDefinitionId": made["queryDefinitionId"]}
