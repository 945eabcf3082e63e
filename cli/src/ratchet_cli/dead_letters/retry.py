"""Put a dead letter's event back on its stream: once, for the groups that failed at it alone.

Every group of the stream sees the entry. One that failed has no "seen" marker and handles it.
One that handled it has a marker, which expires: it is set anew in the transaction that puts the
event back. One that has the first entry still before it, or in hand, is left alone: the marker it
sets at the one makes a duplicate of the other.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import WatchError

from ratchet.contract import EntryId, Stream
from ratchet.delivery import DATA_FIELD, SEEN_TTL_S, group_positions, has_finished, seen_key
from ratchet_cli.dead_letters.buried import Buried, read

_CHUNK = 200


@dataclass(frozen=True)
class PutBack:
    """`letters` have left the dead stream together: all that were of this event."""

    entry_id: str
    groups: tuple[str, ...]
    letters: tuple[Buried, ...]


@dataclass(frozen=True)
class Kept:
    """Nothing changed, because of `reason`."""

    reason: str


class Retrier:
    """Puts letters of one stream back; keeps in mind which letters are of which event."""

    def __init__(self, redis: Redis, stream: Stream) -> None:
        self._redis: Any = redis
        self._stream = stream
        self._ids: dict[str | None, list[str]] = defaultdict(list)
        self._read_to = "0-0"

    async def put_back(self, buried: Buried) -> PutBack | Kept:
        """One MULTI: the event to its stream, its letters from the dead one.

        Raises redis-py's errors; nothing has changed then, unless the answer alone was lost.
        """
        if buried.fault is not None:
            return Kept(f"it would fail again: {buried.fault}")
        while True:
            async with self._redis.pipeline(transaction=True) as pipe:
                try:
                    return await self._put_back(pipe, buried)
                except WatchError:
                    continue

    async def _put_back(self, pipe: Pipeline, buried: Buried) -> PutBack | Kept:
        """A letter that comes or goes meanwhile makes it run again."""
        commands: Any = pipe
        await commands.watch(self._stream.dead_key)
        letters = await self._letters_of(buried)
        if buried.entry_id not in {letter.entry_id for letter in letters}:
            return Kept("it is no longer there: somebody has retried or dropped it")
        failed = {letter.letter.group for letter in letters}
        groups = await group_positions(self._redis, self._stream)
        if strangers := failed - {position.group for position in groups}:
            return Kept(
                f"no group {', '.join(sorted(strangers))} reads {self._stream.key} here: "
                "start its service, or drop the letter"
            )
        others = [position for position in groups if position.group not in failed]
        done = [
            position.group
            for position in others
            for letter in letters
            if await has_finished(
                self._redis, self._stream, position, EntryId.parse(letter.letter.entry_id)
            )
        ]
        commands.multi()
        commands.xadd(self._stream.key, {DATA_FIELD: buried.letter.payload})
        for group in done:
            commands.set(seen_key(group, str(buried.event_id)), b"1", ex=SEEN_TTL_S)
        commands.xdel(self._stream.dead_key, *(letter.entry_id for letter in letters))
        [added, *_] = await commands.execute()
        return PutBack(added.decode(), tuple(sorted(failed)), tuple(letters))

    async def _letters_of(self, buried: Buried) -> list[Buried]:
        """All that are there of its event: several groups may have buried it, or one twice."""
        key = self._stream.dead_key
        while rows := await self._redis.xrange(key, f"({self._read_to}", "+", count=_CHUNK):
            for entry_id, fields in rows:
                letter = read(self._stream, entry_id, fields)
                self._ids[letter.event_id].append(letter.entry_id)
            self._read_to = rows[-1][0].decode()
        return [
            read(self._stream, at, fields)
            for entry_id in self._ids[buried.event_id]
            for at, fields in await self._redis.xrange(key, entry_id, entry_id)
        ]
