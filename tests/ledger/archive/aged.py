"""Entries of past days on a stream."""

import contextlib
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ledger.archive.archivist import Archivist
from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.store import ArchiveStore
from ledger.domain.archive.retention import StreamRetention
from ratchet.contract import Stream, TrainingRequested, derived_id
from ratchet.delivery import entry_of

DAY_MS = 86_400_000
TODAY = datetime(2026, 3, 20, 15, tzinfo=UTC)
TODAY_MS = int(TODAY.timestamp() * 1000)


def command(number: int, days_ago: float) -> TrainingRequested:
    return TrainingRequested(
        event_id=derived_id("command", str(number)),
        occurred_at=datetime.fromtimestamp((TODAY_MS - days_ago * DAY_MS) / 1000, UTC),
        requested_by=f"operator {number}",
    )


def payload_of(event: TrainingRequested) -> bytes:
    return entry_of(event)[1]["__data__"]


async def put(redis: Redis, stream: Stream, days_ago: float, payload: bytes) -> str:
    """Append an entry with the id of `days_ago`; returns the id."""
    client: Any = redis
    entry_id = f"{int(TODAY_MS - days_ago * DAY_MS)}-*"
    return (await client.xadd(stream.key, {"__data__": payload}, id=entry_id)).decode()


async def fill(redis: Redis, stream: Stream, days: int, a_day: int) -> list[str]:
    """`a_day` entries on each of `days` days, the last of them today."""
    ids = []
    for number in range(days * a_day):
        days_ago = (days * a_day - 1 - number) / a_day
        ids.append(await put(redis, stream, days_ago, payload_of(command(number, days_ago))))
    return ids


async def finish(redis: Redis, stream: Stream) -> None:
    """Let every group of the stream acknowledge everything."""
    for group in stream.groups:
        with contextlib.suppress(ResponseError):
            await redis.xgroup_create(stream.key, group, id="0")
        await redis.xgroup_setid(stream.key, group, id="$")


async def fill_finished(redis: Redis, stream: Stream, days: int, a_day: int) -> list[str]:
    """Entries as of `fill`, which every group has acknowledged."""
    ids = await fill(redis, stream, days, a_day)
    await finish(redis, stream)
    return ids


def archivist(redis: Redis, store: ArchiveStore, **retention: Any) -> Archivist:
    metrics = ArchiveMetrics(CollectorRegistry())
    return Archivist(redis, store, StreamRetention(**retention), metrics, clock=lambda: TODAY)


async def ids_of(redis: Redis, stream: Stream) -> list[str]:
    return [entry_id.decode() for entry_id, _ in await redis.xrange(stream.key)]


def archived_ids(store: ArchiveStore, stream: Stream) -> list[str]:
    return [str(row.entry_id) for f in store.files(stream.name) for row in store.read(f)]
