"""A background task that ends takes the service down: a half service would look healthy."""

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


async def test_the_process_ends_with_status_1_and_says_why(valkey_url: str):
    environment = {
        **os.environ,
        "RATCHET_REDIS_URL": valkey_url,
        "RATCHET_PORT": str(free_port()),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CODE, env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"a background task ended" in said
    assert b"cannot go on" in said
