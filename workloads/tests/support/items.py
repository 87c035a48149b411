"""A small dataset for tests: items with a quantity and a price, changed at `updated_at`."""

from __future__ import annotations

from typing import Any

DOCUMENT: dict[str, Any] = {
    "version": "1.0.0",
    "schema": [
        {
            "name": "items",
            "properties": [
                {"name": "id", "physicalType": "int", "required": True, "primaryKey": True, "primaryKeyPosition": 1},
                {"name": "name", "physicalType": "string", "logicalTypeOptions": {"pattern": "^[a-z]"}},
                {"name": "quantity", "physicalType": "int", "logicalTypeOptions": {"minimum": 0}},
                {"name": "updated_at", "physicalType": "timestamptz", "required": True},
            ],
        }
    ],
    "customProperties": [
        {"property": "orderingColumn", "value": "updated_at"},
        {
            "property": "source",
            "value": {"name": "shop", "schema": "public", "table": "items", "watermarkColumn": "updated_at"},
        },
    ],
}
CREATE = "CREATE TABLE items (id int PRIMARY KEY, name text, quantity int, updated_at timestamptz)"


def upsert(item: int, name: str | None, quantity: int, day: str) -> str:
    """A statement of the source that inserts or updates one item, changed on `day` of January 2013."""
    value = "NULL" if name is None else f"'{name}'"
    return (
        f"INSERT INTO items VALUES ({item}, {value}, {quantity}, '2013-01-{day}T00:00:00Z') ON CONFLICT (id) DO UPDATE"
        " SET name = excluded.name, quantity = excluded.quantity, updated_at = excluded.updated_at"
    )
