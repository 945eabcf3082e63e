"""State, outgoing events, markers, dead letters and acknowledgements in ONE MULTI/EXEC."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio.client import Pipeline

from ratchet.dead_letter import DeadLetter
from ratchet.outcomes import Done
from ratchet.publisher import entry_of
from ratchet.seen import SEEN_TTL_S, seen_key
from ratchet.streams import Stream


class Transaction:
    """Reads are watched; `commit` raises redis-py's `WatchError` when one has changed since."""

    def __init__(self, pipe: Pipeline, stream: Stream, group: str) -> None:
        self._pipe: Any = pipe
        self._stream = stream
        self._group = group
        self._settled: list[str] = []
        self._commands: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    async def read(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        if not keys:
            return {}
        await self._pipe.watch(*keys)
        return dict(zip(keys, await self._pipe.mget(keys), strict=True))

    async def seen(self, event_ids: Sequence[str]) -> set[str]:
        keys = [seen_key(self._group, event_id) for event_id in event_ids]
        found = await self.read(keys)
        return {
            event_id
            for event_id, key in zip(event_ids, keys, strict=True)
            if found[key] is not None
        }

    def acknowledge(self, entry_id: str) -> None:
        self._settled.append(entry_id)

    def apply(self, event_id: str, done: Done) -> None:
        for write in done.writes:
            if write.value is None:
                self._queue("delete", write.key)
            else:
                self._queue("set", write.key, write.value, ex=write.ttl_s)
        for event in done.emits:
            self._queue("xadd", *entry_of(event))
        self._queue("set", seen_key(self._group, event_id), b"1", ex=SEEN_TTL_S)

    def bury(self, letter: DeadLetter) -> None:
        self._queue("xadd", letter.stream.dead_key, letter.fields())

    async def commit(self) -> None:
        self._pipe.multi()
        for name, arguments, options in self._commands:
            getattr(self._pipe, name)(*arguments, **options)
        if self._settled:
            self._pipe.xack(self._stream.key, self._group, *self._settled)
        await self._pipe.execute()

    def _queue(self, name: str, *arguments: Any, **options: Any) -> None:
        self._commands.append((name, arguments, options))
