"""Appends that wait at the same time go to the server together: one round trip for many callers."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

DATA_FIELD = "__data__"
_ENOUGH = 256
_AT_ONCE = 2
_APPEND = f"""
for at, stream in ipairs(KEYS) do
  redis.call('XADD', stream, '*', '{DATA_FIELD}', ARGV[at])
end
return #KEYS
"""
_Entries = Sequence[tuple[str, bytes]]


class Appends:
    """While two groups are under way the next gathers; alone, a caller waits for nobody.

    A script appends: it is atomic, a full server refuses it as a whole, and it costs the client
    one command and one reply, where MULTI costs one of each for every entry.
    """

    def __init__(self, redis: Redis) -> None:
        self._append = redis.register_script(_APPEND)
        self._waiting: list[tuple[_Entries, asyncio.Future[None]]] = []
        self._under_way: set[asyncio.Task[Any] | None] = set()

    async def append(self, entries: _Entries) -> None:
        """Returns once the server has acknowledged all of them, each a stream and its data.

        All are appended, in their order, or none; raises redis-py's errors.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if len(self._under_way) < _AT_ONCE:
            self._under_way.add(asyncio.create_task(self._send()))
        await done

    async def _send(self) -> None:
        """Nobody can come between the last look at who waits and the end: it awaits nothing."""
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
            self._under_way.discard(asyncio.current_task())
            for _, done in group:
                done.cancel()

    def _next_group(self) -> list[tuple[_Entries, asyncio.Future[None]]]:
        """Callers until there are enough entries: the server does nothing else meanwhile."""
        count = taken = 0
        while taken < len(self._waiting) and count < _ENOUGH:
            count += len(self._waiting[taken][0])
            taken += 1
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return group

    async def _sent(self, entries: _Entries) -> RedisError | OSError | None:
        try:
            await self._append(
                keys=[stream for stream, _ in entries], args=[data for _, data in entries]
            )
        except (RedisError, OSError) as error:
            return error
        return None
