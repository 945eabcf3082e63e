"""Appends of concurrent callers share round trips to the server."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

DATA_FIELD = "__data__"
_MAX_ENTRIES = 256
_MAX_IN_FLIGHT = 2
_APPEND = f"""
for at, stream in ipairs(KEYS) do
  redis.call('XADD', stream, '*', '{DATA_FIELD}', ARGV[at])
end
return #KEYS
"""
_Entries = Sequence[tuple[str, bytes]]


class Appends:
    """Sends at most two groups at a time; while both are in flight, callers join the next.

    A script appends: it is atomic, a full server rejects it as a whole, and it costs the client
    one command and one reply, where MULTI costs one of each for every entry.
    """

    def __init__(self, redis: Redis) -> None:
        self._append = redis.register_script(_APPEND)
        self._waiting: list[tuple[_Entries, asyncio.Future[None]]] = []
        self._in_flight: set[asyncio.Task[Any] | None] = set()

    async def append(self, entries: _Entries) -> None:
        """Returns once the server has acknowledged all `entries`, each a stream and its data.

        All are appended, in order, or none; raises redis-py's errors.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if len(self._in_flight) < _MAX_IN_FLIGHT:
            self._in_flight.add(asyncio.create_task(self._send()))
        await done

    async def _send(self) -> None:
        """Ends without an await after the last check of `_waiting`, so no caller is missed."""
        group: list[tuple[_Entries, asyncio.Future[None]]] = []
        try:
            while self._waiting:
                group = self._next_group()
                error = await self._sent([entry for entries, _ in group for entry in entries])
                for _, done in group:
                    if done.done():
                        continue
                    if error is not None:
                        done.set_exception(error)
                    else:
                        done.set_result(None)
        finally:
            self._in_flight.discard(asyncio.current_task())
            for _, done in group:
                done.cancel()

    def _next_group(self) -> list[tuple[_Entries, asyncio.Future[None]]]:
        """Limited, because the server handles no other command while the script runs."""
        entries = callers = 0
        while callers < len(self._waiting) and entries < _MAX_ENTRIES:
            entries += len(self._waiting[callers][0])
            callers += 1
        group, self._waiting = self._waiting[:callers], self._waiting[callers:]
        return group

    async def _sent(self, entries: _Entries) -> RedisError | OSError | None:
        try:
            await self._append(
                keys=[stream for stream, _ in entries], args=[data for _, data in entries]
            )
        except (RedisError, OSError) as error:
            return error
        return None
