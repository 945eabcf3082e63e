"""Reads request bodies, compressed or not, up to a limit on their size."""

import zlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ratchet_edge.refusal import Refuse

_GZIP = 16 + zlib.MAX_WBITS
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")


class _TooLarge(Exception):
    pass


class _InvalidGzip(Exception):
    pass


class BodyLimits:
    """Answers 413 above `max_bytes`, 415 for an encoding other than gzip, 400 for invalid gzip.

    `max_bytes_of` holds the limits of single paths. The limit is on the decompressed size.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, max_bytes_of: Mapping[str, int], refuse: Refuse
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._max_bytes = max_bytes
        self._max_bytes_of = max_bytes_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        encoding = Headers(scope=scope).get("content-encoding", "identity").strip().lower()
        if encoding not in ("gzip", "identity"):
            message = f"Content-Encoding {encoding!r} is not supported; send gzip or none"
            await self._refuse(scope, 415, message)(scope, receive, send)
            return
        max_bytes = self._max_bytes_of.get(scope["path"], self._max_bytes)
        try:
            if _declared(scope) > max_bytes:
                raise _TooLarge
            body = await _read(receive, max_bytes)
            if encoding == "gzip":
                body = _decompressed(body, max_bytes)
        except ClientDisconnect:
            return
        except _TooLarge:
            message = f"send at most {max_bytes} bytes at once"
            await self._refuse(scope, 413, message)(scope, receive, send)
            return
        except _InvalidGzip as error:
            await self._refuse(scope, 400, f"body: not valid gzip: {error}")(scope, receive, send)
            return
        delivered = False

        async def read_again() -> Message:
            nonlocal delivered
            if delivered:
                return await receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, read_again, send)


def _declared(scope: Scope) -> int:
    """The length in the headers, 0 without one; a body beyond the limit is not read at all."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdecimal() else 0


async def _read(receive: Receive, max_bytes: int) -> bytes:
    chunks = []
    length = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        chunks.append(chunk)
        length += len(chunk)
        if length > max_bytes:
            raise _TooLarge
        more = message.get("more_body", False)
    return b"".join(chunks)


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
