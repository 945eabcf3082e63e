"""Gives entries of a stream other ids, in one step for its readers and producers."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.contract import EntryId, Stream

_PAGE = 500
_COPY = """
local key, copy, ids, first, now = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local after, last, most = ARGV[3], ARGV[4], tonumber(ARGV[5])
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function before(one, other)
  local ms, seq = parts(one)
  local other_ms, other_seq = parts(other)
  return ms < other_ms or (ms == other_ms and seq < other_seq)
end
local page = redis.call('XRANGE', key, after, '+', 'COUNT', most)
for _, entry in ipairs(page) do
  local id = entry[1]
  if not before(id, first) then
    id = redis.call('HGET', ids, entry[1])
    if not id then
      local ms, seq = parts(last)
      id = string.format('%.0f-%.0f', ms, seq + 1)
      redis.call('HSET', ids, entry[1], id)
    end
  end
  redis.call('XADD', copy, id, unpack(entry[2]))
  last, after = id, '(' .. entry[1]
end
if #page == most then return {after, last} end

local function moved(id)
  if before(id, first) then return id end
  local new = redis.call('HGET', ids, id)
  if new then return new end
  local found = redis.call('XREVRANGE', key, '(' .. id, '-', 'COUNT', 1)[1]
  if not found then return '0-0' end
  return before(found[1], first) and found[1] or redis.call('HGET', ids, found[1])
end
local function fields(reply)
  local found = {}
  for at = 1, #reply, 2 do found[reply[at]] = reply[at + 1] end
  return found
end
if before(last, now) then last = now end
if redis.call('EXISTS', copy) == 0 then
  redis.call('XGROUP', 'CREATE', copy, 'copy', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', copy, 'copy')
end
local about = fields(redis.call('XINFO', 'STREAM', key))
redis.call('XSETID', copy, last, 'ENTRIESADDED', about['entries-added'],
  'MAXDELETEDID', moved(about['max-deleted-entry-id']))
for _, reply in ipairs(redis.call('XINFO', 'GROUPS', key)) do
  local group = fields(reply)
  local create = {'XGROUP', 'CREATE', copy, group['name'], moved(group['last-delivered-id'])}
  if group['entries-read'] then
    create[#create + 1] = 'ENTRIESREAD'
    create[#create + 1] = group['entries-read']
  end
  redis.call(unpack(create))
  after = '-'
  while true do
    local waiting = redis.call('XPENDING', key, group['name'], after, '+', 500)
    if #waiting == 0 then break end
    for _, item in ipairs(waiting) do
      local id = before(item[1], first) and item[1] or redis.call('HGET', ids, item[1])
      if id then
        redis.call('XCLAIM', copy, group['name'], item[2], 0, id, 'IDLE', item[3],
          'RETRYCOUNT', item[4], 'FORCE', 'JUSTID')
      end
    end
    after = '(' .. waiting[#waiting][1]
  end
end
redis.call('RENAME', copy, key)
return {}
"""
"""Copies a page after the entry ARGV[3]; with the last page, the copy replaces the stream.

No command lowers the id that a stream goes on from.
"""


async def give_ids(
    redis: Redis,
    stream: Stream,
    first: EntryId,
    now: EntryId,
    ids: Sequence[tuple[EntryId, EntryId]],
) -> None:
    """Give the entries from `first` on their new ids; `ids` has the old and the new one of each.

    Those that arrived meanwhile follow the last of them. Positions, pending entries and attempts
    stay. The stream goes on from `now`. Nothing may be trimmed or deleted meanwhile. Raises
    redis-py's errors; the stream is then as it was.
    """
    keys = [stream.key, f"{stream.key}:copy", _ids_key(stream)]
    await redis.unlink(keys[1])
    for start in range(0, len(ids), _PAGE):
        page = {str(old): str(new) for old, new in ids[start : start + _PAGE]}
        await redis.hset(keys[2], mapping=page)  # type: ignore[arg-type]
    copy: Any = redis.register_script(_COPY)
    reached = ["-", "0-0"]
    try:
        while reached:
            reached = await copy(keys, [str(first), str(now), *reached, _PAGE])
    except RedisError:
        await redis.unlink(keys[1])
        raise


async def given_ids(redis: Redis, stream: Stream, old: Sequence[EntryId]) -> dict[EntryId, EntryId]:
    """The new ids of those of `old` that `give_ids` replaced, until `forget_ids`."""
    found: dict[EntryId, EntryId] = {}
    client: Any = redis
    for start in range(0, len(old), _PAGE):
        page = old[start : start + _PAGE]
        values = await client.hmget(_ids_key(stream), [str(each) for each in page])
        found |= {
            each: EntryId.parse(value.decode())
            for each, value in zip(page, values, strict=True)
            if value is not None
        }
    return found


async def forget_ids(redis: Redis, stream: Stream) -> None:
    await redis.unlink(_ids_key(stream))


def _ids_key(stream: Stream) -> str:
    return f"{stream.key}:ids"
