"""Shared endpoints: one for a module's tests, each with its own stacks and names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import Endpoint


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint without Spark."""
    running = Endpoint(tmp_path_factory.mktemp("endpoint"))
    try:
        yield running
    finally:
        running.stop()
