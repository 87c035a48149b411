"""Structured logs: one JSON object a line on standard error, with the run's correlation id on each."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO

_CONTEXT: ContextVar[Mapping[str, str]] = ContextVar("lakehouse_log_context", default=MappingProxyType({}))
_STANDARD = frozenset(vars(logging.makeLogRecord({})) | {"message": 0, "asctime": 0, "taskName": 0})


class JsonFormatter(logging.Formatter):
    """Render a record as timestamp, level, logger, message, the bound context and the record's extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; an exception becomes the field `exception`."""
        entry: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_CONTEXT.get(),
        }
        entry.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def configure(stream: TextIO | None = None) -> None:
    """Send this package's logs to `stream` (standard error by default) as JSON lines, level INFO and above."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("lakehouse_jobs")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add `fields` (for instance correlationId, runId, dataset) to every line logged inside the block."""
    token = _CONTEXT.set({**_CONTEXT.get(), **fields})
    try:
        yield
    finally:
        _CONTEXT.reset(token)
