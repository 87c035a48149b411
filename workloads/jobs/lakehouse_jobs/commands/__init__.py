"""What `main.py` can be told to do: a module for each job, with its arguments and how it is put together."""

from lakehouse_jobs.commands import forward, ingest, maintain, quality, reconcile, redrive, replay, stream, transform
from lakehouse_jobs.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    ingest.COMMAND,
    stream.COMMAND,
    reconcile.COMMAND,
    redrive.COMMAND,
    replay.COMMAND,
    forward.COMMAND,
    quality.COMMAND,
    transform.COMMAND,
    maintain.COMMAND,
)

__all__ = ["COMMANDS", "Command"]
