"""Notices when Redis lacks entries that the ledger has: after a restore, or a damaged file."""

import asyncio
import logging
from typing import Any

from redis.asyncio import Redis

from ledger.backends.stream_ends import StreamEnds
from ledger.metrics import LedgerMetrics
from ratchet.contract import BEGINNING, STREAMS, EntryId, Stream, microseconds, utc_now
from ratchet.delivery import first_of, lacks
from ratchet.processes import every

_log = logging.getLogger(__name__)


class StreamWatch:
    """Compares the end of each stream with the last entry that the ledger has of it."""

    def __init__(
        self, redis: Redis, ends: StreamEnds, metrics: LedgerMetrics, every_s: float = 30.0
    ) -> None:
        self._redis = redis
        self._ends = ends
        self._metrics = metrics
        self._every_s = every_s

    async def run(self) -> None:
        """Run until cancelled: a stream without new entries is compared, too."""
        await every(self._every_s, self.compare_all, "the ends of the streams are not compared")

    async def compare_all(self) -> None:
        """Raises redis-py's errors and `Unavailable`."""
        for stream in STREAMS:
            await self.compare(stream)

    async def compare(self, stream: Stream) -> None:
        """Note it if the stream lacks its end; call before the ledger takes a later entry."""
        ends = await asyncio.to_thread(self._ends.read)
        known = ends.get(stream.name)
        if (
            known is not None
            and known.went_back_at is None
            and await lacks(self._redis, stream, known.entry_id)
        ):
            await asyncio.to_thread(self._ends.mark, stream.name, microseconds(utc_now()))
            ends = await asyncio.to_thread(self._ends.read)
            _log.error(
                "Redis went back in time: %s lacks entry %s, which the ledger has. Put back what "
                "is missing with `ratchet repair streams`.",
                stream.name,
                known.entry_id,
            )
        self._metrics.went_back.set(sum(end.went_back_at is not None for end in ends.values()))

    async def problem(self) -> str | None:
        """What is missing, with the remedy; None if nothing is."""
        ends = await asyncio.to_thread(self._ends.read)
        names = sorted(name for name, end in ends.items() if end.went_back_at is not None)
        if not names:
            return None
        return (
            f"Redis went back in time and lacks entries of {', '.join(names)} that the ledger "
            "has: put them back with `ratchet repair streams`"
        )


async def start_of(redis: Redis, stream: Stream) -> EntryId:
    """Every delivered entry from here on that was not deleted should be on the stream."""
    client: Any = redis
    if not await client.exists(stream.key):
        return BEGINNING
    about = await client.xinfo_stream(stream.key)
    return first_of(about) or EntryId.parse(about["last-generated-id"].decode()).next
