"""Which archived files still have their entries on the stream, each read back once."""

import asyncio
from collections.abc import Sequence

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import first_after
from ledger.domain.archive.archive_file import ArchiveFile
from ledger.domain.archive.trimming import VerifiedFile
from ratchet.contract import BEGINNING, Stream


class Verifier:
    """A file that this process has read and found whole is not read again."""

    def __init__(self, redis: Redis, store: ArchiveStore) -> None:
        self._redis = redis
        self._store = store
        self._rows: dict[ArchiveFile, int] = {}

    def add(self, file: ArchiveFile, rows: int) -> None:
        self._rows[file] = rows

    async def on_stream(self, stream: Stream, files: Sequence[ArchiveFile]) -> list[VerifiedFile]:
        """Those of `files` that cover or follow the first entry; raises as `ArchiveStore.read`."""
        held: list[VerifiedFile] = []
        meets = await first_after(self._redis, stream, BEGINNING)
        for file in files:
            if meets is None:
                break
            if file.last < meets:
                self._rows.pop(file, None)
                continue
            if file not in self._rows:
                self._rows[file] = len(await asyncio.to_thread(self._store.read, file))
            held.append(VerifiedFile(file, self._rows[file], meets))
            meets = await first_after(self._redis, stream, file.last)
        return held
