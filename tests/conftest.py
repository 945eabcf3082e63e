"""One real server for the session, an empty database for each test."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from redis.asyncio import Redis

from ratchet.testing.server import free_port, valkey_server

# Threads of torch that wait spin otherwise, and take the cores from whatever else is tested.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

settings.register_profile("the same each time", derandomize=True)
settings.load_profile("the same each time")

REDIS = ("7.2", "7.4", "8")
"""What `every_redis` tests run on beside Valkey, where a Docker engine answers."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker("every_redis")
    if marked is None or "valkey_url" not in metafunc.fixturenames:
        return
    needs_engine = pytest.mark.skipif(
        not engine_answers(), reason="no Docker engine answers `docker info`: no Redis to run on"
    )
    servers = [pytest.param(None, id="valkey")]
    for version in REDIS:
        image = f"redis:{version}-alpine"
        servers.append(pytest.param(image, id=f"redis {version}", marks=needs_engine))
    metafunc.parametrize("valkey_url", servers, indirect=True, scope="session")


@cache
def engine_answers() -> bool:
    """Whether there is an engine behind the client, which alone says nothing."""
    docker = shutil.which("docker")
    return docker is not None and (
        subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture(scope="session")
def valkey_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a Valkey, or of the Redis image that is the parameter."""
    image: str | None = getattr(request, "param", None)
    if image is None:
        with valkey_server(tmp_path_factory.mktemp("valkey"), free_port()) as url:
            yield url
        return
    from testcontainers.community.redis import RedisContainer

    command = "redis-server --appendonly yes --maxmemory-policy noeviction"
    with RedisContainer(image).with_command(command) as server:
        yield f"redis://{server.get_container_host_ip()}:{server.get_exposed_port(server.port)}/0"


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where the small model is unpacked and converted, once for all processes that test."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "cache"


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_url)
    await client.flushall()
    yield client
    await client.aclose()
