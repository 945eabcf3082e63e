"""Fixtures for all tests: one Valkey per session, one empty database per test."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from hypothesis import settings
from redis.asyncio import Redis
from sqlalchemy import create_engine

from ratchet_testing.postgresql import postgresql_server, programs
from ratchet_testing.valkey import free_port, valkey_server

# Waiting torch threads spin by default and take the cores from the other test process.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Each client reads the certificates of the system, for 20 ms: the tests share one context.
httpx._transports.default.create_ssl_context = cache(httpx._transports.default.create_ssl_context)

# Without a deadline: an example takes any time while the other workers use the cores.
settings.register_profile("the same each time", derandomize=True, deadline=None)
settings.load_profile("the same each time")

LONGEST = (
    "e2e/test_kill_each_service.py",
    "exporter/heavy/test_trial.py",
    "trainer/test_honest_training.py",
    "trainer/test_run.py",
    "exporter/heavy/test_kill.py",
    "e2e/test_forget.py",
    "trainer/test_run_out_of_resources.py",
    "e2e/test_demo.py",
    "e2e/test_up_without_a_service.py",
    "e2e/test_up.py",
    "deploy/test_alerts_on_a_running_system.py",
    "exporter/heavy/test_export.py",
    "guides/test_readme.py",
)
"""The files that come first, so that none of them runs alone at the end."""

REDIS = ("7.2", "7.4", "8")
"""Redis versions that `every_redis` tests run on in addition to Valkey, with a Docker engine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(LONGEST)))


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
    """Return whether a Docker engine responds; an installed client proves nothing."""
    docker = shutil.which("docker")
    return docker is not None and (
        subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture(scope="session")
def valkey_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a Valkey server, or of the Redis image given as the parameter."""
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
    """A folder for the unpacked and converted small model, shared by all test processes."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "cache"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Undo what a command that ran in this process set up: it logs to a stream that is closed."""
    handlers, level, hook = logging.root.handlers[:], logging.root.level, sys.excepthook
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    sys.excepthook = hook


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server; its folder is readable by the `postgres` user, unlike pytest's."""
    bin_dir = programs()
    if bin_dir is None:
        pytest.skip("no PostgreSQL here: `apt-get install postgresql` lets these run")
    with tempfile.TemporaryDirectory(prefix="ratchet-postgresql-") as folder:
        Path(folder).chmod(0o755)
        with postgresql_server(bin_dir, Path(folder)) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function that creates an empty database and returns its URL."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/{uuid4().hex}.db"
    server = request.getfixturevalue("postgresql")

    def new() -> str:
        name = f"ledger_{uuid4().hex}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return server.rpartition("/")[0] + f"/{name}"

    return new
