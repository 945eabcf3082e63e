"""One HTTP/1.1 connection to a backend.

A stream of tokens is thousands of small chunks a second, so a chunk costs one read, one pass of
the parser in C and one write.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ssl import SSLContext

import httptools

from ratchet_edge.upstream.headers import Headers

_READ_BYTES = 64 * 1024


class BackendAway(Exception):
    """The backend does not answer; the message is the reason."""


class BackendSilent(BackendAway):
    """The backend sent nothing for too long."""


class BrokenResponse(Exception):
    """The backend broke off a response."""


@dataclass(frozen=True)
class ResponseHead:
    status: int
    headers: Headers


class _Answer:
    """What httptools reads of one response."""

    def __init__(self) -> None:
        self.head: ResponseHead | None = None
        self.body: list[bytes] = []
        self.ended = False
        self.parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if status >= 200:  # else the answer itself follows
            self.head = ResponseHead(status, self._headers)
        self._headers = []

    def on_body(self, body: bytes) -> None:
        self.body.append(body)

    def on_message_complete(self) -> None:
        self.ended = self.head is not None


class BackendConnection:
    """For one exchange at a time; a silence of `timeout_s` ends it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._answer = _Answer()
        self._has_end = False
        self._closes = False

    @property
    def reusable(self) -> bool:
        """Whether the exchange is complete and the backend keeps the connection."""
        return self._answer.ended and not self._closes and not self.is_closed

    @property
    def is_closed(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    def close(self) -> None:
        self._writer.transport.abort()

    async def send(self, head: bytes, body: AsyncIterator[bytes] | None, chunked: bool) -> None:
        """Send a request. A backend may answer before it has read the whole body."""
        self._answer, self._closes = _Answer(), False
        self._writer.write(head)
        try:
            if body is not None:
                async for part in body:
                    if part:
                        framed = b"%x\r\n%s\r\n" % (len(part), part) if chunked else part
                        self._writer.write(framed)
                        async with asyncio.timeout(self._timeout_s):
                            await self._writer.drain()
                if chunked:
                    self._writer.write(b"0\r\n\r\n")
        except ConnectionError:
            self._closes = True
        except TimeoutError as error:
            raise BackendSilent(str(error)) from error

    async def head(self, has_body: bool) -> ResponseHead:
        """The beginning of the response; raises `BackendAway`."""
        answer = self._answer
        while answer.head is None:
            try:
                more = await self._read()
            except BrokenResponse as error:
                raise BackendAway(str(error)) from error
            if not more:
                raise BackendAway("it closed the connection without an answer")
        values = {name.lower(): value.lower() for name, value in answer.head.headers}
        chunked = b"chunked" in values.get(b"transfer-encoding", b"")
        self._has_end = chunked or b"content-length" in values
        self._closes |= b"close" in values.get(b"connection", b"") or not self._has_end
        if not has_body:
            answer.ended = True
            self._closes |= bool(answer.body) or answer.head.status not in (204, 304)
        return answer.head

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; raises `BrokenResponse`, also where it has no end."""
        answer = self._answer
        while True:
            if answer.body:
                chunk = b"".join(answer.body)
                answer.body.clear()
                yield chunk
            elif answer.ended:
                return
            else:
                try:
                    more = await self._read()
                except BackendAway as error:
                    raise BrokenResponse(str(error)) from error
                if not more:
                    if self._has_end:
                        raise BrokenResponse("it closed the connection within the response")
                    answer.ended = True

    async def _read(self) -> bool:
        """Whether more of the response came, and not the end of the connection."""
        try:
            async with asyncio.timeout(self._timeout_s):
                data = await self._reader.read(_READ_BYTES)
            if data:
                self._answer.parser.feed_data(data)
        except TimeoutError as error:
            raise BackendSilent(f"it sent nothing for {self._timeout_s:g} s") from error
        except OSError as error:
            raise BackendAway(str(error)) from error
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise BrokenResponse(f"its response is not HTTP/1.1: {error}") from error
        return bool(data)


async def connect(
    host: str, port: int, tls: SSLContext | None, connect_s: float, timeout_s: float
) -> BackendConnection:
    """A new connection; raises `BackendAway`."""
    try:
        async with asyncio.timeout(connect_s):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    except TimeoutError as error:
        raise BackendAway(f"no connection within {connect_s:g} s") from error
    except OSError as error:
        raise BackendAway(str(error)) from error
    return BackendConnection(reader, writer, timeout_s)
