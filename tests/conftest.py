"""One real server for the session, an empty database for each test."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings
from redis.asyncio import Redis

from ratchet.testing.server import free_port, valkey_server

# Threads of torch that wait spin otherwise, and take the cores from whatever else is tested.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

settings.register_profile("the same each time", derandomize=True)
settings.load_profile("the same each time")


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with valkey_server(tmp_path_factory.mktemp("valkey"), free_port()) as url:
        yield url


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_url)
    await client.flushall()
    yield client
    await client.aclose()
