"""Decides how far a stream may be trimmed: whole archived files that no reader needs."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.domain.archive.archive_file import ArchiveFile
from ratchet.contract import EntryId, GroupPosition


class VerifiedFile(NamedTuple):
    """A verified file; `first_on_stream` is the first entry after the file before it."""

    file: ArchiveFile
    rows: int
    first_on_stream: EntryId


class StreamState(NamedTuple):
    """A stream and its readers.

    `required` groups exist in every installation. `tail` is the entry from which readers without
    a group start.
    """

    first: EntryId | None
    length: int
    groups: Sequence[GroupPosition]
    required: Sequence[str]
    tail: EntryId | None = None


class Trim(NamedTuple):
    """Every entry below `before` may go; `reason` names what retains the next file."""

    before: EntryId
    reason: str


class Keep(NamedTuple):
    """Nothing may go."""

    reason: str


def decide_trim(
    stream: StreamState, verified: Iterable[VerifiedFile], cut_ms: int, max_entries: int
) -> Trim | Keep:
    """How far the stream may be trimmed; `verified` are its files in order.

    A file goes as a whole or stays. It goes when it is older than `cut_ms` or beyond
    `max_entries`, every group has finished it, and no required group is missing.
    """
    # A missing group has read nothing yet: its service was never started. What is trimmed before
    # it starts never reaches it. An optional group is missing for good where it is not configured,
    # and must not hold entries back for ever.
    missing = [name for name in stream.required if name not in {g.group for g in stream.groups}]
    if missing:
        return Keep(f"group {missing[0]} does not exist yet")
    if stream.first is None:
        return Keep("the stream is empty")
    before, reason, left = stream.first, "no other file is archived", stream.length
    for file, rows, first in verified:
        if first > file.last:
            continue
        if first < file.first:
            # A file in between is missing from the archive. Trimming past the gap would lose its
            # entries, which are archived again as long as they are on the stream.
            reason = f"entry {first} is in no archived file"
            break
        needed = _needed(stream, file)
        if needed is None and file.last.ms >= cut_ms and left - rows < max_entries:
            needed = "the rest is retained"
        if needed is not None:
            reason = needed
            break
        before, left = file.last.next, left - rows
    return Trim(before, reason) if before > stream.first else Keep(reason)


def _needed(stream: StreamState, file: ArchiveFile) -> str | None:
    """The reader that still needs an entry of `file`, None if no one does."""
    for group in stream.groups:
        if group.needs <= file.last:
            return f"group {group.group} needs {group.needs}"
    if stream.tail is not None and stream.tail <= file.last:
        return f"readers start at {stream.tail}"
    return None
