"""The gateway serves while Redis is away: records wait up to a limit, and none is doubled."""

import json
from collections import Counter
from pathlib import Path

import httpx
from redis.asyncio import Redis

from ratchet_testing.eventually import eventually
from ratchet_testing.replaying_upstream import replaying
from ratchet_testing.running_gateway import running_gateway
from ratchet_testing.valkey import free_port, valkey_server

from .recorded_cases import case
from .recorded_events import calls

STREAM = case("ollama-0.33", "chat-stream")
QUESTION = json.dumps({"model": "m", "messages": [{"role": "user", "content": "How hot?"}]})


async def ask(client: httpx.AsyncClient, count: int) -> list[str]:
    """The ids of `count` calls, each answered as the server does."""
    ids = []
    for _ in range(count):
        answer = await client.post(STREAM.path, content=QUESTION)
        assert answer.content == STREAM.answer
        ids.append(answer.headers["x-ratchet-query"])
    return ids


async def test_records_wait_for_redis_and_what_does_not_fit_is_counted(tmp_path: Path):
    port = free_port()
    redis_url = f"redis://127.0.0.1:{port}/0"
    async with replaying(STREAM) as upstream:
        with running_gateway(
            redis_url, tmp_path, upstream.url, GATEWAY_SPOOL_BYTES="65536"
        ) as gateway:
            async with httpx.AsyncClient(base_url=gateway.url, timeout=20) as client:
                ids = await ask(client, 20)
                assert (await client.get("/readyz")).status_code == 200
                assert gateway.metric("ratchet_redis_up") == 0
                assert gateway.metric("ratchet_gateway_lost_calls_total") == 0
                status = (await client.get("/status")).json()["capture"]
                assert status["problem"]
                assert status["spool_bytes"] > 0
                with valkey_server(tmp_path / "valkey", port):
                    redis = Redis.from_url(redis_url)
                    recorded = await calls(redis, 20)
                    assert [call.call_id for call in recorded] == ids
                    await redis.aclose()
                ids += await ask(client, 200)
                lost = gateway.metric("ratchet_gateway_lost_calls_total", reason="spool_full")
                assert 0 < lost < 200
                assert gateway.metric("ratchet_gateway_spool_bytes") <= 65_536 + 4_096
                with valkey_server(tmp_path / "valkey", port):
                    redis = Redis.from_url(redis_url)
                    recorded = await calls(redis, 220 - int(lost), 30)
                    counts = Counter(call.call_id for call in recorded)
                    assert len(counts) == 220 - lost
                    assert set(counts.values()) == {1}
                    assert counts.keys() < set(ids)
                    await redis.aclose()

                    async def empty() -> bool:
                        return gateway.metric("ratchet_gateway_spool_bytes") == 0

                    await eventually(empty, 10)
