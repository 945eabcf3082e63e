"""Read dead streams: a page at a time, or one letter by its name."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import STREAMS, Stream
from ratchet_cli.dead_letters.buried import ENTRY_ID, Buried, read

_CHUNK = 200


class NoSuchLetter(LookupError):
    """The name stands for no dead letter, or for more than one; the message says which."""


class DeadLetters:
    """The dead letters of `streams`, oldest first within each; raises redis-py's errors."""

    def __init__(self, redis: Redis, streams: Sequence[Stream] = STREAMS) -> None:
        self._redis: Any = redis
        self._streams = streams

    async def counts(self) -> dict[str, int]:
        """How many each stream has, by its name."""
        lengths = [await self._redis.xlen(stream.dead_key) for stream in self._streams]
        return dict(zip((stream.name for stream in self._streams), lengths, strict=True))

    async def walk(self, after: str | None = None) -> AsyncIterator[Buried]:
        """Every letter in order, from the one that follows `after`; raises `NoSuchLetter`."""
        streams, start = list(self._streams), "-"
        if after is not None:
            first, entry_id = self._parted(after)
            streams, start = streams[streams.index(first) :], f"({entry_id}"
        for stream in streams:
            while True:
                rows = await self._redis.xrange(stream.dead_key, start, "+", count=_CHUNK)
                for entry_id, fields in rows:
                    yield read(stream, entry_id, fields)
                if len(rows) < _CHUNK:
                    break
                start = f"({rows[-1][0].decode()}"
            start = "-"

    async def find(self, name: str) -> Buried:
        """By `<stream>/<id>`, or by the id alone where no two have it; raises `NoSuchLetter`."""
        if "/" in name:
            stream, entry_id = self._parted(name)
            wanted = [stream]
        else:
            entry_id, wanted = self._checked(name, name), list(self._streams)
        found = [
            read(stream, at, fields)
            for stream in wanted
            for at, fields in await self._redis.xrange(stream.dead_key, entry_id, entry_id)
        ]
        if not found:
            raise NoSuchLetter(f"no dead letter {name}; `ratchet dead list` shows those there are")
        if len(found) > 1:
            names = " or ".join(buried.name for buried in found)
            raise NoSuchLetter(f"{name} is in more than one stream: name {names}")
        return found[0]

    def _parted(self, name: str) -> tuple[Stream, str]:
        of, _, entry_id = name.rpartition("/")
        for stream in self._streams:
            if stream.name == of:
                return stream, self._checked(entry_id, name)
        known = ", ".join(stream.name for stream in self._streams)
        raise NoSuchLetter(f"{name}: no stream {of!r} here; there are {known}")

    def _checked(self, entry_id: str, name: str) -> str:
        if ENTRY_ID.fullmatch(entry_id) is None:
            raise NoSuchLetter(
                f"{name!r} is no dead letter's name; one is such as feedback/1764000000000-0"
            )
        return entry_id
