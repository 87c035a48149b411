"""Every error a job raises: transient ones may be tried again, terminal ones stop at once.

All messages have one form: `'subject' must be X, got <value>; <remedy>`.
"""

from __future__ import annotations

from enum import StrEnum

_LONGEST_VALUE = 80


class FailureKind(StrEnum):
    """How a failure is treated: `transient` is retried within a budget, `terminal` is not."""

    TRANSIENT = "transient"
    TERMINAL = "terminal"


class JobError(Exception):
    """Base of all errors of this package; `kind` says whether another attempt can help."""

    kind: FailureKind = FailureKind.TERMINAL


class TransientError(JobError):
    """The outside world failed in a way that passes: a connection, a deadlock, throttling."""

    kind = FailureKind.TRANSIENT


class CommitConflictError(TransientError):
    """Another writer committed first; the write is planned again on the new table state."""


class TerminalError(JobError):
    """No attempt can succeed until a person changes something."""


class ConfigurationError(TerminalError):
    """An argument, the runtime parameter or a secret is missing or malformed."""


class ContractError(TerminalError):
    """A contract is malformed, or the source no longer has what the contract promises."""


class ConcurrentRunError(TerminalError):
    """Another run committed a batch of the same dataset while this one was under way."""


class CommitLostError(TerminalError):
    """A write reported success, yet no snapshot of the table carries its token."""


class AccountError(TerminalError):
    """What was committed of a batch is not what was read of its topic."""


class TransformError(TerminalError):
    """dbt could not run the project: it does not parse, or a command of it broke."""


class StaleStageError(TerminalError):
    """What was staged does not descend from what the table serves now."""


class QualityError(TerminalError):
    """A table does not meet enough of the expectations that its contract makes, or cannot be held against one."""


def problem(subject: str, must: str, got: object, remedy: str) -> str:
    """Render the one message form, e.g. `'run id' must be …, got "x"; pass --run-id`."""
    shown = f'"{got}"' if isinstance(got, str) else str(got)
    if len(shown) > _LONGEST_VALUE:
        shown = shown[: _LONGEST_VALUE - 1] + "…"
    return f"'{subject}' must {must}, got {shown}; {remedy}"
