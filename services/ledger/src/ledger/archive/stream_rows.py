"""Reads the entries of a stream as rows, without a consumer group."""

from collections.abc import AsyncIterator
from typing import Any, cast

from redis.asyncio import Redis

from ledger.domain.archive.archive_file import ArchiveRow
from ratchet.contract import BEGINNING, EntryId, Stream
from ratchet.delivery import DATA_FIELD

_DATA = DATA_FIELD.encode()
_PAGE, _PAGE_BYTES = 500, 8 << 20
_READ = """
local found, size, after = {}, 0, ARGV[1]
while #found < tonumber(ARGV[3]) and size < tonumber(ARGV[4]) do
  local entry = redis.call('XRANGE', KEYS[1], after, ARGV[2], 'COUNT', 1)[1]
  if not entry then break end
  for _, part in ipairs(entry[2]) do size = size + #part end
  found[#found + 1] = entry
  after = '(' .. entry[1]
end
return found
"""
"""A page ends with the entry that fills its bytes: 500 large events would exhaust the memory."""


async def first_after(redis: Redis, stream: Stream, after: EntryId) -> EntryId | None:
    """The id of the first entry after `after`, None at the end of the stream."""
    page: Any = await redis.xrange(stream.key, min=f"({after}", count=1)
    return EntryId.parse(page[0][0].decode()) if page else None


async def last_of(redis: Redis, stream: Stream) -> EntryId:
    """The id of the last entry, `BEGINNING` without one."""
    page: Any = await redis.xrevrange(stream.key, count=1)
    return EntryId.parse(page[0][0].decode()) if page else BEGINNING


async def rows_after(
    redis: Redis, stream: Stream, after: EntryId, before: EntryId | None = None
) -> AsyncIterator[ArchiveRow]:
    """The entries after the id `after`, up to but without `before`.

    An entry without the data field, which is not an event, becomes its fields, one to a line.
    """
    async for entry_id, fields in entries(redis, stream.key, after, before):
        yield ArchiveRow(entry_id, data_of(fields))


async def entries(
    redis: Redis, key: str, after: EntryId = BEGINNING, before: EntryId | None = None
) -> AsyncIterator[tuple[EntryId, dict[bytes, bytes]]]:
    """The entries at `key` as id and fields, read in pages."""
    end = f"({before}" if before is not None else "+"
    read = redis.register_script(_READ)
    while page := cast(Any, await read([key], [f"({after}", end, _PAGE, _PAGE_BYTES])):
        for entry_id, parts in page:
            after = EntryId.parse(entry_id.decode())
            yield after, dict(zip(parts[::2], parts[1::2], strict=True))


def data_of(fields: dict[bytes, bytes]) -> bytes:
    """The data field; without one, all fields, one to a line."""
    if _DATA in fields:
        return fields[_DATA]
    return b"\n".join(key + b"=" + value for key, value in fields.items())
