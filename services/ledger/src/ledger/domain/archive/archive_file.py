"""What an archive holds: rows with the exact bytes, in files named by their range and content."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ratchet.contract import EntryId, microseconds

_NAME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)/(?P<first>\d+-\d+)_(?P<last>\d+-\d+)-(?P<sha8>[0-9a-f]{8})\.parquet"
)


class Row(NamedTuple):
    """One entry: `payload` is its data field as it lay on the stream."""

    entry_id: EntryId
    payload: bytes


class Named(NamedTuple):
    """What an event says of itself, to ask the archive by; None where the payload is no event.

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
        """Below the archive's root; the same rows have the same path."""
        name = f"{self.first}_{self.last}-{self.sha8}.parquet"
        return f"{self.stream}/{self.first.day.isoformat()}/{name}"


def file_of(stream: str, rows: Sequence[Row]) -> ArchiveFile:
    """`rows` are in order and at least one."""
    return ArchiveFile(stream, rows[0].entry_id, rows[-1].entry_id, content_hash(rows)[:8])


def file_at(stream: str, path: str) -> ArchiveFile | None:
    """The file that `path`, below the stream's folder, names; None for whatever else lies there."""
    match = _NAME.fullmatch(path)
    if match is None:
        return None
    first, last = EntryId.parse(match["first"]), EntryId.parse(match["last"])
    return ArchiveFile(stream, first, last, match["sha8"])


def content_hash(rows: Sequence[Row]) -> str:
    """Hex sha256 over every id and payload in order: what it takes to be the same rows."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(b"%d-%d %d\n" % (*row.entry_id, len(row.payload)))
        digest.update(row.payload)
    return digest.hexdigest()


def named(message: Any) -> Named:
    """What the parsed JSON `message` says of itself; whatever it is, this answers."""
    if not isinstance(message, dict):
        return Named(None, None, None)
    return Named(
        _text(message.get("event_id")),
        _text(message.get("type")),
        _moment(message.get("occurred_at")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return microseconds(moment) if moment.tzinfo is not None else None
