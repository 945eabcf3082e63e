"""Commits state, outgoing events, markers, dead letters and acknowledgements at once.

The commit is one script inside WATCH/MULTI/EXEC. A plain MULTI goes on after a command that fails,
and would acknowledge an entry whose effect was rejected. A script stops at the first failure, so
the acknowledgement, which comes last, implies all effects; a full server rejects the first write.
And the client reads one reply, where each command of MULTI has two.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from redis.asyncio.client import Pipeline

from ratchet.contract import Done, Stream
from ratchet.delivery.dead_letter import DeadLetter
from ratchet.delivery.publisher import entry_of

SEEN_TTL_S = 7 * 86_400
_OF_AN_EARLIER_RELEASE = b"1"
_RUN_ALL = """
local at = 1
while at <= #ARGV do
  local length = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + length))
  at = at + length + 1
end
"""


def seen_key(group: str, event_id: str) -> str:
    """The marker that `group` has handled the event, set in the transaction that did.

    Its value is the name of the stream.
    """
    return f"ratchet:seen:{group}:{event_id}"


class Seen(NamedTuple):
    """Ids of events that were handled on this stream, and those of events of another stream."""

    here: set[str]
    elsewhere: set[str]


class Transaction:
    """Watches what it reads; `commit` raises redis-py's `WatchError` if that has changed."""

    def __init__(self, pipe: Pipeline, stream: Stream, group: str) -> None:
        self._pipe: Any = pipe
        self._stream = stream
        self._group = group
        self._mark = stream.name.encode()
        self._settled: list[str] = []
        self._commands: list[str | bytes | int] = []

    async def read(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        if not keys:
            return {}
        await self._pipe.watch(*keys)
        return dict(zip(keys, await self._pipe.mget(keys), strict=True))

    async def seen(self, event_ids: Sequence[str]) -> Seen:
        """Which events the group has handled, on this stream or, of the same id, on another."""
        keys = [seen_key(self._group, event_id) for event_id in event_ids]
        markers = await self.read(keys)
        found = {
            event_id: markers[key]
            for event_id, key in zip(event_ids, keys, strict=True)
            if markers[key] is not None
        }
        own = {name for name, mark in found.items() if mark in (self._mark, _OF_AN_EARLIER_RELEASE)}
        return Seen(own, found.keys() - own)

    def acknowledge(self, entry_id: str) -> None:
        self._settled.append(entry_id)

    def apply(self, done: Done) -> None:
        for write in done.writes:
            if write.value is None:
                self._queue("DEL", write.key)
            elif write.ttl_s is None:
                self._queue("SET", write.key, write.value)
            else:
                self._queue("SET", write.key, write.value, "EX", write.ttl_s)
        for event in done.emits:
            key, fields = entry_of(event)
            self._append(key, fields)

    def mark_seen(self, event_id: str) -> None:
        self._queue("SET", seen_key(self._group, event_id), self._mark, "EX", SEEN_TTL_S)

    def bury(self, letter: DeadLetter) -> None:
        self._append(letter.stream.dead_key, letter.fields())

    async def commit(self) -> None:
        if self._settled:
            self._queue("XACK", self._stream.key, self._group, *self._settled)
        self._pipe.multi()
        self._pipe.eval(_RUN_ALL, 0, *self._commands)
        await self._pipe.execute()

    def _append(self, key: str, fields: Mapping[str, bytes | str | int]) -> None:
        self._queue("XADD", key, "*", *(part for field in fields.items() for part in field))

    def _queue(self, *command: str | bytes | int) -> None:
        self._commands.extend((len(command), *command))
