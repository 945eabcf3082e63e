"""Forwards one HTTP request; bodies are passed on as they arrive."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from starlette.types import Message, Receive, Scope, Send

from ratchet_edge.upstream.backend_connection import BackendConnection, connect
from ratchet_edge.upstream.headers import end_to_end, forwarded, target

_CONNECT_S, _IDLE_S = 5.0, 1.0


class HttpExchange:
    """Forwards to `url`, whose silence ends a request after `timeout_s`."""

    def __init__(self, url: str, timeout_s: float) -> None:
        backend = urlsplit(url)
        secure = backend.scheme == "https"
        self._host = backend.hostname or ""
        self._port = backend.port or (443 if secure else 80)
        self._authority = backend.netloc.rpartition("@")[2].encode()
        self._path = backend.path.rstrip("/").encode()
        self._tls = ssl.create_default_context() if secure else None
        self._timeout_s = timeout_s
        self._idle: list[tuple[float, BackendConnection]] = []

    async def close(self) -> None:
        for _, connection in self._idle:
            connection.close()
        self._idle.clear()

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ends early when the client leaves.

        Raises `BackendAway` before the first byte of the response was sent on, and
        `BrokenResponse` after it.
        """
        body = _Body(receive)
        headers = forwarded(scope)
        names = {name for name, _ in headers}
        chunked = b"content-length" not in names and any(
            name.lower() == b"transfer-encoding" for name, _ in scope["headers"]
        )
        has_body = chunked or b"content-length" in names
        if chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        if b"host" not in names:
            headers.append((b"host", self._authority))
        line = b"%s %s%s HTTP/1.1\r\n" % (scope["method"].encode(), self._path, target(scope))
        head = line + b"".join(b"%s: %s\r\n" % header for header in headers) + b"\r\n"
        content = body.chunks() if has_body else None
        exchange = asyncio.create_task(
            self._exchange(scope["method"], head, content, chunked, send)
        )
        leaving = asyncio.create_task(body.client_left(wait_for_end=has_body))
        try:
            await asyncio.wait((exchange, leaving), return_when=asyncio.FIRST_COMPLETED)
            if exchange.done():
                await exchange
        finally:
            for task in (exchange, leaving):
                task.cancel()
            await asyncio.gather(exchange, leaving, return_exceptions=True)

    async def _exchange(
        self,
        method: str,
        head: bytes,
        content: AsyncIterator[bytes] | None,
        chunked: bool,
        send: Send,
    ) -> None:
        connection = await self._connection()
        try:
            await connection.send(head, content, chunked)
            response = await connection.head(has_body=method != "HEAD")
            start = {"type": "http.response.start", "status": response.status}
            await send({**start, "headers": end_to_end(response.headers)})
            async for chunk in connection.chunks():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            if connection.end():
                self._idle.append((time.monotonic(), connection))

    async def _connection(self) -> BackendConnection:
        """One that was in use a moment ago, or a new one.

        A backend that closes idle connections does it later than `_IDLE_S`, so none is lost midway.
        """
        now = time.monotonic()
        while self._idle:
            since, connection = self._idle.pop()
            if now - since < _IDLE_S and not connection.is_closed:
                return connection
            connection.close()
        return await connect(self._host, self._port, self._tls, _CONNECT_S, self._timeout_s)


class _Body:
    """The body of a request, and afterwards whether its client has left."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_over = asyncio.Event()
        self._left = False

    async def chunks(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._left = True
                self._is_over.set()
                # Ends the request to the backend too, which must not take it for a whole one.
                await asyncio.Event().wait()
            more = message.get("more_body", False)
            yield message.get("body", b"")
        self._is_over.set()

    async def client_left(self, wait_for_end: bool) -> None:
        if wait_for_end:
            await self._is_over.wait()
        message: Message = {"type": ""}
        while not self._left and message["type"] != "http.disconnect":
            message = await self._receive()
