"""A lake of 500 datasets: deployed in one stack, and every property of it read back."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from pyiceberg.catalog.glue import GlueCatalog

from readback.report import read_back
from tests.support import LOCAL, REGION, Endpoint
from tests.synthesized import Assembly

DATASETS = 500
DEPLOY_SECONDS = 900.0
ZONES = ("bronze", "silver")
SILVER = (
    *("id", "region", "occurred_at", "customer_id", "status", "quantity", "amount"),
    *("currency", "discount", "due_on", "note", "updated_at"),
    *("_extracted_at", "_source", "_run_id", "_batch_token"),
)


@pytest.fixture
def assembly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assembly:
    """The stack of generated contracts."""
    command = ["node", "--import", "tsx", "test/support/many-lake.ts", str(tmp_path), str(DATASETS)]
    subprocess.run(command, cwd=LOCAL.parent, check=True, timeout=300)
    monkeypatch.setenv("LAKEHOUSE_TEMPLATES", str(tmp_path))
    return Assembly("many")


def test_are_deployed_in_one_stack_and_read_back(assembly: Assembly, tmp_path: Path) -> None:
    endpoint = assembly.endpoint(tmp_path / "endpoint")
    endpoint.deploy_seconds = DEPLOY_SECONDS
    try:
        began = time.monotonic()
        assert assembly.deploy(endpoint) == "CREATE_COMPLETE", endpoint.why(assembly.name)
        deployed = time.monotonic()
        report = read_back(endpoint.url, assembly.name, REGION)
        assert report.mismatches == []
        assert report.types["AWS::Glue::Table"]["resources"] == 3 * DATASETS
        tables = _columns(endpoint)
        read = time.monotonic()
        assert len(tables) == 3 * DATASETS
        assert {columns for (database, _), columns in tables.items() if database.endswith("silver")} == {SILVER}
        print(f"{DATASETS} datasets: deployed in {deployed - began:.0f} s, read back in {read - deployed:.0f} s")
    finally:
        endpoint.stop()


def _columns(endpoint: Endpoint) -> dict[tuple[str, str], tuple[str, ...]]:
    """The columns of every table by database and name, as any Iceberg client sees them."""
    files = {"s3.endpoint": endpoint.url, "s3.access-key-id": "test", "s3.secret-access-key": "test"}
    catalog = GlueCatalog("tests", client=endpoint.client("glue"), **files, **{"s3.region": REGION})
    names = [(database, name) for zone in ZONES for database, name in catalog.list_tables(f"lakehouse_test_{zone}")]
    return {name: tuple(catalog.load_table(name).schema().column_names) for name in names}
