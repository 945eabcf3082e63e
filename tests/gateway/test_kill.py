"""Kill -9 under load: no record is doubled, and every lost one is counted."""

import asyncio
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
from redis.asyncio import Redis

from ratchet_testing.eventually import eventually
from ratchet_testing.replaying_upstream import replaying
from ratchet_testing.running_gateway import RunningGateway, running_gateway

from .recorded_cases import case
from .recorded_events import calls

STREAM = case("ollama-0.33", "chat-stream")
QUESTION = json.dumps({"model": "m", "messages": [{"role": "user", "content": "How hot?"}]})
KILLS = 3


class Load:
    """Applications that ask again and again: the ids of calls that began, and that were whole."""

    def __init__(self, gateway: RunningGateway) -> None:
        self._gateway = gateway
        self.began: set[str] = set()
        self.whole: set[str] = set()
        self.altered = 0

    async def run(self) -> None:
        while True:
            body = b""
            with suppress(httpx.TransportError):
                async with (
                    httpx.AsyncClient(base_url=self._gateway.url, timeout=20) as client,
                    client.stream("POST", STREAM.path, content=QUESTION) as answer,
                ):
                    call_id = answer.headers["x-ratchet-query"]
                    self.began.add(call_id)
                    async for part in answer.aiter_raw():
                        body += part
                    self.whole.add(call_id)
                    self.altered += body != STREAM.answer
            self.altered += not STREAM.answer.startswith(body)
            await asyncio.sleep(0)


async def test_a_killed_gateway_doubles_nothing_and_counts_what_it_lost(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    async with replaying(STREAM) as upstream:
        upstream.pause_s = 0.002
        with running_gateway(valkey_url, tmp_path, upstream.url) as gateway:
            load = Load(gateway)
            tasks = [asyncio.create_task(load.run()) for _ in range(8)]
            for kill in range(KILLS):

                async def enough(least: int = 20 * (kill + 1)) -> bool:
                    return len(load.whole) >= least

                await eventually(enough, 60)
                gateway.kill()
                await asyncio.to_thread(gateway.start)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

            async def settled() -> int:
                entries = int(await redis.xlen("ratchet:calls"))
                waits = gateway.metric("ratchet_gateway_spool_bytes")
                return entries if waits == 0 else 0

            recorded = await calls(redis, await eventually(settled, 30))
            killed = gateway.metric("ratchet_gateway_lost_calls_total", reason="killed")
    counts = Counter(call.call_id for call in recorded)
    assert load.altered == 0
    assert set(counts.values()) == {1}
    unrecorded = load.began - counts.keys()
    assert len(load.whole) >= 20 * KILLS
    assert len(unrecorded) <= killed <= len(unrecorded) + 8 * KILLS
    assert all(call.fault is None for call in recorded if call.call_id in load.whole)
