"""Reads request bodies, compressed or not, up to a limit on their size."""

import zlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ratchet_edge.clients import Client, client_of
from ratchet_edge.refusal import Refuse
from ratchet_edge.shares import BufferedBytes, ClientRates, NoRoom

_GZIP = 16 + zlib.MAX_WBITS
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")


class _TooLarge(Exception):
    pass


class _InvalidGzip(Exception):
    pass


class BodyLimits:
    """Answers 413 above `max_bytes`, 415 for an encoding other than gzip, 400 for invalid gzip.

    `max_bytes_of` holds the limits of single paths. The limit is on the decompressed size. Answers
    503 while the bodies of all requests in progress take more than `max_buffered`, and 429 to a
    client whose bodies take half of it or that is beyond its `rates`.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        max_bytes_of: Mapping[str, int],
        max_buffered: int,
        rates: ClientRates,
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._buffered = BufferedBytes(max_buffered)
        self._rates = rates
        self._refuse = refuse
        self._max_bytes = max_bytes
        self._max_bytes_of = max_bytes_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        client = client_of(scope)
        if (exceeded := self._rates.count(client)) is not None:
            refused = self._refuse(
                scope, exceeded.status, exceeded.message, headers=exceeded.headers
            )
            await refused(scope, receive, send)
            return
        headers = Headers(scope=scope)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("gzip", "identity"):
            message = f"Content-Encoding {encoding!r} is not supported; send gzip or none"
            await self._refuse(scope, 415, message)(scope, receive, send)
            return
        max_bytes = self._max_bytes_of.get(scope["path"], self._max_bytes)
        body = _Body(self._buffered, client, max_bytes)
        try:
            if _declared(headers) > max_bytes:
                raise _TooLarge
            content = await body.read(receive)
            if encoding == "gzip":
                content = body.decompressed(content)
            await self._app(scope, _read_again(content, receive), send)
        except ClientDisconnect:
            return
        except _TooLarge:
            message = f"send at most {max_bytes} bytes at once"
            await self._refuse(scope, 413, message)(scope, receive, send)
        except _InvalidGzip as error:
            await self._refuse(scope, 400, f"body: not valid gzip: {error}")(scope, receive, send)
        except NoRoom as error:
            exceeded = error.exceeded
            refused = self._refuse(
                scope, exceeded.status, exceeded.message, headers=exceeded.headers
            )
            await refused(scope, receive, send)
        finally:
            self._rates.charge(client, body.taken)
            body.give_back()


def _declared(headers: Headers) -> int:
    """The length in the headers, 0 without one; a body beyond the limit is not read at all."""
    length = headers.get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdecimal() else 0


def _read_again(body: bytes, receive: Receive) -> Receive:
    delivered = False

    async def read() -> Message:
        nonlocal delivered
        if delivered:
            return await receive()
        delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


class _Body:
    """The body of one request of `client`, of which `taken` bytes are in memory."""

    def __init__(self, buffered: BufferedBytes, client: Client, max_bytes: int) -> None:
        self.taken = 0
        self._buffered = buffered
        self._share = client.share
        self._max_bytes = max_bytes

    async def read(self, receive: Receive) -> bytes:
        chunks = []
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk: bytes = message.get("body", b"")
            chunks.append(chunk)
            if self.taken + len(chunk) > self._max_bytes:
                raise _TooLarge
            self._take(len(chunk))
            more = message.get("more_body", False)
        return b"".join(chunks)

    def decompressed(self, content: bytes) -> bytes:
        body = _decompressed(content, self._max_bytes)
        self._take(len(body))
        return body

    def give_back(self) -> None:
        self._buffered.give_back(self._share, self.taken)

    def _take(self, size: int) -> None:
        self.taken += size
        self._buffered.take(self._share, size)


def _decompressed(content: bytes, max_bytes: int) -> bytes:
    """Holds at most one byte beyond `max_bytes`, so a small body cannot exhaust the memory."""
    member = zlib.decompressobj(_GZIP)
    try:
        body = member.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise _InvalidGzip(error) from error
    if len(body) > max_bytes:
        raise _TooLarge
    if not member.eof:
        raise _InvalidGzip("it ends too early")
    if member.unused_data:
        raise _InvalidGzip("data follows its end; send one member")
    return body
