"""This release opens a data directory of the release before and replays it without a difference.

The archive holds 40 experiences of `ratchet simulate --questions 20 --answers 2`, one ranking and
one erasure. It was recorded with `ratchet up`, whose ledger archived part of every stream, and
stopped before a training run. Keys and `trainer.db` are left out.
"""

import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ledger.app import create_app
from ledger.backends.database import open_for_reading
from ledger.reading import LedgerReader
from ledger.settings import LedgerSettings
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port, valkey_server

from .conftest import Served, ratchet_replay

EARLIER = Path(__file__).parents[1] / "earlier/data_directory.tar.xz"


@pytest.fixture
async def earlier(tmp_path: Path) -> AsyncIterator[Served]:
    with tarfile.open(EARLIER) as packed:
        packed.extractall(tmp_path, filter="data")
    with valkey_server(tmp_path / "valkey", free_port()) as url:
        async with Redis.from_url(url) as redis:
            yield Served(redis, url, tmp_path)


async def test_a_data_directory_of_the_release_before_replays_without_a_difference(
    earlier: Served,
):
    settings = LedgerSettings(redis_url=earlier.url, data_dir=earlier.data_dir)
    async with started(create_app(settings)):
        assert LedgerReader(open_for_reading(earlier.ledger)).counts().total == 39
    status, report, errors = await ratchet_replay(earlier)
    assert (status, report["differences"]) == (0, []), errors
    assert report["equal"]
    assert report["rewards"] == [39, 39]
    assert report["examples"] == [105, 105]
    assert report["ledger_events"] == [353, 353]
