"""A model server that replays recorded cases, byte for byte and chunk by chunk, over a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from ratchet_testing.valkey import free_port


@dataclass(frozen=True)
class RecordedCase:
    """One request, and the answer in the HTTP chunks in which it came."""

    server: str
    name: str
    method: str
    path: str
    body: bytes | None
    status: int
    headers: dict[str, str]
    chunks: tuple[bytes, ...]

    @property
    def answer(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def id(self) -> str:
        return f"{self.server} {self.name}"

    @property
    def length(self) -> int | None:
        """The length that the server stated, unless it sent chunks. Some bodies are shortened."""
        if "Content-Length" not in self.headers:
            return None
        stated = int(self.headers["Content-Length"])
        return stated if self.method == "HEAD" else len(self.answer)


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ReplayingUpstream:
    """Answers every request with `answer`; `pause_s` lies between two of its chunks.

    `held_after` chunks, or if it is `silent` at once, it waits for `go_on`; `cut_after` chunks it
    closes the connection.
    """

    answer: RecordedCase
    port: int = field(default_factory=free_port)
    pause_s: float = 0.0
    held_after: int | None = None
    cut_after: int | None = None
    silent: bool = False
    received: list[Received] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._read(reader)
            answering = asyncio.create_task(self._write(writer))
            leaving = asyncio.create_task(reader.read())
            try:
                await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
                if answering.done():
                    await answering
                else:
                    self.left.set()
            finally:
                answering.cancel()
                leaving.cancel()
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")[:-2]
        headers = {n.lower(): v.strip() for n, _, v in (one.partition(":") for one in fields)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received.append(Received(line, headers, body))

    async def _write(self, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await self.go_on.wait()
        one = self.answer
        headers = dict(one.headers)
        if one.length is not None:
            headers["Content-Length"] = str(one.length)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {one.status} Recorded\r\n{head}\r\n".encode("latin-1"))
        chunked = "Transfer-Encoding" in headers
        for number, chunk in enumerate(one.chunks):
            if number == self.held_after:
                await writer.drain()
                await self.go_on.wait()
            if number == self.cut_after:
                return
            writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if chunked else chunk)
            await writer.drain()
            if self.pause_s:
                await asyncio.sleep(self.pause_s)
        if chunked:
            writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def replaying(
    answer: RecordedCase, port: int | None = None
) -> AsyncIterator[ReplayingUpstream]:
    upstream = ReplayingUpstream(answer, port or free_port())
    server = await asyncio.start_server(upstream.handle, "127.0.0.1", upstream.port)
    try:
        yield upstream
    finally:
        upstream.go_on.set()
        server.close()
