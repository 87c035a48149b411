"""Tells transient failures from terminal ones, whatever wrapped them on the way from the JVM or from AWS.

PostgreSQL's classes: https://www.postgresql.org/docs/current/errcodes-appendix.html. A failed Spark task reaches
the driver as text only, so the driver's messages are matched as well as SQLSTATEs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from lakehouse_jobs.exceptions import CommitConflictError, JobError, TerminalError, TransientError

_TRANSIENT_STATES = ("08", "53", "40001", "40P01", "57P01", "57P02", "57P03")
# the connection that exported the snapshot has died: PostgreSQL 15 and older say 22023, newer ones 42704
_SNAPSHOT_GONE = ("22023", "42704")
_CONFLICTS = (
    "org.apache.iceberg.exceptions.ValidationException",
    "org.apache.iceberg.exceptions.CommitFailedException",
    "org.apache.iceberg.exceptions.CommitStateUnknownException",
)
# Iceberg says so in plain exceptions when another commit came while its copy-on-write scan planned, or a publication
_CONFLICT_TEXTS = ("the table has been concurrently modified", "Cannot fast-forward: ")
_DELTA_CONFLICTS = "io.delta.exceptions."
_TRANSIENT_CLASSES = ("java.net.", "java.io.EOFException", "javax.net.ssl.")
_TRANSIENT_TEXT = re.compile(
    r"connection to \S+ refused|connection attempt failed|terminating connection|an i/o error occurred"
    r"|the database system is (starting up|shutting down|in recovery)|connection reset|broken pipe"
    r"|invalid snapshot identifier|snapshot \S+ does not exist|could not import the requested snapshot"
    r"|could not serialize access|deadlock detected|sorry, too many clients"
    r"|remaining connection slots|this connection has been closed|connection has been closed|sockettimeout"
    r"|read timed out|connect timed out|eofexception|slowdown|503 service unavailable",
    re.IGNORECASE,
)
_THROTTLING = re.compile(r"throttl|slowdown|toomanyrequests|requestlimitexceeded|serviceunavailable|internal", re.I)
_NOISE = re.compile(r"^\s*(at |\.\.\. \d+ more)|^\s*$|^Driver stacktrace")
_LONGEST_MESSAGE = 600


def translate(error: BaseException) -> JobError:
    """Turn any exception into a `TransientError`, a `CommitConflictError` or a `TerminalError` with a short message."""
    if isinstance(error, JobError):
        return error
    message = _message(error)
    java = _java_exception(error)
    if java is not None:
        return _from_java(java, message)
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        return TransientError(message) if _THROTTLING.search(code) else TerminalError(message)
    if isinstance(error, BotoConnectionError | ConnectionError | TimeoutError):
        return TransientError(message)
    if isinstance(error, BotoCoreError):
        return TerminalError(message)
    return TransientError(message) if _TRANSIENT_TEXT.search(message) else TerminalError(message)


def java_causes(error: BaseException) -> Iterator[Any]:
    """The exception of the JVM that is behind an error, and its causes; none for an error of Python's own."""
    return _causes(_java_exception(error))


def _java_exception(error: BaseException) -> Any | None:
    return getattr(error, "java_exception", None) or getattr(error, "_origin", None)


def _causes(java: Any) -> Iterator[Any]:
    seen = 0
    while java is not None and seen < 20:
        yield java
        java, seen = java.getCause(), seen + 1


def _from_java(java: Any, message: str) -> JobError:
    texts: list[str] = []
    for cause in _causes(java):
        name = str(cause.getClass().getName())
        texts.append(str(cause.getMessage() or ""))
        conflicts = name in _CONFLICTS or name.startswith(_DELTA_CONFLICTS)
        if conflicts or any(text in texts[-1] for text in _CONFLICT_TEXTS):
            return CommitConflictError(f"{name.rsplit('.', 1)[-1]}: {_short(texts[-1])}")
        if hasattr(cause, "getSQLState") and name.startswith(("org.postgresql.", "java.sql.")):
            state = str(cause.getSQLState() or "")
            detail = f"{_short(texts[-1])} (SQLSTATE {state})"
            gone = state in _SNAPSHOT_GONE and "snapshot" in texts[-1]
            transient = state.startswith(_TRANSIENT_STATES) or gone
            return TransientError(detail) if transient else TerminalError(detail)
        if name.startswith(_TRANSIENT_CLASSES):
            return TransientError(f"{name}: {_short(texts[-1])}")
    found = next((match for match in map(_TRANSIENT_TEXT.search, texts) if match), None)
    return TransientError(_around(texts, message)) if found else TerminalError(message)


def _around(texts: list[str], message: str) -> str:
    for text in texts:
        for line in text.splitlines():
            if _TRANSIENT_TEXT.search(line):
                return _short(line)
    return message


def _message(error: BaseException) -> str:
    java = _java_exception(error)
    text = str(java.getMessage() or java.getClass().getName()) if java is not None else str(error)
    return _short(text) or type(error).__name__


def _short(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if not _NOISE.match(line)]
    return " ".join(lines)[:_LONGEST_MESSAGE]
