"""Errors of the suite itself; what the suite finds of a lake is no error but a finding."""

from __future__ import annotations


class VerifyError(Exception):
    """The suite cannot run as it was asked to; a message for people."""


class StuckError(VerifyError):
    """Something that had to happen did not, within its time."""
