"""What is not ingest's own is passed on to the backend and back, as it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ratchet_testing.asgi_server import serving
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

websockets = pytest.importorskip("websockets", reason="the library websockets is not installed")

from websockets.asyncio.client import connect  # noqa: E402
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402

from ratchet_edge.upstream.forwarding import Forwarding  # noqa: E402

METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]


class Backend:
    """A backend that shows what it gets."""

    def __init__(self) -> None:
        self.first_chunk = asyncio.Event()
        self.go_on = asyncio.Event()
        self.left = asyncio.Event()
        routes = [
            Route("/slow", self.slow),
            Route("/broken", self.broken),
            Route("/upload", self.upload, methods=["POST"]),
            Route("/moved", self.moved),
            WebSocketRoute("/ws", self.socket),
            WebSocketRoute("/forbidden", self.forbidden),
            Route("/{path:path}", self.show, methods=METHODS),
        ]
        self.app = Starlette(routes=routes)

    async def show(self, request: Request) -> Response:
        body = await request.body()
        seen = {
            "method": request.method,
            "target": request.scope["raw_path"].decode() + "?" + request.url.query,
            "headers": [[name, value] for name, value in request.headers.items()],
            "body": body.decode("latin-1"),
        }
        answer = JSONResponse(seen, 207)
        answer.raw_headers += [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
        return answer

    async def slow(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"first "
                await self.go_on.wait()
                yield b"second"
            finally:
                self.left.set()

        return StreamingResponse(parts())

    async def broken(self, _: Request) -> Response:
        return Response(b"half", headers={"content-length": "100"})

    async def upload(self, request: Request) -> Response:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            self.first_chunk.set()
        return PlainTextResponse(str(size))

    async def moved(self, _: Request) -> Response:
        return Response(status_code=302, headers={"location": "/elsewhere"})

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept("chat" if "chat" in socket.scope["subprotocols"] else None)
        headers = {name: socket.headers.get(name) for name in ("host", "cookie", "x-forwarded-for")}
        await socket.send_json({**headers, "query": socket.url.query})
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                self.left.set()
                return
            if message.get("text") == "close":
                await socket.close(4001, "as asked")
                return
            await socket.send(
                {
                    "type": "websocket.send",
                    "text": message.get("text"),
                    "bytes": message.get("bytes"),
                }
            )

    async def forbidden(self, socket: WebSocket) -> None:
        await socket.close()


@pytest.fixture(autouse=True)
def as_ingest_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uvicorn itself trusts no X-Forwarded-For."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")


def refuse(scope: Any, status: int, error: str, **_: Any) -> Response:
    return JSONResponse({"error": error}, status)


async def own(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("ingest")(scope, receive, send)


def in_front(url: str, timeout_s: float = 5.0) -> Forwarding:
    return Forwarding(own, url, timeout_s, lambda path: path == "/own", "SETTING", refuse)


@asynccontextmanager
async def front(backend: Backend | None, **options: Any) -> AsyncIterator[str]:
    """The address of a server before `backend`; without one nothing listens there."""
    behind, before = free_port(), free_port()
    app = in_front(f"http://127.0.0.1:{behind}", **options)
    async with serving(app, before):
        if backend is None:
            yield f"http://127.0.0.1:{before}"
        else:
            async with serving(backend.app, behind):
                yield f"http://127.0.0.1:{before}"
    await app._exchange.close()


async def test_a_request_and_its_answer_are_passed_on_unchanged():
    async with front(Backend()) as url, httpx.AsyncClient(base_url=url) as client:
        sent = {"X-Own": "1", "Accept-Encoding": "identity", "User-Agent": "page/1"}
        answer = await client.post("/api/a%2Fb/?x=%20y&x=2", content=b"\x00\xff", headers=sent)
        assert (await client.get("/own")).text == "ingest"
    seen = answer.json()
    assert answer.status_code == 207
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert (seen["method"], seen["target"], seen["body"]) == (
        "POST",
        "/api/a%2Fb/?x=%20y&x=2",
        "\x00\xff",
    )
    headers = dict(seen["headers"])
    assert (headers["x-own"], headers["user-agent"], headers["content-length"]) == (
        "1",
        "page/1",
        "2",
    )
    assert headers["host"] == headers["x-forwarded-host"] == url.removeprefix("http://")
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert len(seen["headers"]) == len(headers), "no header is doubled"


async def test_a_client_cannot_pretend_another_address_or_name_headers_of_the_connection():
    async with front(Backend()) as url, httpx.AsyncClient(base_url=url) as client:
        headers = {
            "X-Forwarded-For": "10.9.9.9",
            "Forwarded": "for=10.9.9.9",
            "Connection": "keep-alive, X-Secret",
            "X-Secret": "1",
            "TE": "trailers",
        }
        seen = dict((await client.get("/", headers=headers)).json()["headers"])
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert not seen.keys() & {"forwarded", "x-secret", "te"}


async def test_an_answer_is_passed_on_while_it_comes():
    backend = Backend()
    async with front(backend) as url, httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", "/slow") as answer:
            chunks = answer.aiter_raw()
            assert await anext(chunks) == b"first "
            backend.go_on.set()
            assert b"".join([chunk async for chunk in chunks]) == b"second"
        assert backend.left.is_set()


async def test_a_body_is_passed_on_while_it_comes():
    backend = Backend()

    async def body() -> AsyncIterator[bytes]:
        yield b"x" * 70_000
        async with asyncio.timeout(10):
            await backend.first_chunk.wait()
        yield b"y" * 30_000

    async with front(backend) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.post("/upload", content=body(), timeout=20)
    assert answer.text == "100000"


async def test_a_client_that_leaves_ends_the_request_to_the_backend():
    backend = Backend()
    async with front(backend) as url, httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", "/slow") as answer:
            assert await anext(answer.aiter_raw()) == b"first "

        async def left() -> bool:
            return backend.left.is_set()

        assert await eventually(left, 10)
        backend.go_on.set()


async def test_a_redirect_is_the_clients_to_follow():
    async with front(Backend()) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/moved")
    assert (answer.status_code, answer.headers["location"]) == (302, "/elsewhere")


async def test_a_backend_that_does_not_answer_is_502_with_the_remedy():
    async with front(None) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/api/layer2/orchestrate/")
        assert (await client.get("/own")).text == "ingest"
    assert answer.status_code == 502
    assert "does not answer" in answer.json()["error"]
    assert "SETTING" in answer.json()["error"]


async def test_a_backend_that_takes_too_long_is_504():
    backend = Backend()

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        await backend.go_on.wait()

    backend.app = silent  # type: ignore[assignment]
    async with front(backend, timeout_s=0.2) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/anything")
        backend.go_on.set()
    assert (answer.status_code, "0.2 s" in answer.json()["error"]) == (504, True)


async def test_a_broken_answer_is_not_taken_for_a_whole_one():
    async with front(Backend()) as url, httpx.AsyncClient(base_url=url) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/broken")


async def test_a_websocket_is_passed_on_both_ways():
    backend = Backend()
    async with front(backend) as url:
        place = url.replace("http", "ws") + "/ws?token=1%2F2"
        headers = {"Cookie": "session=7"}
        chosen: Any = ["other", "chat"]
        async with connect(place, additional_headers=headers, subprotocols=chosen) as socket:
            first = await socket.recv()
            assert socket.subprotocol == "chat"
            for message in ("grüße", b"\x00\x01" * 100_000):
                await socket.send(message)
                assert await socket.recv() == message
            await socket.send("close")
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "as asked")  # type: ignore[union-attr]
    host = url.removeprefix("http://")
    assert f'"host":"{host}"' in str(first).replace(" ", "")
    assert "session=7" in str(first)
    assert "127.0.0.1" in str(first)
    assert "token=1%2F2" in str(first)


async def test_a_client_that_closes_a_websocket_closes_that_of_the_backend():
    backend = Backend()
    async with front(backend) as url:
        async with connect(url.replace("http", "ws") + "/ws") as socket:
            await socket.recv()

        async def left() -> bool:
            return backend.left.is_set()

        assert await eventually(left, 10)


async def test_a_refused_websocket_is_refused_with_the_status_of_the_backend():
    async with front(Backend()) as url:
        with pytest.raises(InvalidStatus) as refused:
            await connect(url.replace("http", "ws") + "/forbidden")
    assert refused.value.response.status_code == 403
    async with front(None) as url:
        with pytest.raises(InvalidStatus) as nothing:
            await connect(url.replace("http", "ws") + "/ws")
    assert nothing.value.response.status_code == 502
    assert b"does not answer" in nothing.value.response.body
