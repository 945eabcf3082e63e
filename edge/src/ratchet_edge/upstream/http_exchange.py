"""Forwards one HTTP request; bodies are passed on as they arrive."""

import asyncio
from collections.abc import AsyncIterator

import httpx
from starlette.types import Message, Receive, Scope, Send

from ratchet_edge.upstream.headers import end_to_end, forwarded, target

_CONNECT_S, _IDLE_S = 5.0, 1.0


class HttpExchange:
    """Forwards to `url`, whose silence ends a request after `timeout_s`."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = httpx.URL(url)
        self._timeout = httpx.Timeout(timeout_s, connect=_CONNECT_S, pool=None).as_dict()
        # A backend that closes idle connections does it later than this, so none is lost midway.
        limits = httpx.Limits(max_connections=None, keepalive_expiry=_IDLE_S)
        self._transport = httpx.AsyncHTTPTransport(limits=limits)

    async def close(self) -> None:
        await self._transport.aclose()

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ends early when the client leaves.

        Raises `httpx.TransportError` before the first byte of the response was sent on, and
        `BrokenResponse` after it.
        """
        body = _Body(receive)
        headers = forwarded(scope)
        has_body = any(name == b"content-length" for name, _ in headers) or any(
            name.lower() == b"transfer-encoding" for name, _ in scope["headers"]
        )
        request = httpx.Request(
            scope["method"],
            self._url.copy_with(raw_path=self._url.raw_path.rstrip(b"/") + target(scope)),
            headers=headers,
            content=body.chunks() if has_body else None,
            extensions={"timeout": self._timeout},
        )
        exchange = asyncio.create_task(self._exchange(request, send))
        leaving = asyncio.create_task(body.client_left(wait_for_end=has_body))
        try:
            await asyncio.wait((exchange, leaving), return_when=asyncio.FIRST_COMPLETED)
            if exchange.done():
                await exchange
        finally:
            for task in (exchange, leaving):
                task.cancel()
            await asyncio.gather(exchange, leaving, return_exceptions=True)

    async def _exchange(self, request: httpx.Request, send: Send) -> None:
        response = await self._transport.handle_async_request(request)
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            headers = end_to_end(response.headers.raw)
            start = {"type": "http.response.start", "status": response.status_code}
            await send({**start, "headers": headers})
            try:
                async for chunk in stream:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except httpx.TransportError as error:
                raise BrokenResponse(str(error)) from error
            await send({"type": "http.response.body", "body": b""})
        finally:
            await stream.aclose()


class BrokenResponse(Exception):
    """The backend broke off a response of which the client has a part."""


class _Body:
    """The body of a request, and afterwards whether its client has left."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = asyncio.Event()
        self._left = asyncio.Event()

    async def chunks(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._left.set()
                # Ends the request to the backend too, which must not take it for a whole one.
                await asyncio.Event().wait()
            more = message.get("more_body", False)
            yield message.get("body", b"")
        self._ended.set()

    async def client_left(self, wait_for_end: bool) -> None:
        if wait_for_end:
            ended = asyncio.create_task(self._ended.wait())
            left = asyncio.create_task(self._left.wait())
            try:
                await asyncio.wait((ended, left), return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended.cancel()
                left.cancel()
        message: Message = {"type": ""}
        while not self._left.is_set() and message["type"] != "http.disconnect":
            message = await self._receive()
