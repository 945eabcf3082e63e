"""An intake that all tests share, with an empty Redis for each test."""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet_client import Ratchet
from ratchet_testing.valkey import free_port, wait_for_port

from ..ingest.reading.ledger_and_trainer import write_ledger


@pytest.fixture(scope="session")
def intake_url(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its ledger is empty, and it has no keys."""
    data_dir, port = tmp_path_factory.mktemp("data"), free_port()
    write_ledger(data_dir, [])
    settings = IngestSettings(redis_url=valkey_url, data_dir=data_dir)  # type: ignore[call-arg]
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_config=None))
    thread = Thread(target=server.run)
    thread.start()
    wait_for_port(port, 30)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def intake(intake_url: str, redis: Redis) -> str:
    return intake_url


@pytest.fixture
def client(intake: str, tmp_path: Path) -> Iterator[Ratchet]:
    with Ratchet(intake, spool=tmp_path / "spool", linger_s=0.0) as client:
        yield client


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose connections are never answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        yield listening.getsockname()[1]
