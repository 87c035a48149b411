"""What the loader raises for wrong input."""

from typing import Any


class DataError(Exception):
    """Wrong input, in the one form: ``'name' must be X, got <value>; <remedy>``."""

    def __init__(self, name: str, must: str, got: Any, remedy: str) -> None:
        super().__init__(f"'{name}' must be {must}, got {got!r}; {remedy}")
