"""One HTTP/1.1 connection to a backend.

A stream of tokens is thousands of small chunks a second, so a chunk costs one pass of the parser
in C, one turn of the event loop and one write.
"""

import asyncio
from collections.abc import AsyncIterator
from ssl import SSLContext
from typing import cast

from ratchet_edge.upstream.response_reader import BrokenResponse, ResponseHead, ResponseReader

_MOST_UNREAD = 256 * 1024


class BackendAway(Exception):
    """The backend does not answer; the message is the reason."""


class BackendSilent(BackendAway):
    """The backend sent or read nothing for too long."""


class BackendConnection(asyncio.Protocol):
    """For one exchange at a time; a silence of `timeout_s` ends it."""

    def __init__(self, timeout_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout_s = timeout_s
        self._opened: asyncio.Transport
        self._closed = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._change: asyncio.Future[None] | None = None
        self._begin()

    def _begin(self) -> None:
        """A new exchange."""
        self._response = ResponseReader()
        self._problem: Exception | None = None
        self._is_paused = False
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opened = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        try:
            self._response.feed(data)
        except BrokenResponse as error:
            self._fail(error)
        if self._response.unread > _MOST_UNREAD and not self._is_paused:
            self._is_paused = True
            self._opened.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        self._writable.set()
        if exc is not None or not self._response.connection_ended():
            self._fail(BackendAway(str(exc or "it closed the connection before its answer ended")))
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    @property
    def is_closed(self) -> bool:
        return self._closed or self._opened.is_closing()

    def close(self) -> None:
        self._opened.abort()

    def end(self) -> bool:
        """End the exchange; whether the connection can be used for another one."""
        if self._silence is not None:
            self._silence.cancel()
        response = self._response
        reusable = response.ended and not (response.closes or response.unread or self.is_closed)
        if not reusable:
            self.close()
        return reusable

    async def send(self, head: bytes, body: AsyncIterator[bytes] | None, chunked: bool) -> None:
        """Send a request; raises `BackendSilent`.

        A backend may answer before it has read the whole body.
        """
        self._begin()
        self._opened.write(head)
        if body is not None:
            async for part in body:
                if part:
                    self._opened.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
                    await self._written()
            if chunked:
                self._opened.write(b"0\r\n\r\n")
        self._heard_at = self._loop.time()
        self._silence = self._loop.call_later(self._timeout_s, self._look)

    async def head(self, has_body: bool) -> ResponseHead:
        """The beginning of the response; raises `BackendAway`."""
        while self._response.head is None:
            if isinstance(self._problem, BackendAway):
                raise self._problem
            if self._problem is not None:
                raise BackendAway(str(self._problem)) from self._problem
            await self._next_change()
        if not has_body:
            self._response.without_body()
        return self._response.head

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; raises `BrokenResponse`, also where it has no end."""
        response = self._response
        while True:
            if response.unread:
                yield response.take()
                if self._is_paused:
                    self._is_paused = False
                    self._opened.resume_reading()
            elif response.ended:
                return
            elif self._problem is not None:
                raise BrokenResponse(str(self._problem)) from self._problem
            else:
                await self._next_change()

    async def _written(self) -> None:
        if not self._writable.is_set():
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._writable.wait()
            except TimeoutError as error:
                raise BackendSilent(f"it read nothing for {self._timeout_s:g} s") from error

    async def _next_change(self) -> None:
        self._change = self._loop.create_future()
        try:
            await self._change
        finally:
            self._change = None

    def _wake(self) -> None:
        if self._change is not None and not self._change.done():
            self._change.set_result(None)

    def _fail(self, problem: Exception) -> None:
        self._problem = self._problem or problem

    def _look(self) -> None:
        """Whether the silence has lasted too long. A client that does not read makes none."""
        if self._is_paused:
            self._heard_at = self._loop.time()
        left = self._heard_at + self._timeout_s - self._loop.time()
        if left > 0:
            self._silence = self._loop.call_later(left, self._look)
        else:
            self._fail(BackendSilent(f"it sent nothing for {self._timeout_s:g} s"))
            self._wake()


async def connect(
    host: str, port: int, tls: SSLContext | None, connect_s: float, timeout_s: float
) -> BackendConnection:
    """A new connection; raises `BackendAway`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(connect_s):
            _, connection = await loop.create_connection(
                lambda: BackendConnection(timeout_s), host, port, ssl=tls
            )
    except TimeoutError as error:
        raise BackendAway(f"no connection within {connect_s:g} s") from error
    except OSError as error:
        raise BackendAway(str(error)) from error
    return connection
