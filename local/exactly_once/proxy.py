"""Stands between the drivers and the endpoint: refuses for a while, loses an answer, holds a request back.

It speaks as much HTTP/1.1 as it takes to tell one request of a connection from the next. Answers go through untouched.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_CHUNK = 1 << 16
_COMMIT = b"awsglue.updatetable"


@dataclass
class Trap:
    """What happens to a commit of a table, some others passed: its answer is lost, or it is held until released."""

    database: str
    table: str
    passes: int = 0
    holds: bool = False
    sprung: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def takes(self, body: bytes) -> bool:
        """Whether this is the commit it waits for."""
        request = json.loads(body)
        named = request.get("DatabaseName"), (request.get("TableInput") or {}).get("Name")
        if self.sprung.is_set() or named != (self.database, self.table):
            return False
        self.passes -= 1
        if self.passes >= 0:
            return False
        self.sprung.set()
        return True


class Proxy:
    """A proxy on a free loopback port; its methods may be called from any thread."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._refuses = False
        self._trap: Trap | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Within, every request is answered by 503, and open connections are closed."""
        self._refuses = True
        self._loop.call_soon_threadsafe(self._close_all)
        try:
            yield
        finally:
            self._refuses = False

    @contextlib.contextmanager
    def trapping(self, trap: Trap) -> Iterator[Trap]:
        """Within, the trap is set; what it holds is let go at the end."""
        self._trap = trap
        try:
            yield trap
        finally:
            self._trap = None
            trap.released.set()

    def close(self) -> None:
        """Stop listening, and close every connection."""
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _close_all(self) -> None:
        for writer in list(self._connections):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            await self._relay(reader, writer)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        lost = asyncio.Event()
        answers = asyncio.create_task(_answers(there, writer, lost))
        try:
            while head := await _head(reader):
                if self._refuses:
                    writer.write(_REFUSAL)
                    return
                await self._request(head, reader, back, lost)
        finally:
            answers.cancel()
            back.close()

    async def _request(
        self, head: bytes, reader: asyncio.StreamReader, back: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        headers = head.lower()
        if _COMMIT not in headers:
            back.write(head)
            await _body(headers, reader, back)
            return
        body = await reader.readexactly(_length(headers))
        trap = self._trap
        if trap is not None and trap.takes(body):
            if trap.holds:
                await asyncio.to_thread(trap.released.wait)
            else:
                lost.set()
        back.write(head + body)
        await back.drain()


async def _answers(there: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
    with contextlib.suppress(ConnectionError, OSError):
        while data := await there.read(_CHUNK):
            if lost.is_set():
                break
            writer.write(data)
            await writer.drain()
    writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    """The head of the next request; nothing when there is none."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def _body(headers: bytes, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
    if b"transfer-encoding: chunked" in headers:
        size = -1
        while size != 0:
            line = await reader.readline()
            size = int(line.split(b";")[0], 16)
            back.write(line + await reader.readexactly(size + 2))
            await back.drain()
        return
    left = _length(headers)
    await back.drain()
    while left > 0:
        data = await reader.read(min(left, _CHUNK))
        if not data:
            raise ConnectionError("the request ended within its body")
        left -= len(data)
        back.write(data)
        await back.drain()


def _length(headers: bytes) -> int:
    for line in headers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0
