"""What may leave a stream: whole archived files that are old enough and that nobody needs."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.domain.archive.archive_file import ArchiveFile
from ratchet.contract import EntryId, GroupPosition


class Held(NamedTuple):
    """A verified file; `meets` is the first entry on the stream behind the file before it."""

    file: ArchiveFile
    rows: int
    meets: EntryId


class OnStream(NamedTuple):
    """What is known of a stream; `kept` is the entry that readers without a group begin at."""

    first: EntryId | None
    length: int
    groups: Sequence[GroupPosition]
    declared: Sequence[str]
    kept: EntryId | None = None


class Trim(NamedTuple):
    """Everything below `before` may go; `reason` is what keeps the next file, if any."""

    before: EntryId
    reason: str


class Keep(NamedTuple):
    reason: str


def trimmed(
    stream: OnStream, archived: Iterable[Held], cut_ms: int, max_entries: int
) -> Trim | Keep:
    """How far the stream may be trimmed; `archived` are its verified files in order.

    A file goes as a whole or stays. Older than `cut_ms`, or beyond `max_entries`, it goes when
    every group has finished it and no declared one is missing.
    """
    missing = [name for name in stream.declared if name not in {g.group for g in stream.groups}]
    if missing:
        return Keep(f"group {missing[0]} has not begun")
    if stream.first is None:
        return Keep("nothing is there")
    before, why, left = stream.first, "nothing more is archived", stream.length
    for file, rows, meets in archived:
        if meets > file.last:
            continue
        if meets < file.first:
            why = f"entry {meets} is in no archived file"
            break
        held = _needed(stream, file)
        if held is None and file.last.ms >= cut_ms and left - rows < max_entries:
            held = "the rest is retained"
        if held is not None:
            why = held
            break
        before, left = file.last.next, left - rows
    return Trim(before, why) if before > stream.first else Keep(why)


def _needed(stream: OnStream, file: ArchiveFile) -> str | None:
    """Who still needs something of `file`; None where nobody does."""
    for group in stream.groups:
        if group.needs <= file.last:
            return f"group {group.group} needs {group.needs}"
    if stream.kept is not None and stream.kept <= file.last:
        return f"readers begin at {stream.kept}"
    return None
