"""One trace covers a POST, its events on a real server, and what the trainer stores."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager
from redis.asyncio import Redis

from ingest.app import create_app as create_ingest
from ingest.settings import IngestSettings
from ratchet.contract import EXAMPLES, FEEDBACK, REWARDS, Stream
from ratchet_testing.collector import Collector
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from reward.app import create_app as create_reward
from reward.settings import RewardSettings
from trainer.app import create_app as create_trainer
from trainer.settings import TrainerSettings

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, PARENT = CALLER.split("-")[1:3]
EXPERIENCE = {
    "query_id": "q-1",
    "timestamp": "2026-01-20T08:00:00Z",
    "transcript": "What is the power of pump 001?",
    "voice_response": "Pump 001 draws 45 kW. That is normal.",
    "widget_plan": {"heading": "Pump", "widgets": [{"scenario": "kpi", "size": "hero"}]},
}
FEEDBACK_ON_IT = {"query_id": "q-1", "rating": "up", "interactions": []}


async def events(redis: Redis, stream: Stream) -> list[Any]:
    entries = await redis.xrange(stream.key)
    return [stream.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]


@asynccontextmanager
async def ingest(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        LifespanManager(create_ingest(IngestSettings(**settings))) as running,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(running.app), base_url="http://127.0.0.1"
        ) as client,
    ):
        yield client


async def test_one_trace_covers_feedback_from_its_post_to_the_trainers_store(
    redis: Redis, valkey_url: str, collector: Collector, tmp_path: Path
):
    settings = {"redis_url": valkey_url, "data_dir": tmp_path, "otlp_endpoint": collector.url}
    async with (
        ingest(**settings) as client,
        started(create_reward(RewardSettings(**settings))),
        started(create_trainer(TrainerSettings(**settings))),
    ):
        await client.post("/v1/experiences", json=EXPERIENCE)
        await eventually(lambda: redis.exists("ratchet:reward:answered:q-1"))
        answer = await client.post(
            "/v1/feedback", json=FEEDBACK_ON_IT, headers={"traceparent": CALLER}
        )
        assert answer.status_code == 202
        await eventually(lambda: events(redis, EXAMPLES))

        async def examples_are_stored() -> bool:
            [group] = await redis.xinfo_groups(EXAMPLES.key)
            return group["entries-read"] == await redis.xlen(EXAMPLES.key) and not group["pending"]

        await eventually(examples_are_stored)

    trace = {span.name: span for span in collector.spans if span.trace == TRACE}
    post = trace["POST /v1/feedback"]
    assert (post.service, post.parent) == ("ingest", PARENT)
    assert post.facts["http.response.status_code"] == 202
    [feedback] = await events(redis, FEEDBACK)
    assert feedback.trace["traceparent"] == f"00-{TRACE}-{post.span}-01"

    scored = trace["process ratchet:feedback"]
    assert (scored.service, scored.parent) == ("reward", post.span)
    assert scored.facts["ratchet.event_id"] == feedback.event_id
    assert scored.facts["ratchet.outcome"] == "done"
    for event in [(await events(redis, REWARDS))[-1], *await events(redis, EXAMPLES)]:
        assert event.caused_by == feedback.event_id
        assert event.trace["traceparent"] == f"00-{TRACE}-{scored.span}-01"

    for stream in ("examples", "rewards"):
        stored = trace[f"process ratchet:{stream}"]
        assert (stored.service, stored.parent) == ("trainer", scored.span)


async def test_a_request_without_a_context_starts_a_trace(
    redis: Redis, valkey_url: str, collector: Collector, tmp_path: Path
):
    settings = {"redis_url": valkey_url, "data_dir": tmp_path, "otlp_endpoint": collector.url}
    async with ingest(**settings) as client:
        await client.post("/v1/feedback", json=FEEDBACK_ON_IT)
        await client.post("/v1/feedback", json={**FEEDBACK_ON_IT, "rating": "sideways"})
        await client.get("/metrics")
        await client.get("/v1/no-such-thing")
    [event] = await events(redis, FEEDBACK)
    first, rejected, unknown = collector.spans
    assert event.trace["traceparent"].startswith(f"00-{first.trace}-{first.span}-")
    assert len({span.trace for span in collector.spans}) == 3
    assert {span.parent for span in collector.spans} == {""}
    assert [span.facts["http.response.status_code"] for span in collector.spans] == [202, 422, 404]
    assert (rejected.error, unknown.name) == (None, "GET")


@pytest.mark.parametrize("sent", ["", "nonsense", CALLER.replace("00-", "ff-"), "00-0-0-01"])
async def test_an_invalid_context_starts_a_trace(
    redis: Redis, valkey_url: str, collector: Collector, tmp_path: Path, sent: str
):
    settings = {"redis_url": valkey_url, "data_dir": tmp_path, "otlp_endpoint": collector.url}
    async with ingest(**settings) as client:
        answer = await client.post(
            "/v1/feedback", json=FEEDBACK_ON_IT, headers={"traceparent": sent}
        )
    assert answer.status_code == 202
    [span] = collector.spans
    assert (span.parent, span.trace == TRACE) == ("", False)


async def test_a_request_that_is_not_sampled_is_not_sampled_in_any_service(
    redis: Redis, valkey_url: str, collector: Collector, tmp_path: Path
):
    settings = {"redis_url": valkey_url, "data_dir": tmp_path, "otlp_endpoint": collector.url}
    async with ingest(**settings) as client, started(create_reward(RewardSettings(**settings))):
        unsampled = {"traceparent": f"{CALLER[:-2]}00"}
        await client.post("/v1/experiences", json=EXPERIENCE, headers=unsampled)
        [scored] = await eventually(lambda: events(redis, REWARDS))
    assert scored.trace["traceparent"].startswith(f"00-{TRACE}-")
    assert scored.trace["traceparent"].endswith("-00")
    assert collector.spans == []
