"""Trims archived entries that no reader needs from a stream."""

import logging
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.stream_rows import first_after
from ledger.domain.archive.trimming import StreamState, Trim, VerifiedFile, decide_trim
from ratchet.contract import BEGINNING, EntryId, Stream
from ratchet.delivery import group_positions, newest

_log = logging.getLogger(__name__)


class Janitor:
    """Trims streams to `max_entries` and to what their readers still need."""

    def __init__(self, redis: Redis, max_entries: int, metrics: ArchiveMetrics) -> None:
        self._redis: Any = redis
        self._max_entries = max_entries
        self._metrics = metrics

    async def trim(self, stream: Stream, verified: Sequence[VerifiedFile], cut_ms: int) -> None:
        """Trim what the `verified` files hold; `cut_ms` is the end of the retention period."""
        if not verified:
            return
        # The state may be stale when XTRIM runs. That is safe: groups only move forward, and new
        # entries arrive at the other end of the stream.
        decision = decide_trim(await self._state(stream), verified, cut_ms, self._max_entries)
        if isinstance(decision, Trim):
            # An approximate trim would leave entries of archived files on the stream.
            count = await self._redis.xtrim(
                stream.key, minid=str(decision.before), approximate=False
            )
            self._metrics.trimmed.labels(stream.name).inc(count)
            _log.info("trimmed %d entries of %s: %s", count, stream.name, decision.reason)

    async def _state(self, stream: Stream) -> StreamState:
        tail = await newest(self._redis, stream, stream.keeps) if stream.keeps else None
        return StreamState(
            first=await first_after(self._redis, stream, BEGINNING),
            length=await self._redis.xlen(stream.key),
            groups=await group_positions(self._redis, stream),
            required=stream.required_groups,
            tail=EntryId.parse(tail.entry_id) if tail is not None else None,
        )
