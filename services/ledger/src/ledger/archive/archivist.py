"""Moves what streams no longer retain into the archive, and only then off the stream."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ledger.archive.janitor import Janitor
from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.settings import ArchiveSettings
from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.archive.stream_rows import first_after, rows_after
from ledger.archive.verification import Verifier
from ledger.domain.archive.archive_file import ArchiveFile
from ledger.domain.archive.next_file import Filling, WaitForMore, may_be_due, open_range
from ledger.domain.archive.trimming import VerifiedFile
from ratchet.contract import STREAMS, Stream, utc_now

_log = logging.getLogger(__name__)


class Archivist:
    """A background task: a round over all streams every `archive_period_s`.

    Any number of them may run at once: they write the same files and trim the same entries.
    """

    def __init__(
        self,
        redis: Redis,
        store: ArchiveStore,
        settings: ArchiveSettings,
        metrics: ArchiveMetrics,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._redis = redis
        self._store = store
        self._retention = settings.retention
        self._period_s = settings.archive_period_s
        self._metrics = metrics
        self._clock = clock
        self._verified = Verifier(redis, store)
        self._janitor = Janitor(redis, settings.retention.max_entries, metrics)

    async def run(self) -> None:
        """Until cancelled; trouble with Redis or with the store is told and waited out."""
        while True:
            for stream in STREAMS:
                try:
                    await self.look_after(stream)
                except (RedisError, OSError, CorruptArchive) as error:
                    self._metrics.failures.labels(stream.name).inc()
                    _log.error("%s is not archived this round: %s", stream.name, error)
            self._metrics.last_round.set(self._clock().timestamp())
            await asyncio.sleep(self._period_s)

    async def look_after(self, stream: Stream) -> None:
        """Write every file of `stream` that is due, then trim what may go.

        Raises `CorruptArchive`, redis-py's errors, and `OSError` where the store is away or full.
        """
        async with self._store.turn(self._redis):
            await self._look_after(stream)

    async def _look_after(self, stream: Stream) -> None:
        cut_ms = self._retention.cut_ms(stream.name, int(self._clock().timestamp() * 1000))
        files = await asyncio.to_thread(self._store.files, stream.name)
        if self._store.is_halfway(stream.name):
            await asyncio.to_thread(self._store.mend, stream.name)
            files = await asyncio.to_thread(self._store.files, stream.name)
        archived = await self._verified.on_stream(stream, files)
        while (file := await self._write_next(stream, files, archived, cut_ms)) is not None:
            files = sorted([*files, file])
            archived = await self._verified.on_stream(stream, files)
        await self._janitor.trim(stream, archived, cut_ms)

    async def _write_next(
        self,
        stream: Stream,
        files: Sequence[ArchiveFile],
        archived: Sequence[VerifiedFile],
        cut_ms: int,
    ) -> ArchiveFile | None:
        place = open_range(files, archived)
        first = await first_after(self._redis, stream, place.behind)
        length = await self._redis.xlen(stream.key)
        waiting = length - sum(held.rows for held in archived)
        if first is None or not may_be_due(first, waiting, cut_ms, self._retention):
            return None
        filling = Filling(self._retention, closed=place.before is not None)
        async for row in rows_after(self._redis, stream, place.behind, place.before):
            if not filling.takes(row):
                break
        decision = filling.verdict(cut_ms)
        if isinstance(decision, WaitForMore):
            return None
        rows = decision.rows
        file = await asyncio.to_thread(self._store.write, stream.name, rows)
        self._verified.add(file, len(rows))
        self._metrics.archived.labels(stream.name).inc(len(rows))
        _log.info("archived %s, %d rows: %s", file.path, len(rows), decision.reason)
        return file
