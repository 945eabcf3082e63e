"""Connections: their number, the size of headers and the time of a request are limited."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn

from ratchet_edge.http_protocol import (
    ConnectionLimits,
    LimitedProtocol,
    refused_connections,
)
from ratchet_testing.eventually import eventually

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
MOST = 4096


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        more = message["more_body"]
    content = str(length).encode()
    headers = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def serving(**changed: Any) -> AsyncIterator[int]:
    """The port of a server with low limits."""
    values = {"connections": 20, "per_address": 10, "header_bytes": MOST, "header_s": 30.0}
    limits = ConnectionLimits(**{**values, "body_s": 30.0, **changed})
    protocol: Any = partial(LimitedProtocol, limits)
    config = uvicorn.Config(echo, port=0, http=protocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await running


async def answer(port: int, *parts: bytes) -> bytes:
    """Everything that the server sends until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_requests_within_the_limits_are_served():
    async with serving() as port:
        close = b"Connection: close\r\n"
        chunks = b"Transfer-Encoding: chunked\r\n" + close + b"\r\n" + b"1\r\nx\r\n" * 50_000
        found = await answer(port, GET + b"\r\n" + POST + close + b"Content-Length: 3\r\n\r\nabc")
        assert found.count(b"200 OK") == 2
        assert found.endswith(b"3")
        assert (await answer(port, POST + chunks + b"0\r\n\r\n")).endswith(b"50000")
        large = b"Content-Length: 900000\r\n" + close + b"\r\n" + b"x" * 900_000
        assert (await answer(port, POST + large)).endswith(b"900000")


@pytest.mark.parametrize(
    "parts",
    [
        [GET + b"X-A: " + b"a" * MOST + b"\r\n\r\n"],
        [GET, *([b"X-A: b\r\n"] * 2000)],
        [GET + b"X-A: ", *([b"a" * 1000] * 20)],
        [b"GET /" + b"a" * MOST + b" HTTP/1.1\r\nHost: x\r\n\r\n"],
        [POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: ", *([b"a" * 1000] * 2000)],
        [POST + b"Transfer-Encoding: chunked\r\n\r\n1;a=", *([b"a" * 1000] * 2000)],
    ],
    ids=["one header", "many headers", "in parts", "line", "trailer", "chunk extension"],
)
async def test_headers_beyond_their_limit_are_refused(parts: list[bytes]):
    async with serving() as port:
        found = await answer(port, *parts)
        assert found == b"" or found.startswith(b"HTTP/1.1 431 ")
        assert (await answer(port, GET + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_header_of_any_size_costs_no_more_than_the_limit():
    async with serving() as port:
        began = time.process_time()
        await answer(port, GET + b"X-A: ", *([b"a" * (1 << 20)] * 100))
        assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "part",
    [b"", b"GE", GET, POST + b"Content-Length: 9\r\n\r\n", POST + b"Content-Length: 9\r\n\r\nab"],
)
async def test_half_a_request_is_closed_with_408(part: bytes):
    async with serving(header_s=0.2, body_s=0.2) as port:
        assert (await answer(port, part)).startswith(b"HTTP/1.1 408 ")


async def test_a_second_request_has_a_time_limit_too():
    async with serving(header_s=0.2) as port:
        found = await answer(port, GET + b"\r\n" + GET)
        assert b"200 OK" in found
        assert b"408 Request Timeout" in found


async def test_an_address_beyond_its_connections_is_refused_with_a_log_line_and_a_metric(
    caplog: pytest.LogCaptureFixture,
):
    metric = refused_connections.labels("address")
    before = metric._value.get()
    async with serving(per_address=3) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        with caplog.at_level(logging.WARNING):
            assert (await answer(port, GET)).startswith(b"HTTP/1.1 503 ")
        assert "127.0.0.1: address" in caplog.text
        assert metric._value.get() == before + 1
        held.pop()[1].close()

        async def served() -> bool:
            return b"200 OK" in await answer(port, GET + b"Connection: close\r\n\r\n")

        await eventually(served)
        for _, writer in held:
            writer.close()


@pytest.mark.parametrize("proxy", ["127.0.0.0/8", "127.0.0.1", "*"])
async def test_a_proxy_is_limited_by_the_total_alone(proxy: str):
    async with serving(per_address=1, connections=5, shared=[proxy]) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        assert b"200 OK" in await answer(port, GET + b"Connection: close\r\n\r\n")
        held.append(await asyncio.open_connection("127.0.0.1", port))
        assert (await answer(port, GET)).startswith(b"HTTP/1.1 503 ")
        for _, writer in held:
            writer.close()


class FakeLoop:
    """Counts what is scheduled, and never runs it."""

    def __init__(self) -> None:
        self.scheduled = 0

    def time(self) -> float:
        return 0.0

    def call_later(self, *_: Any) -> None:
        self.scheduled += 1


class Connection:
    def __init__(self, loop: FakeLoop) -> None:
        self.loop = loop
        self.address = "127.0.0.1"


def test_connections_that_come_and_go_schedule_one_look_at_deadlines():
    limits = ConnectionLimits(20, 10, MOST, 1.0, 1.0)
    loop = FakeLoop()
    for _ in range(100):
        protocol: Any = Connection(loop)
        limits.add(protocol)
        limits.remove(protocol)
    assert loop.scheduled == 1
