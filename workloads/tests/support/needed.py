"""What a test needs and does not have."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def absent(message: str) -> NoReturn:
    """Skip the test; under CI, where everything is there, fail it."""
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
