"""AWS Glue: databases, Iceberg tables in the form without `TableInput`, and table optimizers."""

from __future__ import annotations

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableUpdate

from emulator import aws
from emulator.aws import Properties
from emulator.exceptions import refuse
from emulator.iceberg import definition, evolution
from emulator.iceberg.catalog import EndpointCatalog
from emulator.provisioner import Completed, Identity, Provisioned, Provisioner
from emulator.rollback import rolling_back


def _check_catalog(properties: Properties) -> None:
    """The catalog is the account's own; CloudFormation requires it."""
    if properties.get("CatalogId") != aws.account_id():
        raise refuse("CatalogId", f"the account {aws.account_id()}", properties.get("CatalogId"), "use AWS::AccountId")


class Database(Completed):
    """`AWS::Glue::Database`: the endpoint's own, in the account's catalog only."""

    resource_type = "AWS::Glue::Database"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Check the catalog, then the endpoint's own creation."""
        _check_catalog(properties)
        return super().create(identity, properties)

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Complete as the endpoint makes it."""


class GlueTable(Completed):
    """`AWS::Glue::Table`: an Iceberg table is created and evolved in place; a classic one is the endpoint's own."""

    resource_type = "AWS::Glue::Table"

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """A classic table is complete as the endpoint makes it."""

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """The first metadata file, and the Glue table that points to it."""
        _check_catalog(properties)
        if definition.iceberg_input(properties) is None:
            return super().create(identity, properties)
        name = properties.get("Name") or identity.physical_name(255, lowercase=True)
        EndpointCatalog().create(properties["DatabaseName"], name, definition.read(properties))
        return name, {}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """One commit that makes the live table the declared one; another name or database makes another table."""
        was, now = definition.iceberg_input(old), definition.iceberg_input(new)
        if was is None and now is None:
            return super().update(identity, physical_id, old, new)
        if was is None or now is None:
            raise refuse("OpenTableFormatInput", "kept as it was created", now, "create another table")
        if (old.get("DatabaseName"), old.get("Name")) != (new.get("DatabaseName"), new.get("Name")):
            return self.create(identity, new)
        declared, before = definition.read(new), definition.read(old).properties

        def plan(metadata: TableMetadata) -> tuple[TableUpdate, ...]:
            return evolution.updates(metadata, declared, before, rolling_back=rolling_back())

        EndpointCatalog().evolve(new["DatabaseName"], physical_id, plan)
        return physical_id, {}


class TableOptimizer(Provisioner):
    """`AWS::Glue::TableOptimizer`: compaction, snapshot retention, orphan file deletion."""

    resource_type = "AWS::Glue::TableOptimizer"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Its id is catalog, database, table and type, as on AWS."""
        aws.call("glue", "create_table_optimizer", properties)
        return "|".join(self._key(properties)), {}

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """The configuration changes in place."""
        if self._key(old) != self._key(new):
            return self.create(identity, new)
        aws.call("glue", "update_table_optimizer", new)
        return physical_id, {}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Gone with its table at the latest."""
        glue = aws.client("glue")
        try:
            aws.call("glue", "delete_table_optimizer", properties)
        except glue.exceptions.EntityNotFoundException:
            return

    @staticmethod
    def _key(properties: Properties) -> tuple[str, ...]:
        return tuple(str(properties[name]) for name in ("CatalogId", "DatabaseName", "TableName", "Type"))
