"""The archivist in the ledger service: rounds continue after errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ledger.archive.archivist import Archivist
from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.store import ArchiveStore
from ledger.domain.archive.retention import StreamRetention
from ledger.settings import LedgerSettings
from ratchet.contract import MODELS, RUNS
from ratchet.processes import end_all
from ratchet_testing.eventually import eventually

from .aged import DAY_MS, TODAY, archived_ids, fill_finished, finish, ids_of, put


@asynccontextmanager
async def running(redis: Redis, store: ArchiveStore) -> AsyncIterator[CollectorRegistry]:
    registry = CollectorRegistry()
    metrics = ArchiveMetrics(registry)
    archivist = Archivist(redis, store, StreamRetention(), metrics, 0.05, clock=lambda: TODAY)
    task = asyncio.create_task(archivist.run())
    try:
        yield registry
    finally:
        assert not task.done(), "a round's trouble ended the task"
        await end_all(task)


async def test_every_stream_is_archived_in_every_round(redis: Redis, tmp_path: Path):
    store = ArchiveStore(str(tmp_path))
    models = await fill_finished(redis, MODELS, days=10, a_day=2)
    async with running(redis, store) as registry:

        async def trimmed() -> bool:
            return 0 < len(await ids_of(redis, MODELS)) < len(models)

        await eventually(trimmed)
        runs = await fill_finished(redis, RUNS, days=10, a_day=2)

        async def the_next_too() -> bool:
            return 0 < len(await ids_of(redis, RUNS)) < len(runs)

        await eventually(the_next_too)
        labels = {"stream": "models"}
        archived = registry.get_sample_value("ratchet_archived_events_total", labels)
        gone = registry.get_sample_value("ratchet_trimmed_events_total", labels)
        assert archived == gone == len(archived_ids(store, MODELS))
        assert registry.get_sample_value("ratchet_archive_last_round_timestamp_seconds")


async def test_a_failure_on_one_stream_does_not_stop_the_others(redis: Redis, tmp_path: Path):
    """A directory that cannot be written is logged and counted each round, until it can be."""
    models = await fill_finished(redis, MODELS, days=10, a_day=2)
    runs = await fill_finished(redis, RUNS, days=10, a_day=2)
    (tmp_path / "models").write_text("not a directory")
    store = ArchiveStore(str(tmp_path))
    async with running(redis, store) as registry:

        async def failed_twice() -> Any:
            labels = {"stream": "models"}
            return (registry.get_sample_value("ratchet_archive_failures_total", labels) or 0) > 1

        await eventually(failed_twice)
        assert await ids_of(redis, MODELS) == models
        assert archived_ids(store, RUNS) + await ids_of(redis, RUNS) == runs
        (tmp_path / "models").unlink()

        async def made_up_for() -> bool:
            return 0 < len(await ids_of(redis, MODELS)) < len(models)

        await eventually(made_up_for)
    assert archived_ids(store, MODELS) + await ids_of(redis, MODELS) == models


def test_the_default_location_is_in_the_data_directory(tmp_path: Path):
    assert LedgerSettings(data_dir=tmp_path).archive_place == str(tmp_path / "archive")
    assert LedgerSettings(archive_url="s3://plant/events").archive_place == "s3://plant/events"


async def test_a_server_short_of_memory_keeps_no_whole_file_of_today(redis: Redis, tmp_path: Path):
    """Large entries of the last minutes go long before their retention, at once."""
    store = ArchiveStore(str(tmp_path))
    large = b"x" * 60_000
    for number in range(400):
        await put(redis, RUNS, (400 - number) / DAY_MS, large)
    await finish(redis, RUNS)
    used = (await redis.info("memory"))["used_memory"]
    before = (await redis.config_get("maxmemory"))["maxmemory"]
    metrics = ArchiveMetrics(CollectorRegistry())
    retention = StreamRetention(file_bytes=4 << 20, memory_share=0.05)
    archivist = Archivist(redis, store, retention, metrics, clock=lambda: TODAY)
    try:
        await redis.config_set("maxmemory", 0)
        await archivist.archive(RUNS)
        assert await redis.xlen(RUNS.key) == 400
        await redis.config_set("maxmemory", 4 * used)
        await archivist.archive(RUNS)
        kept = len(await ids_of(redis, RUNS))
        assert 0 < kept <= (4 << 20) // len(large) + 1
        assert kept + len(archived_ids(store, RUNS)) == 400
    finally:
        await redis.config_set("maxmemory", before)


async def test_a_stream_is_trimmed_by_bytes(redis: Redis, tmp_path: Path):
    store = ArchiveStore(str(tmp_path))
    for number in range(400):
        await put(redis, RUNS, (400 - number) / DAY_MS, b"x" * 60_000)
    await finish(redis, RUNS)
    metrics = ArchiveMetrics(CollectorRegistry())
    retention = StreamRetention(file_bytes=2 << 20, max_bytes=8 << 20)
    await Archivist(redis, store, retention, metrics, clock=lambda: TODAY).archive(RUNS)
    assert 6 << 20 < (await redis.memory_usage(RUNS.key) or 0) < 12 << 20


async def test_no_shortage_trims_what_a_group_has_not_finished(redis: Redis, tmp_path: Path):
    store = ArchiveStore(str(tmp_path))
    for number in range(100):
        await put(redis, RUNS, (100 - number) / DAY_MS, b"x" * 60_000)
    for group in RUNS.groups:
        await redis.xgroup_create(RUNS.key, group, id="0")
    metrics = ArchiveMetrics(CollectorRegistry())
    retention = StreamRetention(file_bytes=1 << 20, max_bytes=1)
    await Archivist(redis, store, retention, metrics, clock=lambda: TODAY).archive(RUNS)
    assert await redis.xlen(RUNS.key) == 100
