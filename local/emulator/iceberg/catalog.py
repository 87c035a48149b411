"""pyiceberg's GlueCatalog on this endpoint, with creation that keeps the declared ids (pyiceberg renumbers them)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from pyiceberg.catalog.glue import GlueCatalog, _construct_table_input
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.partitioning import PARTITION_FIELD_ID_START
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata, TableMetadataV1, TableMetadataV2, TableMetadataV3
from pyiceberg.table.update import AssertTableUUID, TableUpdate

from emulator import aws
from emulator.exceptions import refuse
from emulator.iceberg.definition import TableDefinition

_ATTEMPTS = 12
_LONGEST_PAUSE = 2.0
"""Seconds."""

_FORMATS: dict[int, Any] = {1: TableMetadataV1, 2: TableMetadataV2, 3: TableMetadataV3}


class EndpointCatalog:
    """The Glue catalog of the account and region under way."""

    def __init__(self) -> None:
        self._glue = GlueCatalog(
            "endpoint",
            client=aws.client("glue"),
            **{
                "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
                "s3.endpoint": aws.endpoint(),
                "s3.access-key-id": aws.account_id(),
                "s3.secret-access-key": "test",
                "s3.region": aws.region(),
                "s3.resolve-region": "false",
            },
        )

    def create(self, database: str, name: str, definition: TableDefinition) -> None:
        """Write the first metadata file and the Glue table that points to it."""
        provider = load_location_provider(definition.location, definition.properties)
        metadata_location = provider.new_table_metadata_file_location()
        metadata = _first_metadata(definition)
        io = self._glue._load_file_io(properties=definition.properties, location=metadata_location)
        self._glue._write_metadata(metadata, io, metadata_location)
        self._glue._create_glue_table(
            database_name=database,
            table_name=name,
            table_input=_construct_table_input(name, metadata_location, definition.properties, metadata),
        )

    def evolve(self, database: str, name: str, plan: Callable[[TableMetadata], tuple[TableUpdate, ...]]) -> None:
        """Commit what `plan` makes of the table as it stands; nothing when that is nothing.

        A commit of a job in between is a conflict that CloudFormation repeats an update for (`ResourceConflict`), and
        here the change is planned again on what is there then.
        """
        for attempt in range(_ATTEMPTS):
            table = self._glue.load_table((database, name))
            changes = plan(table.metadata)
            if not changes:
                return
            try:
                self._glue.commit_table(table, (AssertTableUUID(uuid=table.metadata.table_uuid),), changes)
            except CommitFailedException:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.05 * 2**attempt)))
            else:
                return


def _first_metadata(definition: TableDefinition) -> TableMetadata:
    build = _FORMATS.get(definition.format_version)
    if build is None:
        raise refuse("IcebergInput.Version", "1, 2 or 3", definition.format_version, "use 2")
    definition.schema.check_format_version_compatibility(definition.format_version)
    spec, order = definition.partition_spec, definition.sort_order
    common: dict[str, Any] = {
        "location": definition.location,
        "schemas": [definition.schema],
        "last-column-id": definition.schema.highest_field_id,
        "current-schema-id": definition.schema.schema_id,
        "partition-specs": [spec],
        "default-spec-id": spec.spec_id,
        "last-partition-id": max((field.field_id for field in spec.fields), default=PARTITION_FIELD_ID_START - 1),
        "sort-orders": [order],
        "default-sort-order-id": order.order_id,
        "properties": dict(definition.properties),
    }
    if definition.format_version == 1:
        common["schema"] = definition.schema
        common["partition-spec"] = [field.model_dump() for field in spec.fields]
    metadata: TableMetadata = build(**common)
    return metadata
