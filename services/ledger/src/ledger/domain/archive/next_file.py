"""Selects the rows of a stream's next file, the same ones in every process and at any time.

A file starts after the archived entries and ends with its day, its number of rows or its bytes.
None of these moves. So two archivists, or one that was killed and started again, write one file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.domain.archive.archive_file import ArchiveFile, ArchiveRow
from ledger.domain.archive.retention import StreamLimits, StreamRetention
from ledger.domain.archive.trimming import VerifiedFile
from ratchet.contract import BEGINNING, EntryId


class WriteFile(NamedTuple):
    """The file is complete."""

    rows: Sequence[ArchiveRow]
    reason: str


class WaitForMore(NamedTuple):
    """The file may still grow."""

    reason: str


class OpenRange(NamedTuple):
    """Entries that no file holds: those after one id, up to another where a file follows."""

    after: EntryId
    before: EntryId | None = None


def open_range(files: Sequence[ArchiveFile], verified: Sequence[VerifiedFile]) -> OpenRange:
    """The first gap in `files` whose entries are still on the stream, else the end of the last.

    An operator who removes a damaged file leaves a gap: its entries are archived again.
    """
    after = BEGINNING
    for file in files:
        if any(each.file == file and each.first_on_stream < file.first for each in verified):
            return OpenRange(after, file.first)
        after = file.last
    return OpenRange(after)


def may_be_due(first: EntryId, waiting: int, cut_ms: int, limits: StreamLimits) -> bool:
    """Whether a file may start at `first`, one of `waiting` entries that are not archived."""
    return first.day_ends_ms <= cut_ms or waiting - limits.file_rows >= limits.entries


@dataclass
class Filling:
    """The next file while rows are added to it."""

    retention: StreamRetention
    rows: list[ArchiveRow] = field(default_factory=list)
    closed: bool = False
    _bytes: int = 0

    def accepts(self, row: ArchiveRow) -> bool:
        """Add `row` if it belongs to the file; the first that does not closes the file."""
        if self.full or (self.rows and row.entry_id.day_number != self._last.day_number):
            self.closed = True
            return False
        self.rows.append(row)
        self._bytes += len(row.payload)
        return True

    @property
    def full(self) -> bool:
        return (
            len(self.rows) >= self.retention.file_rows or self._bytes >= self.retention.file_bytes
        )

    def decide(self, cut_ms: int) -> WriteFile | WaitForMore:
        """Whether the file is complete: no later entry can belong to it."""
        if not self.rows:
            return WaitForMore("every entry is archived")
        if self.full:
            return WriteFile(self.rows, "full")
        if self.closed or self._last.day_ends_ms <= cut_ms:
            return WriteFile(self.rows, "its day is over")
        return WaitForMore(f"{self._last.day} may still grow")

    @property
    def _last(self) -> EntryId:
        return self.rows[-1].entry_id
