"""Which rows make a stream's next file: always the same ones, whoever asks and when.

A file begins behind what is archived and ends with its day, its number of rows or its bytes.
None of these moves, so two that write, or one that was killed and writes again, write the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.domain.archive.archive_file import ArchiveFile, ArchiveRow
from ledger.domain.archive.retention import StreamRetention
from ledger.domain.archive.trimming import VerifiedFile
from ratchet.contract import BEGINNING, EntryId


class WriteFile(NamedTuple):
    rows: Sequence[ArchiveRow]
    reason: str


class WaitForMore(NamedTuple):
    reason: str


class OpenRange(NamedTuple):
    """Entries behind one id and, where a file follows that was left out before, before another."""

    behind: EntryId
    before: EntryId | None = None


def open_range(files: Sequence[ArchiveFile], archived: Sequence[VerifiedFile]) -> OpenRange:
    """Where `files` have a gap over entries that are still on the stream, else behind the last.

    A gap is left by a damaged file that somebody took away: its entries are archived again.
    """
    behind = BEGINNING
    for file in files:
        if any(held.file == file and held.meets < file.first for held in archived):
            return OpenRange(behind, file.first)
        behind = file.last
    return OpenRange(behind)


def may_be_due(first: EntryId, waiting: int, cut_ms: int, retention: StreamRetention) -> bool:
    """Whether it is worth reading on from `first`, one of `waiting` that are not archived."""
    return first.day_ends_ms <= cut_ms or waiting - retention.file_rows >= retention.max_entries


@dataclass
class Filling:
    """The rows of the next file, one after the other, until one does not fit any more."""

    retention: StreamRetention
    rows: list[ArchiveRow] = field(default_factory=list)
    closed: bool = False
    _bytes: int = 0

    def takes(self, row: ArchiveRow) -> bool:
        """Whether `row` is in; the first that is not closes the file."""
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

    def verdict(self, cut_ms: int) -> WriteFile | WaitForMore:
        """Whether nothing can be added any more to what is there now."""
        if not self.rows:
            return WaitForMore("nothing is left to archive")
        if self.full:
            return WriteFile(self.rows, "full")
        if self.closed or self._last.day_ends_ms <= cut_ms:
            return WriteFile(self.rows, "its day is over")
        return WaitForMore(f"{self._last.day} may still grow")

    @property
    def _last(self) -> EntryId:
        return self.rows[-1].entry_id
