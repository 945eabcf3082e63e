"""New ids for entries that a server numbered while its clock was ahead.

A server never numbers an entry lower than the last one: after the clock is right, all entries get
the time of the last wrong one, until that time has come.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ratchet.contract import EntryId


class AheadEntry(NamedTuple):
    """An entry that is ahead, and when its event occurred in milliseconds since 1970, if known."""

    entry_id: EntryId
    occurred_ms: int | None


class AheadStream(NamedTuple):
    """`before` is the last entry with a time that has come, `entries` those after it, in order."""

    before: EntryId
    entries: Sequence[AheadEntry]


def shift_of(streams: Iterable[AheadStream], now_ms: int) -> int:
    """By how many milliseconds the clock was ahead, as far as the entries show; all have one.

    The first wrong entry came after the last right one, and the last one before now.
    """
    known = list(streams)
    first = min(stream.entries[0].entry_id.ms for stream in known)
    last = max(stream.entries[-1].entry_id.ms for stream in known)
    right = max(stream.before.ms for stream in known)
    return max(last - now_ms, first - right if right else 0)


def renumbered(stream: AheadStream, shift_ms: int, now_ms: int) -> list[EntryId]:
    """An id for each entry, in the same order, after `before` and not after `now_ms`.

    An entry whose number stood still came when its event occurred, if that is later.
    """
    ids: list[EntryId] = []
    last = stream.before
    for entry in stream.entries:
        ms = entry.entry_id.ms - shift_ms
        if entry.occurred_ms is not None and entry.occurred_ms <= now_ms:
            ms = max(ms, entry.occurred_ms)
        ms = min(ms, now_ms)
        last = EntryId(ms, 0) if ms > last.ms else last.next
        ids.append(last)
    return ids
