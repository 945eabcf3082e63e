"""Finds what was stored while the clock of Redis was ahead."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import Field
from pydantic_core import from_json
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import data_of, entries
from ledger.backends.clock_rows import ClockRows
from ledger.backends.stream_ends import StreamEnds
from ledger.domain.archive.archive_file import ArchiveFile, header_of
from ledger.domain.renumbering import AheadEntry, AheadStream, shift_of
from ledger.repair.reward_state import facts_without_state
from ledger.repair.streams import LostEvent, NotRepaired
from ratchet.contract import BEGINNING, CLOCK_TOLERANCE_S, STREAMS, EntryId, Stream
from ratchet.delivery import unwrap
from ratchet.settings import CommonSettings, read_settings

_TOLERANCE_MS = int(CLOCK_TOLERANCE_S * 1000)
Seconds = Callable[[], float]


class _RewardWindow(CommonSettings):
    """A field of the reward service's settings, with the same name and default."""

    reward_window_days: int = Field(default=30, ge=1)


class LedgerTimes(NamedTuple):
    """The ledger's rows that have times of a clock."""

    rows: ClockRows
    ends: StreamEnds


@dataclass(frozen=True)
class AheadTimes:
    """What is ahead of the clock: `streams` by name, archived files, events of the ledger.

    `expired` are facts whose state expired before its time.
    """

    now_ms: int
    streams: Mapping[str, AheadStream] = field(default_factory=dict)
    files: Sequence[ArchiveFile] = ()
    events: int = 0
    expired: Sequence[LostEvent] = ()

    @property
    def shift_ms(self) -> int:
        numbered = [stream for stream in self.streams.values() if stream.entries]
        return shift_of(numbered, self.now_ms) if numbered else 0

    @property
    def is_empty(self) -> bool:
        return not (self.streams or self.files or self.events or self.expired)

    @property
    def limit_ms(self) -> int:
        """Later times have not come."""
        return self.now_ms + _TOLERANCE_MS

    def as_json(self) -> dict[str, Any]:
        return {
            "ahead_s": self.shift_ms // 1000,
            "streams": {name: len(stream.entries) for name, stream in self.streams.items()},
            "archived_files": [file.path for file in self.files],
            "ledger_events": self.events,
            "facts_without_state": len(self.expired),
        }


async def find_in(
    redis: Redis, store: ArchiveStore, ledger: LedgerTimes, wall: Seconds
) -> AheadTimes:
    """Raises `NotRepaired`, `CorruptArchive`, redis-py's errors and `OSError`."""
    seconds, _ = await redis.time()
    if abs(seconds - wall()) > CLOCK_TOLERANCE_S:
        raise NotRepaired(
            "the clocks of this machine and of Redis differ by more than "
            f"{CLOCK_TOLERANCE_S:.0f} s. Set both, then run `ratchet repair clock` again."
        )
    found = AheadTimes(seconds * 1000)
    limit = EntryId(found.limit_ms, 0)
    streams: dict[str, AheadStream] = {}
    files: list[ArchiveFile] = []
    for stream in STREAMS:
        archived = await asyncio.to_thread(store.files, stream.name)
        late = [file for file in archived if file.last > limit]
        ahead = await _ahead(redis, store, stream, archived, limit)
        files += late
        if ahead is not None:
            streams[stream.name] = ahead
    events = await asyncio.to_thread(ledger.rows.count, limit.latest)
    expired = await find_expired(redis, ledger, found.now_ms)
    return AheadTimes(found.now_ms, streams, files, events, expired)


async def find_expired(redis: Redis, ledger: LedgerTimes, now_ms: int) -> list[LostEvent]:
    """The facts to be handled again, because their state is gone."""
    days = read_settings(_RewardWindow).reward_window_days
    return await facts_without_state(redis, ledger.ends, days, now_ms)


async def _ahead(
    redis: Redis,
    store: ArchiveStore,
    stream: Stream,
    archived: Sequence[ArchiveFile],
    limit: EntryId,
) -> AheadStream | None:
    """What of `stream` is after `limit`; None if nothing is."""
    found: dict[EntryId, bytes] = {}
    before = max((file.last for file in archived if file.last <= limit), default=BEGINNING)
    for file in archived:
        if file.last > limit:
            rows = await asyncio.to_thread(store.read, file)
            found |= {row.entry_id: row.payload for row in rows if row.entry_id > limit}
            before = max([before, *(row.entry_id for row in rows if row.entry_id <= limit)])
    client: Any = redis
    goes_on = BEGINNING
    if await client.exists(stream.key):
        about = await client.xinfo_stream(stream.key)
        goes_on = EntryId.parse(about["last-generated-id"].decode())
        found |= {each: data_of(row) async for each, row in entries(redis, stream.key, limit)}
        last = await client.xrevrange(stream.key, max=str(limit), count=1)
        before = max([before, *(EntryId.parse(name.decode()) for name, _ in last)])
    if not found and goes_on <= limit:
        return None
    ordered = [AheadEntry(each, _occurred_ms(found[each])) for each in sorted(found)]
    return AheadStream(before, ordered)


def _occurred_ms(payload: bytes) -> int | None:
    try:
        occurred_at = header_of(from_json(unwrap(payload))).occurred_at
    except ValueError:
        return None
    return None if occurred_at is None else occurred_at // 1000
