"""A TCP proxy before Redis that loses every connection at a chosen command."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ratchet_testing.valkey import free_port


class FaultyProxy:
    """At the `nth` request that contains `command`, all connections are lost.

    New ones are refused for `refuse_s` seconds: as when the server restarts at that moment.
    """

    def __init__(self, url: str, command: bytes, nth: int, refuse_s: float) -> None:
        self.port = free_port()
        self.faults = 0
        self._target = int(url.rpartition(":")[2].partition("/")[0])
        self._command, self._left, self._refuse_s = command, nth, refuse_s
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.close()
        for task in tuple(self._tasks):
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, back}
        answers = asyncio.ensure_future(self._copy(there, writer))
        self._tasks.add(answers)
        with suppress(OSError):
            while data := await reader.read(65536):
                count = data.count(self._command)
                if 0 < self._left <= count:
                    self._left = 0
                    self._lose_all()
                    return
                self._left -= count if self._left else 0
                back.write(data)
                await back.drain()
        back.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def _lose_all(self) -> None:
        self.faults += 1
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self._tasks.add(asyncio.ensure_future(self._listen_again()))

    async def _listen_again(self) -> None:
        await asyncio.sleep(self._refuse_s)
        await self.listen()


@asynccontextmanager
async def faulty_proxy(
    url: str, command: bytes, nth: int, refuse_s: float = 2.0
) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(url, command, nth, refuse_s)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
