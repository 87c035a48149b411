"""What orchestration raises of its own."""

from __future__ import annotations


class OrchestrationError(Exception):
    """The lake cannot be run as it is deployed or asked for."""


def problem(subject: str, must: str, got: object, remedy: str) -> str:
    """A message in the one form: `'subject' must <must>, got <got>; <remedy>`."""
    return f"'{subject}' must {must}, got {got}; {remedy}"
