"""Forwards one WebSocket: messages of both kinds, subprotocols and closing codes."""

import asyncio
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from ratchet_edge.upstream.headers import forwarded, target

_OPEN_S = 10.0
_OF_THE_HANDSHAKE = (b"host", b"sec-websocket-")
_NO_STATUS, _GONE = 1005, 1001
NO_BACKEND = (OSError, TimeoutError, InvalidHandshake)


async def forward_websocket(url: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Forward to the backend at `url`; raises one of `NO_BACKEND` if that refuses it."""
    await receive()
    async with _connection(urlsplit(url), scope) as backend:
        await send({"type": "websocket.accept", "subprotocol": backend.subprotocol})
        tasks = [
            asyncio.create_task(_to_backend(backend, receive)),
            asyncio.create_task(_to_client(backend, send)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _connection(backend: SplitResult, scope: Scope) -> connect:
    """The handshake has the Host of the client's, by which a backend checks its Origin."""
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in forwarded(scope)
        if not name.startswith(_OF_THE_HANDSHAKE)
    ]
    named = dict(scope["headers"]).get(b"host", b"backend").decode("latin-1")
    secure = backend.scheme == "https"
    tls: dict[str, Any] = {"server_hostname": backend.hostname} if secure else {}
    path = backend.path.rstrip("/") + target(scope).decode("latin-1")
    return connect(
        f"{'wss' if secure else 'ws'}://{named}{path}",
        host=backend.hostname,
        port=backend.port or (443 if secure else 80),
        **tls,
        additional_headers=headers,
        subprotocols=[Subprotocol(name) for name in scope.get("subprotocols", ())] or None,
        user_agent_header=None,
        compression=None,
        max_size=None,
        open_timeout=_OPEN_S,
        proxy=None,
    )


async def _to_backend(backend: ClientConnection, receive: Receive) -> None:
    while True:
        message: dict[str, Any] = dict(await receive())
        if message["type"] == "websocket.disconnect":
            code = message.get("code") or _GONE
            await backend.close(_GONE if code in (_NO_STATUS, 1006) else code)
            return
        text = message.get("text")
        await backend.send(text if text is not None else message["bytes"])


async def _to_client(backend: ClientConnection, send: Send) -> None:
    try:
        async for data in backend:
            kind = "text" if isinstance(data, str) else "bytes"
            await send({"type": "websocket.send", kind: data})
        closed = backend.close_code, backend.close_reason
    except ConnectionClosed as error:
        closed = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1011, "")
    code = closed[0] or 1000
    code = 1000 if code == _NO_STATUS else 1011 if code == 1006 else code
    await send({"type": "websocket.close", "code": code, "reason": closed[1] or ""})
