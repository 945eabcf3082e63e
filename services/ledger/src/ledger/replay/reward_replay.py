"""Recalculates rewards and examples from the recorded input on an empty server."""

import heapq
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import rows_after
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.domain.final_state import FinalState
from ledger.replay.carried_tombstones import carry_tombstones
from ledger.replay.history import history, with_archived
from ledger.replay.quiescence import quiescent_ends
from ledger.replay.reward_process import RewardProcess, reward_process
from ratchet.command_line import Step
from ratchet.contract import (
    BEGINNING,
    EXAMPLES,
    REVISION_FLOOR_KEY,
    REWARDS,
    STREAMS,
    TRACE_REQUESTS,
    EntryId,
    Stream,
)
from ratchet.delivery import DATA_FIELD, unwrap

_RECALCULATED = (REWARDS, TRACE_REQUESTS)
_SLICE = 1_000
_RESULTS = (REWARDS, EXAMPLES)


class SourceEntry(NamedTuple):
    """One recorded entry and its stream."""

    stream: Stream
    row: ArchiveRow


async def source_entries(
    redis: Redis, store: ArchiveStore, ends: Mapping[Stream, EntryId]
) -> AsyncIterator[SourceEntry]:
    """Every entry up to `ends` that the replay does not recalculate."""
    # Imported examples come first. The replayed reward service appends to the same stream, and
    # Redis rejects an id below the last one.
    async for row in history(redis, store, EXAMPLES, ends[EXAMPLES]):
        if imported(row.payload):
            yield SourceEntry(EXAMPLES, row)
    others = [s for s in STREAMS if s is not EXAMPLES and s not in _RECALCULATED]
    rows = [history(redis, store, stream, ends[stream]) for stream in others]
    heads: list[tuple[EntryId, int, ArchiveRow]] = []

    async def advance(number: int) -> None:
        async for row in rows[number]:
            heapq.heappush(heads, (row.entry_id, number, row))
            return

    for number in range(len(others)):
        await advance(number)
    while heads:
        _, number, row = heapq.heappop(heads)
        yield SourceEntry(others[number], row)
        await advance(number)


def imported(payload: bytes) -> bool:
    """Whether an example was imported; one by the reward service has a `caused_by`."""
    try:
        message = from_json(unwrap(payload))
    except ValueError:
        return True
    return not isinstance(message, dict) or message.get("caused_by") is None


class ServerNotEmpty(RuntimeError):
    """The server to replay into has events."""


@dataclass(frozen=True)
class ReplayedRewards:
    """The results of the system and of the replay; `events` counts the replayed input."""

    original: FinalState
    replayed: FinalState
    events: int


async def replay_rewards(
    system: Redis, store: ArchiveStore, into: Redis, url: str, data_dir: Path, step: Step
) -> ReplayedRewards:
    """Append the input of `system` to the empty server `into` at `url`, and score it there.

    The reward service runs with `data_dir`. Raises `NotQuiescent`, `ServerNotEmpty`,
    `CorruptArchive`, `RewardStopped`, redis-py's errors and `OSError`.
    """
    await _ensure_empty(into)
    ends = await with_archived(store, await quiescent_ends(system))
    await carry_tombstones(system, into)
    original = FinalState()
    for stream in _RESULTS:
        step(f"reading the recorded {stream.name}")
        await _fold(original, stream, history(system, store, stream, ends[stream]))
    async with reward_process(url, into, data_dir) as reward:
        events = await _refill(into, source_entries(system, store, ends), reward, step)
    # A trainer that has read the system keeps its revisions, which the replay counted anew.
    await into.set(REVISION_FLOOR_KEY, original.revision)
    replayed = FinalState()
    for stream in _RESULTS:
        await _fold(replayed, stream, rows_after(into, stream, BEGINNING))
    return ReplayedRewards(original, replayed, events)


async def _ensure_empty(into: Redis) -> None:
    for stream in STREAMS:
        if await into.xlen(stream.key):
            raise ServerNotEmpty(
                f"{stream.key} already has entries. Pass the URL of an empty server."
            )


async def _refill(
    into: Redis, events: AsyncIterator[SourceEntry], reward: RewardProcess, step: Step
) -> int:
    """Append `events` to `into`; returns how many."""
    # The service reads its streams side by side. Each slice is processed before the next is
    # appended, so facts of different streams keep about the order in which they were recorded.
    count = 0
    ends: dict[Stream, EntryId] = {}
    pipe: Any = into.pipeline(transaction=False)
    async for stream, row in events:
        pipe.xadd(stream.key, {DATA_FIELD: row.payload}, id=str(row.entry_id))
        ends[stream] = row.entry_id
        count += 1
        if len(pipe) == _SLICE:
            await pipe.execute()
            await reward.finish(ends)
            step(f"recalculating rewards and examples: {count:,} events done")
    await pipe.execute()
    await reward.finish(ends)
    step(f"comparing rewards and examples of {count:,} events")
    return count


async def _fold(state: FinalState, stream: Stream, rows: AsyncIterator[ArchiveRow]) -> None:
    """Add every event among `rows` to `state`; other entries went to the dead letters."""
    async for row in rows:
        try:
            event = stream.adapter.validate_json(unwrap(row.payload))
        except ValueError:
            continue
        state.add(event)
