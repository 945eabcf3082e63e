"""Archives the entries that streams no longer retain, then trims the streams."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.archive.stream_rows import first_after, rows_after
from ledger.archive.verification import Verifier
from ledger.domain.archive.archive_file import ArchiveFile
from ledger.domain.archive.next_file import Filling, WaitForMore, may_be_due, open_range
from ledger.domain.archive.retention import StreamLimits, StreamRetention
from ledger.domain.archive.trimming import StreamState, Trim, VerifiedFile, decide_trim
from ratchet.contract import BEGINNING, STREAMS, EntryId, Stream, utc_now
from ratchet.delivery import group_positions, newest

_log = logging.getLogger(__name__)
_LOOK_S = 5.0


class Archivist:
    """A background task that visits every stream each `period_s` seconds.

    Several may run at once: they write the same files and trim the same entries.
    """

    def __init__(
        self,
        redis: Redis,
        store: ArchiveStore,
        retention: StreamRetention,
        metrics: ArchiveMetrics,
        period_s: float = 60.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._redis: Any = redis
        self._store = store
        self._retention = retention
        self._period_s = period_s
        self._metrics = metrics
        self._clock = clock
        self._verifier = Verifier(redis, store)

    async def run(self) -> None:
        """Run until cancelled. Errors of Redis and the store are logged and retried next round."""
        while True:
            for stream in STREAMS:
                try:
                    await self.archive(stream)
                except (RedisError, OSError, CorruptArchive) as error:
                    self._metrics.failures.labels(stream.name).inc()
                    _log.error("%s is not archived this round: %s", stream.name, error)
            self._metrics.last_round.set(self._clock().timestamp())
            await self._pause()

    async def _pause(self) -> None:
        """Until the next round, which comes at once when Redis is short of memory."""
        end = time.monotonic() + self._period_s
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _LOOK_S))
            with suppress(RedisError, OSError):
                if await self._is_short():
                    return

    async def _is_short(self) -> bool:
        memory = await self._redis.info("memory")
        limit = int(memory["maxmemory"])
        return limit > 0 and memory["used_memory"] > self._retention.memory_share * limit

    async def archive(self, stream: Stream) -> None:
        """Write every file of `stream` that is due, then trim the stream.

        Raises `CorruptArchive`, redis-py's errors, and `OSError` if the store is unavailable or
        full.
        """
        async with self._store.exclusive(self._redis):
            await self._archive(stream)

    async def _archive(self, stream: Stream) -> None:
        cut_ms = self._retention.cut_ms(stream.name, int(self._clock().timestamp() * 1000))
        limits = self._retention.limits(
            await self._redis.xlen(stream.key),
            # Of all nodes: a sample of a few is wrong by far where sizes differ.
            await self._redis.memory_usage(stream.key, samples=0) or 0,
            await self._is_short(),
        )
        files = await asyncio.to_thread(self._store.files, stream.name)
        if self._store.needs_recovery(stream.name):
            await asyncio.to_thread(self._store.recover, stream.name)
            files = await asyncio.to_thread(self._store.files, stream.name)
        verified = await self._verifier.files_on_stream(stream, files)
        while (file := await self._write_next(stream, files, verified, cut_ms, limits)) is not None:
            files = sorted([*files, file])
            verified = await self._verifier.files_on_stream(stream, files)
        await self._trim(stream, verified, cut_ms, limits.entries)

    async def _write_next(
        self,
        stream: Stream,
        files: Sequence[ArchiveFile],
        verified: Sequence[VerifiedFile],
        cut_ms: int,
        limits: StreamLimits,
    ) -> ArchiveFile | None:
        gap = open_range(files, verified)
        first = await first_after(self._redis, stream, gap.after)
        length = await self._redis.xlen(stream.key)
        waiting = length - sum(file.rows for file in verified)
        if first is None or not may_be_due(first, waiting, cut_ms, limits):
            return None
        filling = Filling(self._retention, closed=gap.before is not None)
        async for row in rows_after(self._redis, stream, gap.after, gap.before):
            if not filling.accepts(row):
                break
        decision = filling.decide(cut_ms)
        if isinstance(decision, WaitForMore):
            return None
        rows = decision.rows
        file = await asyncio.to_thread(self._store.write, stream.name, rows)
        self._verifier.add(file, len(rows))
        self._metrics.archived.labels(stream.name).inc(len(rows))
        _log.info("archived %s, %d rows: %s", file.path, len(rows), decision.reason)
        return file

    async def _trim(
        self, stream: Stream, verified: Sequence[VerifiedFile], cut_ms: int, most: int
    ) -> None:
        """Trim what the `verified` files hold; `cut_ms` is the end of the retention period."""
        if not verified:
            return
        # The state may be stale when XTRIM runs. That is safe: groups only move forward, and new
        # entries arrive at the other end of the stream.
        decision = decide_trim(await self._state(stream), verified, cut_ms, most)
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
