"""Appends the event of a dead letter to its stream again, once, for the groups that failed.

Every group of the stream reads the new entry. A group that failed has no marker of the event in
Redis and handles it. A group that handled it has such a marker, but markers expire: the
transaction that appends the event sets it again. A group that has the first entry still ahead, or
pending, gets none: whichever of the two entries it handles first sets the marker, which makes a
duplicate of the other.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import WatchError

from ratchet.contract import EntryId, Stream
from ratchet.delivery import DATA_FIELD, SEEN_TTL_S, group_positions, has_finished, seen_key
from ratchet_cli.dead_letters.letters import StoredLetter

_CHUNK = 200


@dataclass(frozen=True)
class Retried:
    """The event's new entry; `letters` were deleted in the same transaction: all of this event."""

    entry_id: str
    groups: tuple[str, ...]
    letters: tuple[StoredLetter, ...]


@dataclass(frozen=True)
class NotRetried:
    """Nothing changed, for `reason`."""

    reason: str


class LetterRetry:
    """Retries letters of one stream; remembers which letters belong to which event."""

    def __init__(self, redis: Redis, stream: Stream) -> None:
        self._redis: Any = redis
        self._stream = stream
        self._ids: dict[str | None, list[str]] = defaultdict(list)
        self._read_to = "0-0"

    async def retry(self, stored: StoredLetter) -> Retried | NotRetried:
        """In one MULTI: append the event to its stream, delete its letters.

        Raises redis-py's errors; nothing has changed then, unless only the response was lost.
        """
        if stored.fault is not None:
            return NotRetried(f"it would fail again: {stored.fault}")
        while True:
            async with self._redis.pipeline(transaction=True) as pipe:
                try:
                    return await self._retry(pipe, stored)
                except WatchError:
                    continue

    async def _retry(self, pipe: Pipeline, stored: StoredLetter) -> Retried | NotRetried:
        commands: Any = pipe
        # A letter that is added or deleted before EXEC raises WatchError: the set of letters and
        # groups below would be wrong, and a second operator would retry the same event.
        await commands.watch(self._stream.dead_key)
        letters = await self._letters_of(stored)
        if stored.entry_id not in {letter.entry_id for letter in letters}:
            return NotRetried("it no longer exists: it was retried or dropped meanwhile")
        failed = {letter.letter.group for letter in letters}
        groups = await group_positions(self._redis, self._stream)
        if missing := failed - {group.group for group in groups}:
            return NotRetried(
                f"no group {', '.join(sorted(missing))} reads {self._stream.key} here: "
                "start its service, or drop the letter"
            )
        others = [group for group in groups if group.group not in failed]
        done = [
            group.group
            for group in others
            for letter in letters
            if await has_finished(
                self._redis, self._stream, group, EntryId.parse(letter.letter.entry_id)
            )
        ]
        commands.multi()
        commands.xadd(self._stream.key, {DATA_FIELD: stored.letter.payload})
        for group in done:
            commands.set(seen_key(group, str(stored.event_id)), b"1", ex=SEEN_TTL_S)
        commands.xdel(self._stream.dead_key, *(letter.entry_id for letter in letters))
        [added, *_] = await commands.execute()
        return Retried(added.decode(), tuple(sorted(failed)), tuple(letters))

    async def _letters_of(self, stored: StoredLetter) -> list[StoredLetter]:
        """The existing letters of its event: several groups may have failed, or one twice."""
        key = self._stream.dead_key
        while rows := await self._redis.xrange(key, f"({self._read_to}", "+", count=_CHUNK):
            for entry_id, fields in rows:
                letter = StoredLetter.of_entry(self._stream, entry_id, fields)
                self._ids[letter.event_id].append(letter.entry_id)
            self._read_to = rows[-1][0].decode()
        return [
            StoredLetter.of_entry(self._stream, at, fields)
            for entry_id in self._ids[stored.event_id]
            for at, fields in await self._redis.xrange(key, entry_id, entry_id)
        ]
