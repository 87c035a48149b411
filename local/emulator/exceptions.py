"""Errors of the embedded endpoint, in the project's one form: `'prop' must be X, got <value>; <remedy>`."""

from __future__ import annotations

import json
from typing import Any


class EmulatorError(Exception):
    """Anything the embedded endpoint refuses on its own account."""


class ConfigurationError(EmulatorError):
    """The configuration file is not usable."""


class IncompatibleEndpointError(EmulatorError):
    """The installed ministack is not the one these extensions were written for."""


class ProvisioningError(EmulatorError):
    """A resource cannot be created or changed as the template asks; CloudFormation rolls back with this message."""


def must(path: str, expected: str, got: object, remedy: str) -> str:
    """The one error form; `got` is shown as JSON, cut at 80 characters."""
    shown = json.dumps(got, default=str)
    return f"'{path}' must be {expected}, got {shown if len(shown) <= 80 else shown[:79] + '…'}; {remedy}"


def refuse(path: str, expected: str, got: Any, remedy: str) -> ProvisioningError:
    """A `ProvisioningError` in the one error form."""
    return ProvisioningError(must(path, expected, got, remedy))
