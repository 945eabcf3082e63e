"""Takes off a stream what is archived, old, and needed by nobody."""

import logging
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.stream_rows import first_behind
from ledger.domain.archive.trimming import Held, OnStream, Trim, trimmed
from ratchet.contract import BEGINNING, EntryId, Stream
from ratchet.delivery import group_positions, newest

_log = logging.getLogger(__name__)


class Janitor:
    def __init__(self, redis: Redis, max_entries: int, metrics: ArchiveMetrics) -> None:
        self._redis: Any = redis
        self._max_entries = max_entries
        self._metrics = metrics

    async def trim(self, stream: Stream, archived: Sequence[Held], cut_ms: int) -> None:
        """`archived` are verified; groups only move on, so what was seen here stays true."""
        if not archived:
            return
        decision = trimmed(await self._look(stream), archived, cut_ms, self._max_entries)
        if isinstance(decision, Trim):
            gone = await self._redis.xtrim(
                stream.key, minid=str(decision.before), approximate=False
            )
            self._metrics.trimmed.labels(stream.name).inc(gone)
            _log.info("trimmed %d entries of %s: %s", gone, stream.name, decision.reason)

    async def _look(self, stream: Stream) -> OnStream:
        kept = await newest(self._redis, stream, stream.keeps) if stream.keeps else None
        return OnStream(
            first=await first_behind(self._redis, stream, BEGINNING),
            length=await self._redis.xlen(stream.key),
            groups=await group_positions(self._redis, stream),
            declared=stream.groups,
            kept=EntryId.parse(kept.entry_id) if kept is not None else None,
        )
