"""A line to a server that can be cut after any byte, in either direction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

Direction = Literal["request", "response"]


class Line:
    """`carried` counts bytes by direction; a cut loses the byte after the ones it lets pass."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._cut: tuple[Direction, int] | None = None
        self.carried: dict[Direction, int] = {"request": 0, "response": 0}
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut_after(self, direction: Direction, count: int) -> None:
        """Cut once, after `count` more bytes."""
        self._cut = direction, self.carried[direction] + count

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry("request", reader, far_writer))
                group.create_task(self._carry("response", far_reader, writer))
        except* _HungUp:
            writer.close()
            far_writer.close()
        except* (_Cut, ConnectionError):
            writer.transport.abort()
            far_writer.transport.abort()

    async def _carry(
        self, direction: Direction, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        while content := await source.read(1 << 16):
            limit = len(content)
            if self._cut is not None and self._cut[0] == direction:
                limit = min(limit, self._cut[1] - self.carried[direction])
            self.carried[direction] += limit
            target.write(content[:limit])
            await target.drain()
            if limit < len(content):
                self._cut = None
                raise _Cut
        raise _HungUp


class _HungUp(Exception):
    """One side has said all it had to say."""


class _Cut(Exception):
    """Neither side hears from the other any more."""


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    line = Line(port)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
