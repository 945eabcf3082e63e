"""Appends of concurrent callers share round trips to the server."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

DATA_FIELD = "__data__"
_MAX_ENTRIES = 256
_LOOK = """
local function look(key, id)
  local info = redis.call('INFO', 'persistence')
  local function has(field) return string.find(info, field .. '\\r', 1, true) end
  if has('aof_enabled:1') then
    if not has('aof_last_write_status:ok') then return 0 end
    if not has('aof_buffer_length:0') and not has('aof_pending_bio_fsync:0') then return 0 end
  end
  local there = id and #redis.call('XRANGE', key, id, id) or redis.call('EXISTS', key)
  return there > 0 and 1 or -1
end
"""
_APPEND = f"""{_LOOK}
local count, before, last = tonumber(ARGV[1]), 0, nil
if #KEYS > count then before = look(KEYS[count + 1], ARGV[count + 2]) end
for at = 1, count do
  last = redis.call('XADD', KEYS[at], '*', '{DATA_FIELD}', ARGV[at + 1])
end
return {{last, before}}
"""
_IS_WRITTEN = f"""{_LOOK}
for _, key in ipairs(KEYS) do
  local found = look(key, ARGV[1])
  if found < 1 then return found end
end
return 1
"""
_WRITTEN_WITHIN_S, _POLL_S = 3.0, 0.005
"""The server puts off writing for 2 s at most while its disk is still flushing earlier data."""
_Entries = Sequence[tuple[str, bytes]]
_Group = list[tuple[_Entries, asyncio.Future[None]]]


class _Appended(NamedTuple):
    """A group whose entries the server has, of which the last is `entry_id` of `stream`."""

    group: _Group
    stream: str
    entry_id: bytes


class NotWritten(RedisError):
    """The server answered, and the append-only file lacks what it answered."""


class WrittenCheck:
    """Whether earlier commands are in the append-only file, as they are when a server is killed.

    The server answers a command even if its file could not take it: when the disk is full, and
    while it is slow (`appendfsync everysec`). What it answered is then in memory only. It writes
    the file before the answers, so a later command sees whether that failed.
    """

    def __init__(self, redis: Redis) -> None:
        self._is_written = redis.register_script(_IS_WRITTEN)

    async def wait(self, keys: Sequence[str], entry_id: bytes | None = None) -> None:
        """Return once `keys`, or the entry of the stream `keys[0]`, are in the file.

        They exist already, and are looked up again: the server may have restarted without them.
        Without an append-only file that is all. Raises `NotWritten` and redis-py's errors.
        """
        end = time.monotonic() + _WRITTEN_WITHIN_S
        ids = [] if entry_id is None else [entry_id]
        while (found := await self._is_written(keys=keys, args=ids)) == 0:
            if time.monotonic() > end:
                raise NotWritten(
                    "its append-only file cannot be written, so that it would lose the events at "
                    "a restart: make room on its disk"
                )
            await asyncio.sleep(_POLL_S)
        if found < 0:
            raise NotWritten("it restarted and lost the events")


class Appends:
    """Sends one group at a time; callers that arrive meanwhile join the next.

    A script appends: it is atomic, a full server rejects it as a whole, and it costs the client
    one command and one reply, where MULTI costs one of each for every entry. It also looks whether
    the group before is written, so that under load no call only looks.
    """

    def __init__(self, redis: Redis) -> None:
        self._append = redis.register_script(_APPEND)
        self._written = WrittenCheck(redis)
        self._waiting: _Group = []
        self._sender: asyncio.Task[None] | None = None

    async def append(self, entries: _Entries) -> None:
        """Returns once the server has written all `entries`, each a stream and its data.

        All are appended, in order, or none; raises redis-py's errors.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())
        await done

    async def _send(self) -> None:
        """Ends without an await after the last check of `_waiting`, so no caller is missed."""
        group: _Group = []
        before: _Appended | None = None
        try:
            while self._waiting or before is not None:
                group, written = self._next_group(), 0
                last: _Appended | RedisError | OSError | None = None
                if group:
                    last, written = await self._sent(group, before)
                if before is not None:
                    _settle(before.group, None if written == 1 else await self._waited(before))
                before = last if isinstance(last, _Appended) else None
                if before is None:
                    _settle(group, last if isinstance(last, Exception) else None)
                # Callers whose requests are being read join the next group.
                await asyncio.sleep(0)
        finally:
            self._sender = None
            for _, done in [*group, *(before.group if before is not None else ())]:
                done.cancel()

    def _next_group(self) -> _Group:
        """Limited, because the server handles no other command while the script runs."""
        entries = callers = 0
        while callers < len(self._waiting) and entries < _MAX_ENTRIES:
            entries += len(self._waiting[callers][0])
            callers += 1
        group, self._waiting = self._waiting[:callers], self._waiting[callers:]
        return group

    async def _sent(
        self, group: _Group, before: _Appended | None
    ) -> tuple[_Appended | RedisError | OSError, int]:
        """The appended group, or the error; and whether the one `before` is written (1)."""
        entries = [entry for entries, _ in group for entry in entries]
        keys = [stream for stream, _ in entries]
        values: list[Any] = [len(entries), *(data for _, data in entries)]
        if before is not None:
            keys.append(before.stream)
            values.append(before.entry_id)
        try:
            entry_id, written = await self._append(keys=keys, args=values)
        except (RedisError, OSError) as error:
            return error, 0
        return _Appended(group, entries[-1][0], entry_id), written

    async def _waited(self, appended: _Appended) -> RedisError | OSError | None:
        try:
            await self._written.wait([appended.stream], appended.entry_id)
        except (RedisError, OSError) as error:
            return error
        return None


def _settle(group: _Group, error: RedisError | OSError | None) -> None:
    for _, done in group:
        if done.done():
            continue
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(None)
