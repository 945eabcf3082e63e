"""A background task that ends stops the service: without it the service would look healthy."""

import asyncio
import os
import sys
from functools import partial

import pytest
from redis.asyncio import Redis

from ratchet.contract import COMMANDS, TrainingRequested
from ratchet.delivery import Claimer, Consumer
from ratchet.processes import end_all
from ratchet_testing.counting import count_and_emit
from ratchet_testing.running_consumers import at_work
from ratchet_testing.valkey import free_port

CODE = """
import asyncio
from prometheus_client import CollectorRegistry
from ratchet.service import create_broker, create_host, create_redis, run
from ratchet.service import Service
from ratchet.settings import CommonSettings

async def gives_up():
    await asyncio.sleep(0)
    raise ValueError("cannot go on")

def create_app(settings):
    return create_host(
        Service(
            name="test",
            settings=settings,
            broker=create_broker(settings),
            redis=create_redis(settings),
            registry=CollectorRegistry(),
            background=[gives_up],
        )
    )

run("test", CommonSettings(), create_app)
"""


async def test_a_background_task_that_ends_stops_the_process_with_status_1(valkey_url: str):
    environment = {
        **os.environ,
        "RATCHET_REDIS_URL": valkey_url,
        "RATCHET_PORT": str(free_port()),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CODE, env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"a background task ended" in stderr
    assert b"cannot go on" in stderr


@pytest.mark.parametrize("loop", ["claim", "renew"])
async def test_a_stopped_service_leaves_no_task_even_if_a_loop_loses_its_cancellation(
    loop: str, redis: Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch
):
    lost: list[str] = []

    async def lose_the_first_cancellation(_: Claimer) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if lost:
                raise
            lost.append(loop)

    monkeypatch.setattr(Claimer, loop, lose_the_first_cancellation)
    monkeypatch.setattr("ratchet.service.service.end_all", partial(end_all, again_s=0.01))
    before = asyncio.all_tasks()
    async with at_work(valkey_url, Consumer(COMMANDS, "test", {TrainingRequested: count_and_emit})):
        pass
    assert lost
    assert {task for task in asyncio.all_tasks() - before if "every" in repr(task)} == set()
