"""Questions and answers over standard input and output, a JSON document a line.

A question is `{"do": <name>, …}`. Its answer is `{"answer": …}` or `{"problem": <message>}`; before it there may be any
number of `{"progress": <text>}`. Everything that others print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TextIO

Question = Mapping[str, Any]


class OrchestratorError(Exception):
    """What went wrong, for people; no stack trace belongs to it."""


class Wire:
    """The side of it that answers."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def progress(self, text: str) -> None:
        """Say how far the work for the present question is."""
        self._say({"progress": text})

    def serve(self, handlers: Mapping[str, Callable[[Question], Any]]) -> None:
        """Answer each question until there are no more."""
        for line in sys.stdin:
            question: Question = json.loads(line)
            try:
                self._say({"answer": handlers[question["do"]](question)})
            except OrchestratorError as error:
                self._say({"problem": str(error)})
            except Exception as error:
                traceback.print_exc()
                self._say({"problem": f"{type(error).__name__}: {error}"})

    def _say(self, message: Mapping[str, Any]) -> None:
        self._out.write(f"{json.dumps(message)}\n")
        self._out.flush()
