"""The dead letters in Redis: a page of them, or one by its name."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from pydantic import ValidationError
from redis.asyncio import Redis

from ratchet.contract import STREAMS, ClientInput, Stream
from ratchet.delivery import DeadLetter, describe, newer_release

_ENTRY_ID = re.compile(r"\d{1,20}-\d{1,20}")
_CHUNK = 200


class NoSuchLetter(LookupError):
    """A name belongs to no dead letter, or to several; the message has the details."""


@dataclass(frozen=True)
class StoredLetter:
    """`entry_id` is its own in the dead stream; `letter.entry_id` is the entry that failed."""

    entry_id: str
    letter: DeadLetter

    @classmethod
    def of_entry(cls, stream: Stream, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Self:
        return cls(entry_id.decode(), DeadLetter.of_fields(stream, fields))

    @property
    def name(self) -> str:
        """Unique among the dead letters of all streams."""
        return f"{self.letter.stream.name}/{self.entry_id}"

    @property
    def stored_at_ms(self) -> int:
        """When it was written, by the clock of Redis."""
        return int(self.entry_id.partition("-")[0])

    @cached_property
    def event_id(self) -> str | None:
        """None if the payload is not a JSON object with one."""
        try:
            message = json.loads(self.letter.payload)
        except (ValueError, RecursionError):
            return None
        event_id = message.get("event_id") if isinstance(message, dict) else None
        return event_id if isinstance(event_id, str) else None

    @cached_property
    def fault(self) -> str | None:
        """Why every consumer would reject it again; None if the payload is a valid event."""
        if _ENTRY_ID.fullmatch(self.letter.entry_id) is None:
            return "it has no id of the failed entry, so the groups that handled it are unknown"
        try:
            self.letter.stream.adapter.validate_json(self.letter.payload, context=ClientInput())
        except ValidationError as error:
            return newer_release(self.letter.stream, self.letter.payload) or describe(error)
        return None


class DeadLetters:
    """The dead letters of `streams`, oldest first in each; raises redis-py's errors."""

    def __init__(self, redis: Redis, streams: Sequence[Stream] = STREAMS) -> None:
        self._redis: Any = redis
        self._streams = streams

    async def counts(self) -> dict[str, int]:
        """The number of dead letters by the name of the stream."""
        lengths = [await self._redis.xlen(stream.dead_key) for stream in self._streams]
        return dict(zip((stream.name for stream in self._streams), lengths, strict=True))

    async def walk(self, after: str | None = None) -> AsyncIterator[StoredLetter]:
        """Every letter in order, or those that follow `after`; raises `NoSuchLetter`."""
        streams, start = list(self._streams), "-"
        if after is not None:
            first, entry_id = self._split(after)
            streams, start = streams[streams.index(first) :], f"({entry_id}"
        for stream in streams:
            while True:
                rows = await self._redis.xrange(stream.dead_key, start, "+", count=_CHUNK)
                for entry_id, fields in rows:
                    yield StoredLetter.of_entry(stream, entry_id, fields)
                if len(rows) < _CHUNK:
                    break
                start = f"({rows[-1][0].decode()}"
            start = "-"

    async def find(self, name: str) -> StoredLetter:
        """By `<stream>/<id>`, or by the id alone if it is unique; raises `NoSuchLetter`."""
        if "/" in name:
            stream, entry_id = self._split(name)
            streams = [stream]
        else:
            entry_id, streams = self._checked(name, name), list(self._streams)
        matches = [
            StoredLetter.of_entry(stream, at, fields)
            for stream in streams
            for at, fields in await self._redis.xrange(stream.dead_key, entry_id, entry_id)
        ]
        if not matches:
            raise NoSuchLetter(f"There is no dead letter {name}. See `ratchet dead list`.")
        if len(matches) > 1:
            names = " or ".join(letter.name for letter in matches)
            raise NoSuchLetter(f"{name} is in several streams. Pass {names}.")
        return matches[0]

    def _split(self, name: str) -> tuple[Stream, str]:
        of, _, entry_id = name.rpartition("/")
        for stream in self._streams:
            if stream.name == of:
                return stream, self._checked(entry_id, name)
        known = ", ".join(stream.name for stream in self._streams)
        raise NoSuchLetter(f"{name}: there is no stream {of!r}. Pass one of {known}.")

    def _checked(self, entry_id: str, name: str) -> str:
        if _ENTRY_ID.fullmatch(entry_id) is None:
            raise NoSuchLetter(
                f"{name!r} is not the name of a dead letter. "
                "Pass one such as feedback/1764000000000-0."
            )
        return entry_id
