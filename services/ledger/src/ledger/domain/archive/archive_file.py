"""Archived rows, and the files that hold them, named by their range and content."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ratchet.contract import EntryId, microseconds

_NAME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)/(?P<first>\d+-\d+)_(?P<last>\d+-\d+)-(?P<sha8>[0-9a-f]{8})\.parquet"
)


class ArchiveRow(NamedTuple):
    """One entry; `payload` is its data field, byte for byte."""

    entry_id: EntryId
    payload: bytes


class EventHeader(NamedTuple):
    """Columns of an event for queries of the archive; None where the payload is not an event.

    `occurred_at` is in microseconds since 1970.
    """

    event_id: str | None
    type: str | None
    occurred_at: int | None


class ArchiveFile(NamedTuple):
    """The rows `first`..`last` of one stream and UTC day; `sha8` begins their `content_hash`."""

    stream: str
    first: EntryId
    last: EntryId
    sha8: str

    @property
    def path(self) -> str:
        """Relative to the archive's root; the same rows have the same path."""
        name = f"{self.first}_{self.last}-{self.sha8}.parquet"
        return f"{self.stream}/{self.first.day.isoformat()}/{name}"


def file_of(stream: str, rows: Sequence[ArchiveRow]) -> ArchiveFile:
    """The file of `rows`, at least one and in order."""
    return ArchiveFile(stream, rows[0].entry_id, rows[-1].entry_id, content_hash(rows)[:8])


def file_from_path(stream: str, path: str) -> ArchiveFile | None:
    """The file at `path` in the folder of the stream; None if the path is not an archive file's."""
    match = _NAME.fullmatch(path)
    if match is None:
        return None
    first, last = EntryId.parse(match["first"]), EntryId.parse(match["last"])
    return ArchiveFile(stream, first, last, match["sha8"])


def content_hash(rows: Sequence[ArchiveRow]) -> str:
    """Hex sha256 over every id and payload, in order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(b"%d-%d %d\n" % (*row.entry_id, len(row.payload)))
        digest.update(row.payload)
    return digest.hexdigest()


def header_of(message: Any) -> EventHeader:
    """The header of the parsed JSON `message`, which may be any JSON value."""
    if not isinstance(message, dict):
        return EventHeader(None, None, None)
    return EventHeader(
        _text(message.get("event_id")),
        _text(message.get("type")),
        _microseconds(message.get("occurred_at")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _microseconds(value: Any) -> int | None:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return microseconds(time) if time.tzinfo is not None else None
