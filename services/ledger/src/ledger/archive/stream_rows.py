"""Reads the entries of a stream as rows, without a consumer group."""

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from ledger.domain.archive.archive_file import ArchiveRow
from ratchet.contract import EntryId, Stream
from ratchet.delivery import DATA_FIELD

_DATA = DATA_FIELD.encode()
_PAGE = 500


async def first_after(redis: Redis, stream: Stream, after: EntryId) -> EntryId | None:
    """The id of the first entry after `after`, None at the end of the stream."""
    page: Any = await redis.xrange(stream.key, min=f"({after}", count=1)
    return EntryId.parse(page[0][0].decode()) if page else None


async def rows_after(
    redis: Redis, stream: Stream, after: EntryId, before: EntryId | None = None
) -> AsyncIterator[ArchiveRow]:
    """The entries after the id `after`, up to but without `before`.

    An entry without the data field, which is not an event, becomes its fields, one to a line.
    """
    end = f"({before}" if before is not None else "+"
    while True:
        page: Any = await redis.xrange(stream.key, min=f"({after}", max=end, count=_PAGE)
        for entry_id, fields in page:
            after = EntryId.parse(entry_id.decode())
            yield ArchiveRow(after, _payload(fields))
        if len(page) < _PAGE:
            return


def _payload(fields: dict[bytes, bytes]) -> bytes:
    if _DATA in fields:
        return fields[_DATA]
    return b"\n".join(key + b"=" + value for key, value in fields.items())
