"""The rate limit per client, for all replicas together."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet_edge.rate_limit import RateLimit
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import api, serving

from .test_authentication import key

PATH = "/api/layer2/feedback/"
BODY = {"query_id": "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01", "rating": "up"}


async def test_the_twenty_first_call_in_a_minute_is_429_on_every_replica(
    redis: Redis, valkey_url: str
):
    async with api(valkey_url) as one, api(valkey_url) as other:
        answers = await asyncio.gather(
            *(replica.post(PATH, json=BODY) for replica in [one, other] * 15)
        )
        unlimited = await one.post("/v1/feedback", json=[BODY] * 30)
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 20 + [429] * 10
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert set(refused.json()) == {"error"}
    assert 50 < int(refused.headers["Retry-After"]) <= 60
    assert unlimited.status_code == 202


async def test_each_key_is_counted_separately_and_may_have_its_own_limit(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    slow, quick = key(tmp_path, "write"), key(tmp_path, "write", per_minute=5)
    async with api(valkey_url, data_dir=tmp_path, ingest_feedback_per_minute=2) as client:
        for secret, most in ((slow, 2), (quick, 5)):
            codes = [
                (await client.post(PATH, json=BODY, headers={"X-Feedback-Key": secret})).status_code
                for _ in range(most + 1)
            ]
            assert codes == [200] * most + [429]


async def test_a_browsers_key_is_counted_by_address_on_every_route_that_it_may_use(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    secret, server = key(tmp_path, "feedback"), key(tmp_path, "write")
    ranked = {"transcript": "power of pump 001", "candidates": ["kpi"]}
    options = {"data_dir": tmp_path, "ingest_trusted_proxies": ("127.0.0.1",)}
    async with api(valkey_url, ingest_feedback_per_minute=2, **options) as client:

        async def codes(path: str, body: Any, secret: str, address: str) -> list[int]:
            headers = {"X-Api-Key": secret, "X-Feedback-Key": secret, "X-Forwarded-For": address}
            calls = [await client.post(path, json=body, headers=headers) for _ in range(3)]
            return [answer.status_code for answer in calls]

        for address in ("10.0.0.1", "10.0.0.2"):
            assert await codes(PATH, BODY, secret, address) == [200, 200, 429]
            assert await codes("/v1/feedback", BODY, secret, address) == [202, 202, 429]
            assert await codes("/v1/rank", ranked, secret, address) == [429, 429, 429]
        assert await codes("/v1/rank", ranked, secret, "10.0.0.3") == [200, 200, 429]
        assert await codes("/v1/rank", ranked, server, "10.0.0.1") == [200, 200, 200]


@pytest.mark.parametrize(("trusted", "codes"), [("127.0.0.1", [200, 200]), ("", [200, 429])])
async def test_x_forwarded_for_counts_only_from_a_trusted_proxy(
    redis: Redis,
    valkey_url: str,
    monkeypatch: pytest.MonkeyPatch,
    trusted: str,
    codes: list[int],
):
    monkeypatch.setenv("RATCHET_INGEST_TRUSTED_PROXIES", trusted)
    settings = IngestSettings(
        redis_url=valkey_url,  # type: ignore[arg-type]
        data_dir=Path("no-such-directory"),
        allowed_hosts=("127.0.0.1",),
        ingest_feedback_per_minute=1,
    )
    async with serving(create_app(settings)) as client:
        statuses = [
            (await client.post(PATH, json=BODY, headers={"X-Forwarded-For": address})).status_code
            for address in ("10.0.0.1", "10.0.0.2")
        ]
    assert statuses == codes


async def test_the_window_slides(redis: Redis):
    limit = RateLimit(redis, "test", window_s=0.3)
    assert [await limit.wait_s("a", 2) for _ in range(3)] == [0, 0, 1]
    assert await limit.wait_s("b", 2) == 0

    async def free_again() -> bool:
        return await limit.wait_s("a", 2) == 0

    await eventually(free_again)
    assert await redis.pttl("ratchet:calls:test:a") <= 300


async def test_a_refused_call_does_not_count(redis: Redis):
    limit = RateLimit(redis, "test")
    for _ in range(10):
        await limit.wait_s("a", 3)
    assert await redis.llen("ratchet:calls:test:a") == 3


async def test_without_redis_the_answer_is_503(valkey_url: str):
    async with api("redis://127.0.0.1:1/0") as client:
        answer: httpx.Response = await client.post(PATH, json=BODY)
    assert answer.status_code == 503
