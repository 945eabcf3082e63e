"""Reads archived files back before their entries may leave the stream."""

import asyncio
from collections.abc import Sequence

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import first_after
from ledger.domain.archive.archive_file import ArchiveFile
from ledger.domain.archive.trimming import VerifiedFile
from ratchet.contract import BEGINNING, Stream


class Verifier:
    """Verifies files once per process."""

    def __init__(self, redis: Redis, store: ArchiveStore) -> None:
        self._redis = redis
        self._store = store
        self._rows: dict[ArchiveFile, int] = {}

    def add(self, file: ArchiveFile, rows: int) -> None:
        """Register a file that the store verified when it wrote it."""
        self._rows[file] = rows

    async def files_on_stream(
        self, stream: Stream, files: Sequence[ArchiveFile]
    ) -> list[VerifiedFile]:
        """Those of `files` that cover or follow the first entry; raises as `ArchiveStore.read`.

        A process that starts verifies what others wrote: after a crash between write and trim it
        is the only one that knows whether the file reached the disk whole.
        """
        verified: list[VerifiedFile] = []
        first = await first_after(self._redis, stream, BEGINNING)
        for file in files:
            if first is None:
                break
            if file.last < first:
                self._rows.pop(file, None)
                continue
            if file not in self._rows:
                self._rows[file] = len(await asyncio.to_thread(self._store.read, file))
            verified.append(VerifiedFile(file, self._rows[file], first))
            first = await first_after(self._redis, stream, file.last)
        return verified
