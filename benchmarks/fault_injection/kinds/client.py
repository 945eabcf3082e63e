"""Clients that flood, hold connections, or send what no handler can read."""

import asyncio
from contextlib import suppress

import httpx
from fault_injection.kinds.fault import Fault
from fault_injection.system import System

from ratchet.contract import EXPERIENCES, FEEDBACK
from ratchet.delivery import DATA_FIELD

_CONNECTIONS = 200


async def _fill_with_texts(system: System) -> None:
    """60 requests with 16 MB of text each."""
    async with httpx.AsyncClient(base_url=system.url, timeout=20) as client:
        for number in range(60):
            body = {"query_id": f"fill-{number}", "evaluation_reasoning": "x" * 16_000_000}
            with suppress(httpx.HTTPError):
                await client.post("/v1/feedback", json=body)


async def _hold_connections(system: System) -> None:
    """Requests that never end."""
    writers = []
    for _ in range(_CONNECTIONS):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", system.port)
            writer.write(b"POST /v1/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
            writers.append(writer)
    await asyncio.sleep(15)
    for writer in writers:
        writer.close()


async def _send_a_long_header(system: System) -> None:
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", system.port)
        writer.write(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        for _ in range(150):
            writer.write(b"a" * 1_000_000)
            await writer.drain()
        writer.close()


async def _flood_approvals(system: System) -> None:
    async with httpx.AsyncClient(base_url=system.url, timeout=20) as client:

        async def call() -> None:
            with suppress(httpx.HTTPError):
                await client.post("/api/layer2/approve-training/", content=b"")

        for _ in range(50):
            await asyncio.gather(*(call() for _ in range(20)))


async def _add_unreadable_entries(system: System) -> None:
    async with system.redis() as redis:
        for stream in (EXPERIENCES, FEEDBACK):
            for content in ("", "{", '{"type": "Unknown"}', "\x00" * 10):
                await redis.xadd(stream.key, {DATA_FIELD: content})
            await redis.xadd(stream.key, {"other": "field"})


def client_faults() -> list[Fault]:
    return [
        Fault("60 texts of 16 MB", _fill_with_texts, 5.0),
        Fault(f"{_CONNECTIONS} requests that never end", _hold_connections),
        Fault("a header of 150 MB", _send_a_long_header, 5.0),
        Fault("1,000 approvals", _flood_approvals),
        Fault("entries that no handler can read", _add_unreadable_entries, 5.0),
    ]
