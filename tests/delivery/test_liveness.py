"""`/livez` reports a process that hangs, by the age of its last loop and of its batch."""

import re
import time
from pathlib import Path

import httpx
import pytest
from faststream.redis import RedisBroker
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import COMMANDS, TrainingRequested, Unavailable
from ratchet.delivery import Consumer
from ratchet.service import Service, create_host
from ratchet.settings import CommonSettings
from ratchet_testing.counting import count_and_emit


@pytest.fixture
def service(tmp_path: Path) -> Service:
    url = "redis://127.0.0.1:1/0"
    return Service(
        name="test",
        settings=CommonSettings(redis_url=url, data_dir=tmp_path),  # type: ignore[arg-type]
        broker=RedisBroker(url),
        redis=Redis.from_url(url),
        registry=CollectorRegistry(),
        consumers=[
            Consumer(COMMANDS, "test", {TrainingRequested: count_and_emit}, stuck_after_s=5)
        ],
        publishes=[COMMANDS],
    )


async def ask(service: Service, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_host(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        return await client.get(path)


async def test_a_service_whose_loops_run_is_alive_even_without_redis(service: Service):
    assert (await ask(service, "/livez")).status_code == 200
    ready = await ask(service, "/readyz")
    assert ready.status_code == 503
    assert "Redis" in ready.json()["problem"]


async def test_a_loop_that_stopped_is_not_alive(service: Service):
    service.claimers[0].last_loop = time.monotonic() - 100
    answer = await ask(service, "/livez")
    assert answer.status_code == 503
    assert re.match(r"the claim loop of commands last ran 10\d s ago", answer.json()["problem"])


async def test_a_batch_that_takes_too_long_is_not_alive(service: Service):
    service.workers[0].busy_since = time.monotonic() - 6
    answer = await ask(service, "/livez")
    assert answer.status_code == 503
    assert re.match(r"a batch of commands has been processed for \d+ s", answer.json()["problem"])


async def test_metrics_and_the_streams_are_documented(service: Service):
    assert "ratchet_events_total" in (await ask(service, "/metrics")).text
    document = (await ask(service, "/asyncapi.json")).json()
    assert document["asyncapi"].startswith("3.")
    assert "ratchet:commands" in str(document["channels"])
    assert "TrainingRequested" in str(document["components"])


async def test_a_reader_that_stopped_is_not_alive_unless_its_batch_is_processed(service: Service):
    service.workers[0].last_read = time.monotonic() - 100
    answer = await ask(service, "/livez")
    assert answer.status_code == 503
    assert re.match(r"the reader of commands last ran 10\d s ago", answer.json()["problem"])
    service.workers[0].in_flight = frozenset({"1-0"})
    assert (await ask(service, "/livez")).status_code == 200


async def test_a_consumer_that_stopped_for_its_dead_letters_is_alive_and_not_ready(
    service: Service, valkey_url: str
):
    service.workers[0].stopped = "101 messages in a row would be dead letters"
    assert (await ask(service, "/livez")).status_code == 200
    ready = await ask(service, "/readyz")
    assert ready.status_code == 503
    assert "101 messages in a row" in ready.json()["problem"]


@pytest.mark.parametrize("raised", [True, False])
async def test_a_service_whose_storage_does_not_open_is_not_ready(
    tmp_path: Path, redis: Redis, valkey_url: str, raised: bool
):
    async def storage() -> str | None:
        if raised:
            raise Unavailable("trainer.db is damaged")
        return "trainer.db is damaged"

    service = Service(
        name="test",
        settings=CommonSettings.model_validate({"redis_url": valkey_url, "data_dir": tmp_path}),
        broker=RedisBroker(valkey_url),
        redis=redis,
        registry=CollectorRegistry(),
        storage=storage,
    )
    ready = await ask(service, "/readyz")
    assert (ready.status_code, ready.json()["problem"]) == (503, "trainer.db is damaged")
