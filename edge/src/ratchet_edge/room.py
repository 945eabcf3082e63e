"""The room that is left in Redis and on the disk, and each client's share of it."""

import asyncio
import logging
import shutil
import time
from collections.abc import Sequence, Set
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.contract import (
    COMMANDS,
    DECISIONS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    TRACES,
    Event,
    Stream,
    stream_of,
)
from ratchet.delivery import IdempotencyRecord, Publisher, data_of
from ratchet_edge.clients import Client
from ratchet_edge.held_bytes import HeldBytes, bytes_needed

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
_BETWEEN_WARNINGS_S = 10.0
_FILLED = (EXPERIENCES, FEEDBACK, DECISIONS, EXAMPLES, TRACES, COMMANDS)
_STREAMS = [stream.key for stream in _FILLED]
_BEGINNINGS = """
local found = {redis.call('TIME')[1]}
for at, key in ipairs(KEYS) do
  local first = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  found[at + 1] = first and string.match(first[1], '^%d+') or ''
end
return found
"""
"""The server's seconds, and the milliseconds of each stream's first entry, empty without one."""


class ShareUsed(Exception):
    """The events of one client fill its share of the room."""


class Room:
    """A client may fill `share` of the bytes that are free without it, so that others still fit.

    What clients added since the last look counts. It is known to this process only: each replica
    grants shares of its own, which become smaller as the others' are used.
    """

    def __init__(self, redis: Redis, data_dir: Path, share: float, refused: Counter) -> None:
        self._redis = redis
        self._beginnings = redis.register_script(_BEGINNINGS)
        self._data_dir = data_dir
        self._share = share
        self._refused = refused
        self._held = HeldBytes()
        self._free: float = inf
        self._ahead_s = 0.0
        self._warned_at = -inf

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except (RedisError, OSError) as error:
                _log.debug("the room in Redis is unknown: %s", error)
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Measure the room anew; raises redis-py's errors."""
        memory: dict[str, Any] = await self._redis.info("memory")
        now, *firsts = await self._beginnings(keys=_STREAMS)
        disk = await asyncio.to_thread(_free_on_disk, self._data_dir)
        now_s = float(now)
        self._ahead_s = now_s - time.monotonic()
        begins = {
            stream: float(first) / 1000 if first else now_s
            for stream, first in zip(_STREAMS, firsts, strict=True)
        }
        self._held.drop(begins, now_s)
        limit = int(memory["maxmemory"]) or int(memory.get("total_system_memory", 0)) or inf
        self._free = min(limit - int(memory["used_memory"]), disk)

    def check(self, client: str, data: Sequence[bytes]) -> None:
        """Raises `ShareUsed` if events with this `data` exceed the client's share.

        Events that do not fit into what is free are left to the server, whoever filled it.
        """
        needed = bytes_needed(sum(map(len, data)), len(data))
        held = self._held.of(client) + needed
        if self._free > needed and held * (1 - self._share) > self._share * (self._free - needed):
            self._refused.inc()
            self._warn(client)
            raise ShareUsed

    def add(self, client: str, stream: Stream, size: int, events: int) -> None:
        """Count `events` of `size` bytes in all that were appended to `stream`."""
        now_s = time.monotonic() + self._ahead_s
        self._held.add(client, stream.key, size, events, now_s)
        self._free -= size

    def _warn(self, client: str) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _BETWEEN_WARNINGS_S:
            self._warned_at = now
            _log.warning(
                "%s is refused: it fills its share of the %d bytes that Redis has left; see "
                "`ratchet doctor`",
                client,
                self._free,
            )


@dataclass(frozen=True)
class ClientPublisher:
    """Publishes what one client sent, within its share of the room."""

    publisher: Publisher
    room: Room
    client: Client

    async def publish(
        self,
        events: Sequence[Event],
        named: Set[str] = frozenset(),
        record: IdempotencyRecord | None = None,
        data: Sequence[bytes] | None = None,
    ) -> tuple[Event, ...]:
        """`Publisher.publish` with the client as the owner; raises `ShareUsed` too."""
        content = data or [data_of(event) for event in events]
        self.room.check(self.client.share, content)
        new = await self.publisher.publish(events, named, record, self.client.id, content)
        if new:
            size = sum(map(len, content)) * len(new) // len(content)
            self.room.add(self.client.share, stream_of(new[0]), size, len(new))
        return new


@dataclass(frozen=True)
class ClientPublishers:
    publisher: Publisher
    room: Room

    def of(self, client: Client) -> ClientPublisher:
        return ClientPublisher(self.publisher, self.room, client)


def _free_on_disk(data_dir: Path) -> float:
    """Infinite if there is no such directory, as where Redis and the ledger are elsewhere."""
    try:
        return shutil.disk_usage(data_dir).free
    except OSError:
        return inf
