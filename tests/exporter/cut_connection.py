"""A proxy whose connection to a server can be cut after any byte, in either direction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

Direction = Literal["request", "response"]


class CuttableProxy:
    """`forwarded` counts bytes by direction; a cut drops the rest of what it has read."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._cut: tuple[Direction, int] | None = None
        self.forwarded: dict[Direction, int] = {"request": 0, "response": 0}
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut_after(self, direction: Direction, count: int) -> None:
        """Cut once, after `count` more bytes."""
        self._cut = direction, self.forwarded[direction] + count

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forward("request", reader, server_writer))
                group.create_task(self._forward("response", server_reader, writer))
        except* _Closed:
            writer.close()
            server_writer.close()
        except* (_Cut, ConnectionError):
            writer.transport.abort()
            server_writer.transport.abort()

    async def _forward(
        self, direction: Direction, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        while content := await source.read(1 << 16):
            limit = len(content)
            if self._cut is not None and self._cut[0] == direction:
                limit = min(limit, self._cut[1] - self.forwarded[direction])
            self.forwarded[direction] += limit
            target.write(content[:limit])
            await target.drain()
            if limit < len(content):
                self._cut = None
                raise _Cut
        raise _Closed


class _Closed(Exception):
    """One side has closed the connection."""


class _Cut(Exception):
    """The connection is cut for both sides."""


@asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[CuttableProxy]:
    proxy = CuttableProxy(port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
