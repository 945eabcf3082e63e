"""Bodies are read whole and no further than allowed, packed ones to what they unpack to."""

import zlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.http.middleware.problems import refused

_GZIP = 16 + zlib.MAX_WBITS
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")


class _TooLarge(Exception):
    pass


class _BadGzip(Exception):
    pass


class WholeBodies:
    """413 for more than `max_bytes`, 415 for an encoding other than gzip, 400 for bad gzip.

    `max_bytes_of` has the paths with another limit.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, max_bytes_of: Mapping[str, int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_bytes_of = max_bytes_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        encoding = Headers(scope=scope).get("content-encoding", "identity").strip().lower()
        if encoding not in ("gzip", "identity"):
            error = f"Content-Encoding {encoding!r} is not understood; send gzip or none"
            await refused(scope, 415, error)(scope, receive, send)
            return
        max_bytes = self._max_bytes_of.get(scope["path"], self._max_bytes)
        try:
            body = await _read(receive, max_bytes)
            if encoding == "gzip":
                body = _unpacked(body, max_bytes)
        except ClientDisconnect:
            return
        except _TooLarge:
            error = f"send at most {max_bytes} bytes at once"
            await refused(scope, 413, error)(scope, receive, send)
            return
        except _BadGzip as why:
            await refused(scope, 400, f"body: not valid gzip: {why}")(scope, receive, send)
            return
        given = False

        async def whole() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, whole, send)


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


def _unpacked(packed: bytes, max_bytes: int) -> bytes:
    """Never holds more than one byte beyond `max_bytes`."""
    member = zlib.decompressobj(_GZIP)
    try:
        body = member.decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise _BadGzip(error) from error
    if len(body) > max_bytes:
        raise _TooLarge
    if not member.eof:
        raise _BadGzip("it ends too early")
    if member.unused_data:
        raise _BadGzip("something follows its end; send one member")
    return body
