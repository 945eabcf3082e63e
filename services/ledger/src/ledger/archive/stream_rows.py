"""Entries of a stream as rows, read without a group."""

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from ledger.domain.archive.archive_file import ArchiveRow
from ratchet.contract import EntryId, Stream
from ratchet.delivery import DATA_FIELD

_DATA = DATA_FIELD.encode()
_PAGE = 500


async def first_after(redis: Redis, stream: Stream, behind: EntryId) -> EntryId | None:
    found: Any = await redis.xrange(stream.key, min=f"({behind}", count=1)
    return EntryId.parse(found[0][0].decode()) if found else None


async def rows_after(
    redis: Redis, stream: Stream, behind: EntryId, before: EntryId | None = None
) -> AsyncIterator[ArchiveRow]:
    """Everything behind the id `behind`, and before `before` where it is named.

    An entry without the data field becomes its fields, one to a line: nothing can be made of it.
    """
    end = f"({before}" if before is not None else "+"
    while True:
        page: Any = await redis.xrange(stream.key, min=f"({behind}", max=end, count=_PAGE)
        for entry_id, fields in page:
            behind = EntryId.parse(entry_id.decode())
            yield ArchiveRow(behind, _payload(fields))
        if len(page) < _PAGE:
            return


def _payload(fields: dict[bytes, bytes]) -> bytes:
    if _DATA in fields:
        return fields[_DATA]
    return b"\n".join(key + b"=" + value for key, value in fields.items())
