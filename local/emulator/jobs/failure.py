"""Why a step failed, read from what it printed.

PySpark merges the application's stderr into stdout; log4j's own lines are in stderr.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

_LIMIT = 1024
_EXCEPTION = re.compile(r"^(?:: |Caused by: )?(?:[A-Za-z_][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt)\b.*")
_NOISE = re.compile(
    r"^\s|^\d\d/\d\d/\d\d \d\d:\d\d:\d\d |^:: |^Setting default log|^To adjust logging|^Traceback|^\s*$"
)


def reason(work: Path, exit_code: int) -> str:
    """The last error the application printed: a structured log line, an exception, or its last words."""
    printed = [_lines(work / name) for name in ("stdout", "stderr")]
    for lines in printed:
        for line in reversed(lines):
            found = _structured(line) or (line if _EXCEPTION.match(line) else None)
            if found:
                return found.removeprefix(": ")[:_LIMIT]
    for lines in printed:
        for line in reversed(lines):
            if not _NOISE.match(line):
                return line[:_LIMIT]
    return f"exit code {exit_code}"


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _structured(line: str) -> str | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("level") not in ("ERROR", "CRITICAL", "FATAL"):
        return None
    error = entry.get("error")
    return f"{entry.get('message', '')}: {error}" if error else str(entry.get("message", ""))
