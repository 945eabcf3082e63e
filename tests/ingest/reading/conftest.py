"""An intake with the ledger of a small plant's day."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from ratchet_testing.ledger_world import DAY

from .ledger_and_trainer import reading


@pytest.fixture
async def plant(redis: Redis, valkey_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reading(valkey_url, tmp_path, DAY) as client:
        yield client


@pytest.fixture
async def empty(redis: Redis, valkey_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reading(valkey_url, tmp_path) as client:
        yield client
