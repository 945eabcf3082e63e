"""A background task that ends stops the service: without it the service would look healthy."""

import asyncio
import os
import sys

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
